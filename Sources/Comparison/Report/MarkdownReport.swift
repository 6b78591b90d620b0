/// The report of a comparison for a terminal, a README, a review.
public struct MarkdownReport: Sendable {
  /// The report, as GitHub's Markdown; the same results always give the same text.
  public let text: String

  /// Writes the report of results, also of those that aren't complete.
  public init(_ results: Results) {
    text = Self.text(Document(results))
  }

  private static func text(_ content: Document) -> String {
    var parts = ["# \(Markdown.escaped(content.title))"]
    parts.append(content.facts.map { "- \($0.name): \(Markdown.escaped($0.text))" }.joined(separator: "\n"))
    parts += content.cautions.map { "> **Note:** \(Markdown.escaped($0))" }
    for section in content.sections {
      let blocks = section.blocks.compactMap(text)
      // What has nothing but pictures is a page's.
      guard !blocks.isEmpty else { continue }
      parts.append("## \(Markdown.escaped(section.title))")
      parts += blocks
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private static func text(_ finding: Document.Finding) -> String {
    "- **\(Markdown.escaped(finding.figure.signed))** (\(finding.detail)) with \(Markdown.escaped(finding.text))"
      + (finding.more.map { "; \(Markdown.escaped($0))" } ?? "")
  }

  private static func text(_ block: Document.Block) -> String? {
    switch block {
    case .paragraph(let text): Markdown.escaped(text)
    case .list(let lines): lines.map { "- \(Markdown.escaped($0))" }.joined(separator: "\n")
    case .findings(let findings): findings.map(text).joined(separator: "\n")
    case .table(let table): "### \(Markdown.escaped(table.title))\n\n\(Markdown.table(table))"
    case .code(let text): Markdown.code(text)
    case .pictures: nil
    }
  }
}

/// The syntax of GitHub's Markdown.
enum Markdown {
  /// A text in a line that reads as it is written.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    var previous: Character = " "
    let characters = Array(text)
    for (place, character) in characters.enumerated() {
      let next = place + 1 < characters.count ? characters[place + 1] : " "
      switch character {
      case "\\", "`", "*", "|", "[", "]", "~", "#": escaped += "\\\(character)"
      // Within a word it is nothing but itself.
      case "_": escaped += previous.isLetter && next.isLetter ? "_" : "\\_"
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "≥": escaped += ">="
      case "≤": escaped += "<="
      case _ where character.isNewline || character == "\t": escaped += " "
      default: escaped.append(character)
      }
      previous = character
    }
    return escaped
  }

  static func table(_ table: Document.Table) -> String {
    func line(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |" }
    var lines = [line(table.columns.map { escaped($0.title) })]
    lines.append(line(table.columns.map { $0.isNumeric ? "---:" : "---" }))
    lines += table.rows.map { row in line(row.cells.map { escaped($0.signed) }) }
    return lines.joined(separator: "\n")
  }

  /// A text of any kind, within more backticks than it has in a row.
  static func code(_ text: String) -> String {
    let longest = text.split { $0 != "`" }.map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)\n\(text)\n\(fence)"
  }
}
