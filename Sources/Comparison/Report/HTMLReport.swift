/// A report as one page that needs nothing else: no network, no other file.
public struct HTMLReport: Sendable {
  /// The page; the same results always give the same text.
  public let text: String
  /// The picture that stands for all. Of a comparison: responses a second of the base's, with the first of the persistent
  /// clients; or processor time for a reply, where the clients were too slow to tell. A whole SVG file, with colours for
  /// light and dark.
  public let headlinePicture: String

  /// Writes the report of results, also of those that aren't complete.
  public init(_ results: Results) {
    self.init(Document(results), headlinePicture: HeadlinePicture(results).text)
  }

  init(_ content: Document, headlinePicture: String) {
    text = PageView(content).html.text
    self.headlinePicture = headlinePicture
  }
}
