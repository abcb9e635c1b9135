package import SalvageCoverage
import SalvageRecord
import SalvageSystem

/// Pages for a browser, which open from the disk without a network: an index of all files, a page for
/// each source, and the process tree.
///
/// Nothing that comes from programs or sources is code of a page: it is text between tags, values of
/// attributes, or JSON in an element that no browser executes, and the pages allow scripts and styles
/// from their own folder only.
package struct HTMLWriter: FolderReportWriter {
  package static let name = "html"
  package static let summary = "pages for a browser: -f html=FOLDER"
  package static let fileName = "html"
  package static let uses: Coverage.Content = [.lines, .objects]

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to folder: inout some ReportFolder) throws {
    try check(report.coverage)
    let assets = [
      ("report.css", PackageResources.report_css), ("index.js", PackageResources.index_js),
      ("file.js", PackageResources.file_js), ("processes.js", PackageResources.processes_js),
    ]
    for (name, bytes) in assets {
      try bytes.withUnsafeBytes { try folder.write(name, $0) }
    }
    let pages = HTMLPageNames(report)
    WorkProgress.begin("writing html", of: report.coverage.files.count)
    for index in report.coverage.files.indices {
      WorkProgress.step()
      let page = HTMLSourcePage(report, pages, index)
      try Self.write(pages.names[index], to: &folder) { page.write(to: &$0) }
    }
    try Self.write("processes.html", to: &folder) {
      HTMLProcessPage(report: report).write(to: &$0)
    }
    // Last, so that all that it leads to is there.
    try Self.write("index.html", to: &folder) {
      HTMLIndexPage(report: report, pages: pages).write(to: &$0)
    }
  }

  private static func write(
    _ name: String, to folder: inout some ReportFolder, _ body: (inout ByteWriter) -> Void
  ) throws {
    var writer = ByteWriter()
    body(&writer)
    try writer.withBytes { try folder.write(name, $0) }
  }
}

/// Names of the pages of sources: what is readable of the path, and a hash that makes it the only one
/// and the same in every report.
struct HTMLPageNames {
  let names: [String]

  init(_ report: Report) {
    names = report.coverage.files.map { Self.name(report.relative($0.path)) }
  }

  private static func name(_ path: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let readable = path.utf8.suffix(80).map { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "."), UInt8(ascii: "-"): byte
      default: UInt8(ascii: "_")
      }
    }
    let digits = String(hash, radix: 16)
    return "files/" + String(decoding: readable, as: UTF8.self) + "-"
      + String(repeating: "0", count: 16 - digits.count) + digits + ".html"
  }
}

extension ByteWriter {
  /// What all pages begin with. `up` leads to the folder of the report.
  mutating func writeHead(title: String, up: StaticString, script: StaticString) {
    write("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
    write("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ")
    write(
      "script-src 'self' file:; style-src 'self' file:; base-uri 'none'; form-action 'none'\">\n")
    write("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
    write(xml: title)
    write("</title>\n<link rel=\"stylesheet\" href=\"")
    write(up)
    write("report.css\">\n<script src=\"")
    write(up)
    write(script)
    write("\" defer></script>\n</head>\n")
  }

  /// A bar of what ran.
  mutating func write(barOf tally: Tally) {
    write(
      "<svg class=\"bar\" viewBox=\"0 0 1000 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    )
    write("<rect height=\"1\" width=\"")
    write(tally.found == 0 ? 0 : tally.hit * 1000 / tally.found)
    write("\"/></svg>")
  }

  /// JSON in an element of a page: no byte of it can end the element.
  mutating func write(pageJSON text: String) {
    var inner = ByteWriter()
    inner.write(json: text)
    for byte in inner.bytes {
      switch byte {
      case UInt8(ascii: "<"): write("\\u003c")
      case UInt8(ascii: ">"): write("\\u003e")
      case UInt8(ascii: "&"): write("\\u0026")
      default: write(byte: byte)
      }
    }
  }

  /// The dialog of keys.
  mutating func write(keys: [(keys: [String], meaning: String)]) {
    write("<dialog id=\"help\" aria-label=\"Keys\"><form method=\"dialog\"><table>\n")
    for (keys, meaning) in keys {
      write("<tr><td>")
      for key in keys {
        write("<kbd>")
        write(xml: key)
        write("</kbd> ")
      }
      write("</td><td>")
      write(xml: meaning)
      write("</td></tr>\n")
    }
    write("</table><p><button autofocus>Close</button></p></form></dialog>\n")
  }
}

extension Report {
  /// What the report is of: the name of the repository's folder.
  var title: String {
    let name = splitPath(root).name
    return name.isEmpty ? "Coverage" : "Coverage of \(name)"
  }
}

extension ReportFormat {
  /// Pages for a browser.
  public static let html = ReportFormat(HTMLWriter.self)
}
