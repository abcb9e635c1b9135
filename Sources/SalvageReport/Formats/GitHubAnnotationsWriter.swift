import SalvageCoverage

/// Workflow commands by which GitHub marks lines in a pull request.
///
/// It shows ten warnings a step: these are the largest pieces of code that did not run; a notice has
/// the total and says how much more there is.
package struct GitHubAnnotationsWriter: FileReportWriter {
  package static let name = "github-annotations"
  package static let summary = "workflow commands that mark missed lines"
  package static let fileName = "coverage-annotations.txt"
  package static let names = NameForm.plain
  /// GitHub's limit for one kind in one step.
  static let limit = 10

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    var runs: [(path: String, run: MissedRun, file: Int)] = []
    for (index, file) in report.coverage.files.enumerated() {
      let path = report.relative(file.path)
      runs += MissedRun.runs(of: file.lines).map { (path, $0, index) }
    }
    let all = runs.count
    // Files are in the order of their paths: equal ones stay in it.
    runs.sort { ($1.run.lines, $0.file, $0.run.first) < ($0.run.lines, $1.file, $1.run.first) }
    for (path, run, index) in runs.prefix(Self.limit) {
      writer.write("::warning file=")
      writer.write(command: path, isProperty: true)
      writer.write(",line=")
      writer.write(run.first)
      writer.write(",endLine=")
      writer.write(run.last)
      writer.write(",title=Not covered::")
      let functions = report.coverage.files[index].functionsNotCalled.filter {
        (run.first...run.last).contains($0.line)
      }
      writer.write(
        command: run.lines == 1 ? "This line did not run" : "\(run.lines) lines did not run",
        isProperty: false)
      if let function = functions.first {
        let more = functions.count > 1 ? " and \(functions.count - 1) more" : ""
        writer.write(
          command: "; never called: \(Demangler().name(function.name))\(more)", isProperty: false)
      }
      writer.write("\n")
    }
    let totals = report.coverage.totals
    writer.write("::notice title=Coverage::")
    writer.write(
      command: "\(Percent(totals.lines).text) of \(totals.lines.found) lines"
        + (all > Self.limit ? "; \(all - Self.limit) more places did not run" : ""),
      isProperty: false)
    writer.write("\n")
    try writer.flush()
  }
}

extension ReportFormat {
  /// Workflow commands that mark missed lines.
  public static let githubAnnotations = ReportFormat(GitHubAnnotationsWriter.self)
}
