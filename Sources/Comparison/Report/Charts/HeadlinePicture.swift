/// The first chart by itself: a file that a README can show.
struct HeadlinePicture {
  let text: String

  init(_ results: Results) {
    guard let cell = results.headlineCell else {
      text = PictureFile.empty
      return
    }
    // Where the clients were the limit the responses compare these.
    let isByProcessor = results.isClientLimited(cell)
    let pictures = Pictures(results)
    let chart = isByProcessor ? pictures.processorChart(cell) : pictures.ratioChart(cell)
    let title =
      isByProcessor
      ? "Processor time for a reply as a multiple of that of \(results.baseName)"
      : "Responses a second as a multiple of those of \(results.baseName)"
    let subtitle =
      "\(isByProcessor ? "shorter is better; " : "")\(cell.title), closed loop, \(Numbers.amount(results.settings.rounds, "round")); the whisker is the "
      + results.settings.interval
    text =
      PictureFile(
        title: title,
        subtitle: subtitle,
        foot: PictureFile.place(results.machine, results.startedAt),
        height: chart.height
      ) { chart.content(width: $0, x: $1, y: $2) }.text
  }
}
