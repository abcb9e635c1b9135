import SalvageCoverage

/// The percentage of lines and nothing else, for badges and scripts.
public struct TotalWriter: FileReportWriter {
  public static let name = "total"
  public static let summary = "the percentage of lines, a number alone"
  public static let fileName = "coverage-total.txt"

  public init(_ options: ReportOptions) {}

  public func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    writer.write(Percent(report.coverage.totals.lines).number)
    writer.write("\n")
    try writer.flush()
  }
}

extension ReportFormat {
  public static let total = ReportFormat(TotalWriter.self)
}
