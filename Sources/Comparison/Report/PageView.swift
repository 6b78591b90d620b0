/// What the templates ask for, by name; texts are escaped by them, `svg` is not.
struct PageView {
  let title: String
  let subtitle: String
  let facts: [Fact]
  let cautions: [String]
  let hasCautions: Bool
  let sections: [Section]

  init(_ content: Document, _ results: Results) {
    title = content.title
    subtitle =
      "\(results.settings.profile.rawValue) profile, \(Document.readable(results.startedAt).prefix(10))"
    facts = content.facts.map { Fact(name: $0.name, text: $0.text) }
    cautions = content.cautions.map(Self.joined)
    hasCautions = !content.cautions.isEmpty
    sections = content.sections.map { section in
      Section(id: section.id, title: section.title, blocks: section.blocks.map(Block.init))
    }
  }

  /// No line begins with a percent sign.
  private static func joined(_ text: String) -> String {
    var joined = ""
    for character in text {
      if character == "%", joined.last == " " { joined.removeLast(); joined.append("\u{a0}") }
      joined.append(character)
    }
    return joined
  }

  struct Fact {
    let name: String
    let text: String
  }

  struct Section {
    let id: String
    let title: String
    let blocks: [Block]
  }

  /// One of them is there.
  struct Block {
    var paragraph: String?
    var list: [String]?
    var findings: [Finding]?
    var table: Table?
    var code: String?
    var pictures: Pictures?

    init(_ block: Document.Block) {
      switch block {
      case .paragraph(let text): paragraph = PageView.joined(text)
      case .list(let lines): list = lines.map(PageView.joined)
      case .findings(let all): findings = all.map(Finding.init)
      case .table(let table): self.table = Table(table)
      case .code(let text): code = text
      case .pictures(let all): pictures = Pictures(all: all.map(Picture.init))
      }
    }
  }

  struct Finding {
    let figure: String
    let detail: String
    let text: String
    let more: [Fact]

    init(_ finding: Document.Finding) {
      figure = finding.figure.signed
      detail = finding.detail
      text = finding.text
      more = finding.more.map { Fact(name: $0.name, text: $0.text) }
    }
  }

  struct Table {
    let id: String
    let title: String
    let columns: [Column]
    let rows: [Row]

    init(_ table: Document.Table) {
      id = table.id
      title = PageView.joined(table.title)
      columns = table.columns.enumerated().filter { !$0.element.isFolded }.map { place, column in
        Column(
          title: column.title,
          help: column.help ?? "",
          kind: column.isNumeric ? "number" : place == 0 ? "server" : "words",
          first: column.isHighestFirst ? "descending" : "ascending",
          sort: place == table.sortedBy ? (column.isHighestFirst ? "descending" : "ascending") : "none"
        )
      }
      rows = table.rows.map { Row($0, table.columns) }
    }
  }

  struct Column {
    let title: String
    let help: String
    let kind: String
    let first: String
    let sort: String
  }

  struct Row {
    let kind: String
    let name: String
    let detail: String?
    let cells: [Entry]

    init(_ row: Document.Row, _ columns: [Document.Column]) {
      kind = row.role.rawValue + (row.isEmpty ? " empty" : "")
      let pairs = zip(row.cells, columns)
      name = row.cells.first?.signed ?? ""
      let folded = pairs.filter { $1.isFolded && $0.text != Document.Entry.none.text }.map(\.0.text)
      detail = folded.isEmpty ? nil : folded.joined(separator: ", ")
      cells = pairs.dropFirst().filter { !$1.isFolded }.map { entry, column in
        Entry(
          text: entry.signed,
          key: entry.key.map { "\($0)" } ?? "",
          kind: column.isNumeric ? "number" : "words"
        )
      }
    }
  }

  struct Entry {
    let text: String
    let key: String
    let kind: String
  }

  struct Pictures {
    let all: [Picture]
  }

  struct Picture {
    let id: String
    let title: String
    let caption: String
    let svg: String
    let width: String
    let legend: Legend?
    let choices: Legend?

    init(_ picture: Document.Picture) {
      id = picture.id
      title = PageView.joined(picture.title)
      caption = PageView.joined(picture.caption)
      svg = picture.svg()
      width = picture.isWide ? "wide" : ""
      let entries = picture.legend.map { Key(name: $0.name, colour: $0.colour, series: $0.series ?? "") }
      let canChoose = picture.legend.contains { $0.series != nil }
      legend = canChoose || entries.isEmpty ? nil : Legend(entries: entries)
      choices = canChoose ? Legend(entries: entries) : nil
    }
  }

  struct Legend {
    let entries: [Key]
  }

  struct Key {
    let name: String
    let colour: String
    let series: String
  }
}
