internal import Mustache

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
    text = Self.library.render(PageView(content), withTemplate: "page")!
    self.headlinePicture = headlinePicture
  }

  // They are compiled in: what is wrong with them is wrong in each test.
  private static let library: MustacheLibrary = {
    var library = MustacheLibrary()
    for (name, bytes) in templates {
      try! library.register(String(decoding: bytes, as: UTF8.self), named: name)
    }
    return library
  }()

  static let templates: [String: [UInt8]] = [
    "page": PackageResources.page_mustache,
    "script": PackageResources.script_js,
    "slices": PackageResources.slices_css,
    "style": PackageResources.style_css,
    "table": PackageResources.table_mustache,
  ]
}
