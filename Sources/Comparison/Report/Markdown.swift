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
