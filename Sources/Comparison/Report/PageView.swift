/// What a page has, as it stands there: words, classes, and orders. `html` is the page.
struct PageView {
  /// The heading.
  let title: String
  /// What stands above it.
  let subtitle: String
  /// What, when, where.
  let facts: [Fact]
  /// What to know before any figure is read.
  let cautions: [String]
  /// The chapters.
  let sections: [Section]

  init(_ content: Document) {
    title = content.title
    subtitle = content.subtitle
    facts = content.facts.map { Fact(name: $0.name, text: $0.text) }
    cautions = content.cautions.map(Self.joined)
    sections = content.sections.map { section in
      Section(
        id: section.id,
        title: section.title,
        fold: section.fold,
        blocks: section.blocks.map(Block.init)
      )
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

  /// As the document's.
  struct Fact {
    let name: String
    let text: String
  }

  /// As the document's.
  struct Section {
    let id: String
    let title: String
    let fold: String?
    let blocks: [Block]
  }

  /// One of them is there.
  struct Block {
    var paragraph: String?
    var list: [String]?
    var findings: [Finding]?
    var table: Table?
    var code: String?
    var pictures: [Picture]?

    init(_ block: Document.Block) {
      switch block {
      case .paragraph(let text): paragraph = PageView.joined(text)
      case .list(let lines): list = lines.map(PageView.joined)
      case .findings(let all): findings = all.map(Finding.init)
      case .table(let table): self.table = Table(table)
      case .code(let text): code = text
      case .pictures(let all): pictures = all.map(Picture.init)
      }
    }
  }

  /// As the document's, with the sign of its bound.
  struct Finding {
    let name: String
    let figure: String
    let detail: String
    let text: String
    let more: [Fact]

    init(_ finding: Document.Finding) {
      name = finding.name
      figure = finding.figure.signed
      detail = finding.detail
      text = finding.text
      more = finding.more.map { Fact(name: $0.name, text: $0.text) }
    }
  }

  /// As the document's.
  struct Table {
    let id: String
    let title: String
    let isFolded: Bool
    let columns: [Column]
    let rows: [Row]

    init(_ table: Document.Table) {
      id = table.id
      isFolded = table.isFolded
      title = PageView.joined(table.title)
      columns = table.columns.enumerated().filter { !$0.element.isFolded }.map { place, column in
        Column(
          title: column.title,
          help: column.help ?? "",
          kind: place == 0 ? "server" : column.kind,
          first: column.isHighestFirst ? "descending" : "ascending",
          sort: place == table.sortedBy ? (column.isHighestFirst ? "descending" : "ascending") : "none"
        )
      }
      rows = table.rows.map { Row($0, table.columns) }
    }
  }

  /// The heading of a column.
  struct Column {
    let title: String
    /// For a tooltip.
    let help: String
    /// The class of its fields.
    let kind: String
    /// The order of a first click.
    let first: String
    /// The order that the rows are in by it.
    let sort: String
  }

  /// A row of a table.
  struct Row {
    /// Its classes.
    let kind: String
    /// The first field.
    let name: String
    /// What is folded below it.
    let detail: String?
    /// The other fields.
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
          // Few rounds have many words beside a ratio: without a break they would push the other columns away. And what
          // went wrong, in a column as narrow as its heading, would make its row higher than a telephone.
          kind: entry.text.count > (column.isNumeric ? 26 : 60) && !column.isNarrow
            ? "\(column.kind) long" : column.kind
        )
      }
    }
  }

  /// A field of a table.
  struct Entry {
    let text: String
    /// What it is sorted by; empty when it is last.
    let key: String
    /// Its class.
    let kind: String
  }

  /// As the document's, drawn.
  struct Picture {
    let id: String
    let title: String
    let caption: String
    let svg: String
    /// A class, if it is wide.
    let width: String
    /// What the colours are, when they only tell.
    let legend: [Key]?
    /// The same as buttons, which single out a curve or a colour.
    let choices: [Key]?
    /// What the buttons do.
    let choice: String

    init(_ picture: Document.Picture) {
      id = picture.id
      title = PageView.joined(picture.title)
      caption = PageView.joined(picture.caption)
      svg = picture.svg()
      width = picture.isWide ? "wide" : ""
      choice = picture.choice
      let entries = picture.legend.map { Key(name: $0.name, colour: $0.colour, series: $0.series ?? "") }
      let canChoose = picture.legend.contains { $0.series != nil }
      legend = canChoose || entries.isEmpty ? nil : entries
      choices = canChoose ? entries : nil
    }
  }

  /// What a colour is.
  struct Key {
    let name: String
    /// Its class.
    let colour: String
    /// The curve that it belongs to.
    let series: String
  }
}

extension Document.Column {
  /// The class of its fields.
  fileprivate var kind: String { isNumeric ? "number" : isNarrow ? "words narrow" : "words" }
}
