import SalvageCoverage

/// Codecov's own JSON: the count of a line, or "1/2" where it has branches that were not all taken.
package struct CodecovWriter: FileReportWriter {
  package static let name = "codecov"
  package static let summary = "Codecov's JSON"
  package static let fileName = "codecov.json"
  package static let names = NameForm.unicode

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    writer.write("{\"coverage\":{")
    var isFirstFile = true
    for file in report.coverage.files {
      if isFirstFile { isFirstFile = false } else { writer.write(",") }
      writer.write("\n")
      writer.write(json: report.relative(file.path))
      writer.write(":{")
      var isFirst = true
      for (line, branches) in LinesWithBranches(file) {
        if isFirst { isFirst = false } else { writer.write(",") }
        writer.write("\"")
        writer.write(line.number)
        writer.write("\":")
        let hit = branches.hit
        if line.count > 0, hit < branches.count, hit > 0 {
          writer.write("\"")
          writer.write(hit)
          writer.write("/")
          writer.write(branches.count)
          writer.write("\"")
        } else {
          writer.write(min(line.count, 1 << 53))
        }
        try writer.flushIfFull()
      }
      writer.write("}")
    }
    writer.write("}}\n")
    try writer.flush()
  }
}

extension ReportFormat {
  /// Codecov's JSON.
  public static let codecov = ReportFormat(CodecovWriter.self)
}
