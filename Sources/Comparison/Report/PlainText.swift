/// The syntax of a text that a terminal prints: headings and tables look like Markdown, and nothing is escaped.
enum PlainText {
  /// A text in one line, without what a terminal takes for a command; bounds are marked as the program marks them.
  static func line(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "≥": line += ">="
      case "≤": line += "<="
      case _ where scalar.properties.generalCategory == .control: line += " "
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }

  /// A table whose columns stand below each other.
  static func table(_ table: Document.Table) -> String {
    let titles = table.columns.map { line($0.title) }
    let rows = table.rows.map { row in row.cells.map { line($0.signed) } }
    let widths = titles.indices.map { column in
      ([titles] + rows).map { $0[column].count }.max()!
    }
    func aligned(_ cells: [String]) -> String {
      let padded = zip(zip(cells, widths), table.columns).map { pair, column in
        let space = String(repeating: " ", count: pair.1 - pair.0.count)
        return column.isNumeric ? space + pair.0 : pair.0 + space
      }
      return "| \(padded.joined(separator: " | ")) |"
    }
    let rule = zip(widths, table.columns).map { width, column in
      String(repeating: "-", count: width + 1) + (column.isNumeric ? ":" : "-")
    }
    return ([aligned(titles), "|\(rule.joined(separator: "|"))|"] + rows.map(aligned)).joined(separator: "\n")
  }
}
