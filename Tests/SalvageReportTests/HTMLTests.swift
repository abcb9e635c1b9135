import Foundation
import SalvageSystem
import Testing

@testable import SalvageCoverage
@testable import SalvageReport

/// Pages as bytes; Tests/Browser/run looks at them in a browser.
@Suite struct HTMLTests {
  private struct Folder: ReportFolder {
    var pages: [String: String] = [:]
    mutating func write(_ name: String, _ bytes: UnsafeRawBufferPointer) {
      pages[name] = String(decoding: bytes, as: UTF8.self)
    }
  }

  private func pages(_ report: Report) throws -> [String: String] {
    var folder = Folder()
    try HTMLWriter().write(report, to: &folder)
    return folder.pages
  }

  private func report(_ path: String, _ source: [UInt8]?) -> Report {
    var report = GoldTests.report
    report.coverage.files = [
      SourceFile(
        path: path, lines: GoldTests.lines([(1, 0), (2, 1_234_567), (3, 1)]),
        functions: [Function(name: "</script><b>", line: 1, count: 0)],
        branches: [
          Branch(line: 3, decision: 0, outcome: 0, reached: true, count: 1),
          Branch(line: 3, decision: 0, outcome: 1, reached: true, count: 0),
        ])
    ]
    report.sources = SourceText { _ in source }
    return report
  }

  /// Whatever names and sources hold, the only elements are ours.
  @Test func nothingIsMarkup() throws {
    let attack =
      "</code></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u{0}\u{1b}]0;x\u{7}\u{202e}"
    let bytes = Array(attack.utf8) + [0xff, 0xfe, 10] + Array("b\r\nc".utf8)
    for (name, page) in try pages(report("/r/\(attack)", bytes)) where name.hasSuffix(".html") {
      #expect(!page.contains("<img") && !page.contains("<script>"), "\(name)")
      #expect(page.components(separatedBy: "<script").count == (name == "index.html" ? 3 : 2))
      #expect(page.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\n" || $0 == "\t" })
    }
    for (name, page) in try pages(GoldTests.report) where name.hasSuffix(".html") {
      #expect(!page.contains("</script><b>") && !page.contains("<b>\"'&"), "\(name)")
    }
  }

  @Test func dataOfTheIndexAreJSON() throws {
    let index = try #require(try pages(GoldTests.report)["index.html"])
    let start = try #require(index.range(of: "id=\"data\">"))
    let end = try #require(index.range(of: "</script>", range: start.upperBound..<index.endIndex))
    let json = try JSONSerialization.jsonObject(
      with: Data(index[start.upperBound..<end.lowerBound].utf8))
    let files = try #require((json as? [String: Any])?["files"] as? [[Any]])
    #expect(files.count == GoldTests.report.coverage.files.count)
    #expect(files.contains { $0[0] as? String == GoldTests.hostile })
  }

  @Test func linesAndCounts() throws {
    let source = Array("one\n\ttwo & <three>\r\nfour".utf8)
    let page = try #require(
      try pages(report("/r/a.c", source)).first { $0.key.hasPrefix("files/") }?.value)
    #expect(
      page.contains(
        "<p id=\"L1\" class=\"m\"><a href=\"#L1\">1</a><b>0</b><i></i><code>one</code></p>"))
    #expect(page.contains("<span title=\"1234567\">1.2M</span>"))
    #expect(page.contains("<code>\ttwo &amp; &lt;three&gt;</code>"))
    #expect(
      page.contains("<p id=\"L3\" class=\"p\">")
        && page.contains("four  <s class=\"of\">1 of 2 branches</s>"))
    #expect(page.contains("1 function, 1 not called"))
  }

  /// Each set of objects is there once, lines are ranges, and no name ends the element.
  @Test func objectsOfLines() throws {
    let hostile = "/b/</script><img src=x>\n\u{202e}"
    var file = SourceFile(path: "/r/a.c", lines: GoldTests.lines([(1, 1), (2, 0), (3, 2), (7, 1)]))
    let part = Coverage(files: [file])
    file.lines[3].count = 0
    let other = Coverage(files: [file])
    var report = GoldTests.report
    report.root = "/r"
    report.coverage = Coverage.joined([
      part.attributed(to: "/r/x/p"), other.attributed(to: "/r/y/p"), other.attributed(to: hostile),
    ])
    let page = try #require(try pages(report).first { $0.key.hasPrefix("files/") }?.value)
    #expect(
      page.contains(
        #"{"names":["script\u003e\u003cimg src=x\u003e\\n\\u{202e}","x/p","y/p"],"#
          + #""sets":[[0,1,2],[],[1]],"lines":[1,3,0,7,7,2]}</script>"#))
    #expect(page.contains("<option value=\"1\" title=\"x/p\">x/p</option>"))
    #expect(!page.contains("<img") && page.components(separatedBy: "<script").count == 3)
    report.coverage = part.attributed(to: "/r/x/p")
    let one = try #require(try pages(report).first { $0.key.hasPrefix("files/") }?.value)
    #expect(one.contains(", in <b title=\"x/p\">p</b>") && !one.contains("id=\"object"))
  }

  @Test func sourcesThatAreNotAsTheyWere() throws {
    func page(_ source: [UInt8]?) throws -> String {
      try #require(try pages(report("/r/a.c", source)).first { $0.key.hasPrefix("files/") }?.value)
    }
    #expect(try page(nil).contains("The source cannot be read here: /r/a.c"))
    #expect(try page(nil).contains("<p id=\"L3\""))
    #expect(try page(Array("one\n".utf8)).contains("it has been changed since"))
    let long = try page(Array(repeating: 0x61, count: 1_000_000) + [10])
    #expect(long.utf8.count < 20_000 && long.contains("995000 more bytes"))
  }

  /// A page has the same name in every report, and no two files have one.
  @Test func names() throws {
    let names = HTMLPageNames(GoldTests.report).names
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.allSatisfy { $0.isASCII && $0 != " " } && $0.utf8.count < 120 })
    #expect(names[0] == "files/src_a.c-" + names[0].dropFirst("files/src_a.c-".count))
  }
}
