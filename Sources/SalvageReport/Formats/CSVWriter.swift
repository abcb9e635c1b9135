import SalvageCoverage

/// A row a file, for spreadsheets and scripts.
package struct CSVWriter: FileReportWriter {
  package static let name = "csv"
  package static let summary = "a row for each file, for spreadsheets"
  package static let fileName = "coverage.csv"
  package static let names = NameForm.unicode

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    writer.write("file,lines,lines_hit,line_percent,functions,functions_hit,branches,branches_hit")
    writer.write(",missing_lines\r\n")
    for file in report.coverage.files {
      let totals = file.totals
      writer.write(csv: report.relative(file.path))
      write(totals.lines, to: &writer)
      writer.write(",")
      if totals.lines.found > 0 { writer.write(Percent(totals.lines).number) }
      write(totals.functions, to: &writer)
      write(totals.branches, to: &writer)
      writer.write(",")
      var isFirst = true
      for run in MissedRun.runs(of: file.lines) {
        if isFirst { isFirst = false } else { writer.write(" ") }
        writer.write(run.text)
      }
      writer.write("\r\n")
      try writer.flushIfFull()
    }
    try writer.flush()
  }

  private func write(_ tally: Tally, to writer: inout ByteWriter) {
    writer.write(",")
    writer.write(tally.found)
    writer.write(",")
    writer.write(tally.hit)
  }
}

extension ReportFormat {
  /// A row for each file, for spreadsheets.
  public static let csv = ReportFormat(CSVWriter.self)
}
