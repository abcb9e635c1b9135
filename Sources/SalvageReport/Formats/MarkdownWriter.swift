import SalvageCoverage

/// A table for pull requests and $GITHUB_STEP_SUMMARY, which takes 1 MiB: the rows that fit, the files
/// with the most missed lines first.
package struct MarkdownWriter: FileReportWriter {
  package static let name = "markdown"
  package static let summary = "a table for pull requests and job summaries"
  package static let fileName = "coverage.md"
  /// Below GitHub's limit of a comment (65,536 characters), for the rows that are shown at once.
  private static let limit = 60_000

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    let totals = report.coverage.totals
    writer.write("### Coverage: ")
    writer.write(totals.lines.found == 0 ? "nothing to cover" : Percent(totals.lines).text)
    writer.write("\n\n| File | Lines | Missed | Cover | Functions | Branches | Missing lines |\n")
    writer.write("| :--- | ---: | ---: | ---: | ---: | ---: | :--- |\n")
    var rows = report.coverage.files.map { ($0, Self.row($0, report)) }
    let size = rows.reduce(0) { $0 + $1.1.count }
    var left = 0
    if size > Self.limit {
      func missed(_ file: SourceFile) -> Int { file.totals.lines.found - file.totals.lines.hit }
      rows.sort { missed($0.0) > missed($1.0) }
      var used = 0
      let shown = rows.prefix {
        used += $0.1.count
        return used <= Self.limit
      }
      left = rows.count - shown.count
      rows = Array(shown)
    }
    for (_, row) in rows { writer.write(bytes: row) }
    if left > 0 { writer.write("| … and \(left) more files | | | | | | |\n") }
    var total = ByteWriter()
    Self.write("**Total**", totals, to: &total)
    writer.write(bytes: total.bytes)
    writer.write(" |\n")
    for loss in report.losses {
      writer.write("\n> Not covered: ")
      writer.write(markdown: loss.message)
      if loss.count > 1 { writer.write(" (\(loss.count) times)") }
      writer.write("\n")
    }
    try writer.flush()
  }

  private static func row(_ file: SourceFile, _ report: Report) -> [UInt8] {
    var writer = ByteWriter()
    var name = ByteWriter()
    name.write(markdown: report.relative(file.path))
    write(String(decoding: name.bytes, as: UTF8.self), file.totals, to: &writer)
    let runs = MissedRun.runs(of: file.lines)
    writer.write(" ")
    writer.write(runs.prefix(20).map(\.text).joined(separator: ", "))
    if runs.count > 20 { writer.write(", …") }
    writer.write(" |\n")
    return writer.bytes
  }

  private static func write(_ name: String, _ totals: Totals, to writer: inout ByteWriter) {
    let cells = [
      name, String(totals.lines.found), String(totals.lines.found - totals.lines.hit),
      Percent(totals.lines).text, totals.functions.ratio, totals.branches.ratio,
    ]
    for cell in cells {
      writer.write("| ")
      writer.write(cell)
      writer.write(" ")
    }
    writer.write("|")
  }
}

extension Tally {
  /// `38/40`, or `-` where there are none.
  var ratio: String { found == 0 ? "-" : "\(hit)/\(found)" }
}

extension ReportFormat {
  /// A table for pull requests and job summaries.
  public static let markdown = ReportFormat(MarkdownWriter.self)
}
