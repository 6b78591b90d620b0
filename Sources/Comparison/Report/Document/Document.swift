/// What a report says, before it has a form: Markdown and HTML then differ in nothing but that.
struct Document {
  /// Of the whole.
  let title: String
  /// What stands above that on a page.
  let subtitle: String
  /// What, when, where: a name and a text each.
  let facts: [Fact]
  /// What to know before any figure is read: sentences.
  let cautions: [String]
  /// In their order.
  let sections: [Section]

  /// Something with a name.
  struct Fact {
    /// `kernel`
    let name: String
    /// `Linux 6.1.0`
    let text: String
  }

  /// A chapter.
  struct Section {
    /// For a link to it.
    let id: String
    /// Its heading.
    let title: String
    /// What is in it, in its order.
    let blocks: [Block]
    /// What opens it on a page; nil of what is open.
    var fold: String? = nil
  }

  /// A part of a chapter.
  enum Block {
    /// Sentences.
    case paragraph(String)
    /// Sentences, each by itself.
    case list([String])
    /// Figures that stand for all.
    case findings([Finding])
    /// Rows and columns.
    case table(Table)
    /// What a terminal takes.
    case code(String)
    /// Pictures beside each other, which only a page has.
    case pictures([Picture])
  }

  /// A figure that stands for a workload.
  struct Finding {
    /// What the figure is: `responses a second`
    let name: String
    /// `1.02`
    let figure: Entry
    /// `0.99 to 1.05: equal`
    let detail: String
    /// The workload.
    let text: String
    /// The other figures.
    let more: [Fact]
  }
}

extension Document {
  /// Rows of figures.
  struct Table {
    /// For a link to it, and for who sorts it.
    let id: String
    /// Its heading.
    let title: String
    /// From left to right.
    let columns: [Column]
    /// From top to bottom.
    let rows: [Row]
    /// The place of the column that the rows are in the order of.
    var sortedBy: Int? = nil
    /// Whether a page shows no more than its heading until a reader opens it.
    var isFolded = false
  }

  /// A column of a table.
  struct Column {
    /// Its heading.
    let title: String
    /// What the figures are, for a page's tooltip.
    var help: String? = nil
    /// Whether it has figures, and not words.
    var isNumeric = true
    /// Whether its words are few.
    var isNarrow = false
    /// Whether a reader wants the highest first.
    var isHighestFirst = false
    /// Whether a page has room for it only below the first column.
    var isFolded = false
  }

  /// A row of a table.
  struct Row {
    /// Whose.
    let role: Role
    /// As many as there are columns.
    let cells: [Entry]
    /// Whether it has no figures.
    var isEmpty = false
  }

  /// A field of a table.
  struct Entry {
    /// As people read it.
    let text: String
    /// How it stands to the true figure.
    var bound = Bound.exact
    /// What it is sorted by, when that isn't its text; cells without are last.
    var key: Double? = nil

    init(_ text: String, key: Double? = nil, bound: Bound = .exact) {
      self.text = text
      self.key = key
      self.bound = bound
    }

    /// For what isn't known.
    static let none = Entry("-")

    /// With the sign of its bound before it.
    var signed: String {
      switch bound {
      case .exact: text
      case .atLeast: "≥ \(text)"
      case .atMost: "≤ \(text)"
      case .unknown: "~ \(text)"
      }
    }
  }

  /// A picture with what was measured.
  struct Picture {
    /// For a link to it.
    let id: String
    /// Its heading.
    let title: String
    /// What was measured: workload, rounds, duration.
    let caption: String
    /// What the colours are.
    let legend: [LegendEntry]
    /// Whether it needs the whole width of the page.
    var isWide = false
    /// What a click on one of the colours does, for those who can't see the picture.
    var choice = "Single out a curve"
    /// The text of an `svg` element. Not made until somebody wants it: Markdown doesn't.
    let svg: () -> String
  }

  /// What a colour is.
  struct LegendEntry {
    /// For people.
    let name: String
    /// The class of its colour in the style sheet.
    let colour: String
    /// The curve that it belongs to, when a reader can single that out.
    var series: String? = nil
  }
}

extension Document.Entry {
  /// A ratio as a table has it: `1.02 (0.99–1.05), equal`.
  init(_ ratio: Ratio?, bound: Bound = .exact) {
    guard let ratio else {
      self = .none
      return
    }
    self.init(
      "\(ratio.figure) (\(ratio.interval))\(ratio.word(bound))",
      key: ratio.value,
      bound: bound
    )
  }

  /// The middle one of a spread.
  init(_ spread: Spread?, bound: Bound = .exact, _ text: (Double) -> String) {
    guard let spread else {
      self = .none
      return
    }
    self.init(text(spread.median), key: spread.median, bound: bound)
  }

  /// A figure, if it is there.
  init(_ figure: Double?, _ text: (Double) -> String) {
    guard let figure else {
      self = .none
      return
    }
    self.init(text(figure), key: figure)
  }
}

extension Ratio {
  /// Whether the rounds are too few for an interval of 95 %.
  var isRange: Bool { rounds < Self.leastRounds }

  /// As many digits as it takes to see what it says.
  private var digits: Int {
    guard value >= 0.2 else { return 3 }
    guard value < 9.95 else { return 1 }
    // An interval that doesn't hold 1 must not look as if it began or ended there.
    return !isEqual && (abs(low - 1) < 0.005 || abs(high - 1) < 0.005) ? 3 : 2
  }

  /// `1.02`
  var figure: String { Numbers.decimal(value, digits) }

  /// `0.99–1.05`
  var ends: String { "\(Numbers.decimal(low, digits))–\(Numbers.decimal(high, digits))" }

  /// The ends, and what else it is when it is no 95 % interval.
  var interval: String {
    isRange ? "\(ends), range of \(Numbers.amount(rounds, "round"))" : ends
  }

  /// What to call it when the two can't be told apart. Where the clients held one of them back nothing was found of it,
  /// and a range of few rounds is too wide to find anything.
  func word(_ bound: Bound) -> String { isEqual && !isRange && bound == .exact ? ", equal" : "" }
}
