import SalvageCoverage

/// SonarQube's generic test data, version 1 (sonar.coverageReportPaths).
package struct SonarQubeWriter: FileReportWriter {
  package static let name = "sonarqube"
  package static let summary = "SonarQube's generic coverage data"
  package static let fileName = "sonarqube.xml"
  package static let names = NameForm.plain

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    writer.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<coverage version=\"1\">\n")
    for file in report.coverage.files {
      writer.write("  <file path=\"")
      writer.write(xml: report.relative(file.path))
      writer.write("\">\n")
      for (line, branches) in LinesWithBranches(file) {
        writer.write("    <lineToCover lineNumber=\"")
        writer.write(line.number)
        writer.write(line.count > 0 ? "\" covered=\"true\"" : "\" covered=\"false\"")
        if !branches.isEmpty {
          writer.write(" branchesToCover=\"")
          writer.write(branches.count)
          writer.write("\" coveredBranches=\"")
          writer.write(branches.hit)
          writer.write("\"")
        }
        writer.write("/>\n")
        try writer.flushIfFull()
      }
      writer.write("  </file>\n")
    }
    writer.write("</coverage>\n")
    try writer.flush()
  }
}

extension ReportFormat {
  /// SonarQube's generic coverage data.
  public static let sonarqube = ReportFormat(SonarQubeWriter.self)
}
