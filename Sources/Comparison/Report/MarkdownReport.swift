/// A report for a terminal, a README, a review.
public struct MarkdownReport: Sendable {
  /// The report, as GitHub's Markdown; the same results always give the same text.
  public let text: String

  /// Writes the report of results, also of those that aren't complete.
  public init(_ results: Results) {
    self.init(Document(results))
  }

  init(_ content: Document) {
    text = Self.text(content)
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
    "- \(Markdown.escaped(finding.name)): **\(Markdown.escaped(finding.figure.signed))** (\(finding.detail)) with "
      + Markdown.escaped(finding.text)
      + finding.more.map { "; \(Markdown.escaped("\($0.name): \($0.text)"))" }.joined()
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
