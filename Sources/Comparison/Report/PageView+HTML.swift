extension PageView {
  /// The whole page.
  var html: HTML {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
    <title>\(title): \(subtitle)</title>
    <style>
    \(HTML(embedded: PackageResources.style_css))\(HTML(embedded: PackageResources.slices_css))</style>
    </head>
    <body>
    <header>
    <p class="over">\(subtitle)</p>
    <h1>\(title)</h1>
    <dl class="facts">
    \(HTML.each(facts) { "<div><dt>\($0.name)</dt><dd>\($0.text)</dd></div>\n" })</dl>
    \(cautionsBox)\
    <nav aria-label="Sections">
    <ul>
    \(HTML.each(sections) { "<li><a href=\"#\($0.id)\">\($0.title)</a></li>\n" })</ul>
    </nav>
    </header>
    <main>
    \(HTML.each(sections, \.html))</main>
    <script>
    \(HTML(embedded: PackageResources.script_js))</script>
    </body>
    </html>

    """
  }

  private var cautionsBox: HTML {
    cautions.isEmpty ? "" : "<div class=\"cautions\">\n\(HTML.each(cautions) { "<p>\($0)</p>\n" })</div>\n"
  }
}

extension HTML {
  /// A file that is compiled in.
  fileprivate init(embedded bytes: [UInt8]) { self.init(markup: String(decoding: bytes, as: UTF8.self)) }

  /// What is shown when a reader opens it, if it is folded.
  fileprivate static func details(_ isFolded: Bool, summary: HTML, _ content: HTML) -> HTML {
    isFolded ? "<details>\n<summary>\(summary)</summary>\n\(content)</details>\n" : content
  }
}

extension PageView.Section {
  fileprivate var html: HTML {
    let content = HTML.each(blocks, \.html)
    return """
      <section id="\(id)">
      <h2>\(title)</h2>
      \(HTML.details(fold != nil, summary: "\(fold ?? "")", content))</section>

      """
  }
}

extension PageView.Block {
  fileprivate var html: HTML {
    """
    \(HTML.ifSome(paragraph) { "<p>\($0)</p>\n" })\
    \(HTML.ifSome(list) { "<ul>\n\(HTML.each($0) { "<li>\($0)</li>\n" })</ul>\n" })\
    \(HTML.ifSome(findings) { "<ul class=\"findings\">\n\(HTML.each($0, \.html))</ul>\n" })\
    \(HTML.ifSome(code) { "<pre><code>\($0)</code></pre>\n" })\
    \(HTML.ifSome(pictures) { "<div class=\"pictures\">\n\(HTML.each($0, \.html))</div>\n" })\
    \(HTML.ifSome(table, \.html))
    """
  }
}

extension PageView.Finding {
  fileprivate var html: HTML {
    """
    <li><em>\(name)</em><strong>\(figure)</strong><span>\(detail)</span><em>\(text)</em>\
    \(HTML.each(more) { "<em>\($0.name)<span>\($0.text)</span></em>" })</li>

    """
  }
}

extension PageView.Picture {
  fileprivate var html: HTML {
    """
    <figure id="\(id)" class="picture \(width)">
    <h3>\(title)</h3>
    \(HTML.ifSome(legend) { "<ul class=\"legend\">\n\(HTML.each($0, \.item))</ul>\n" })\
    \(HTML.ifSome(choices) {
      "<div class=\"choices\" role=\"group\" aria-label=\"\(choice)\">\n\(HTML.each($0, \.button))</div>\n"
    })\
    <div class="scroll">\(HTML(markup: svg))</div>
    <figcaption>\(caption)</figcaption>
    </figure>

    """
  }
}

extension PageView.Key {
  /// As it tells what a colour is.
  fileprivate var item: HTML { "<li>\(mark)</li>\n" }

  /// ... and as it singles that out.
  fileprivate var button: HTML {
    "<button type=\"button\" aria-pressed=\"false\" data-series=\"\(series)\">\(mark)</button>\n"
  }

  private var mark: HTML { "<i class=\"key \(colour)\"></i>\(name)" }
}

extension PageView.Table {
  fileprivate var html: HTML {
    let heading: HTML = "<h3 id=\"\(id)-title\">\(title)</h3>"
    let table: HTML = """
      <div class="scroll" tabindex="0" role="region" aria-labelledby="\(id)-title">
      <table id="\(id)">
      <thead><tr>
      \(HTML.each(columns, \.html))</tr></thead>
      <tbody>
      \(HTML.each(rows, \.html))</tbody>
      </table>
      </div>

      """
    return HTML.details(isFolded, summary: heading, isFolded ? table : "\(heading)\n\(table)")
  }
}

extension PageView.Column {
  fileprivate var html: HTML {
    """
    <th scope="col" class="\(kind)" data-first="\(first)" aria-sort="\(sort)">\
    <button type="button" title="\(help)">\(title)</button></th>

    """
  }
}

extension PageView.Row {
  fileprivate var html: HTML {
    """
    <tr class="\(kind)"><th scope="row">\(name)\(HTML.ifSome(detail) { "<small>\($0)</small>" })</th>\
    \(HTML.each(cells) { "<td class=\"\($0.kind)\" data-key=\"\($0.key)\">\($0.text)</td>" })</tr>

    """
  }
}
