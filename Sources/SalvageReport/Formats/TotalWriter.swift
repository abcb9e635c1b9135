import SalvageCoverage

/// The percentage of lines and nothing else, for badges and scripts.
package struct TotalWriter: FileReportWriter {
  package static let name = "total"
  package static let summary = "the percentage of lines, a number alone"
  package static let fileName = "coverage-total.txt"

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    writer.write(Percent(report.coverage.totals.lines).number)
    writer.write("\n")
    try writer.flush()
  }
}

extension ReportFormat {
  /// The percentage of lines, a number alone.
  public static let total = ReportFormat(TotalWriter.self)
}
