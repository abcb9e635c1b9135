import SalvageCoverage

/// Cobertura's XML by coverage-04.dtd, with all attributes that it requires: GitHub reads nothing else,
/// and GitLab, Azure, Jenkins, diff-cover and editors read it too.
///
/// Files have paths relative to the repository, whose folder is the one `source`: GitLab takes at most
/// 100 of them.
package struct CoberturaWriter: FileReportWriter {
  package static let name = "cobertura"
  package static let summary = "XML for GitHub, GitLab, Azure, Jenkins, diff-cover"
  package static let fileName = "coverage.xml"
  package static let names = NameForm.plain

  private let limit: Int?

  package init(_ options: ReportOptions) {
    limit = options.coberturaLimit
  }

  /// As many whole files in each as fit; a file that is larger by itself stays whole.
  package func parts(of report: Report) -> [Report] {
    guard let limit, !report.coverage.files.isEmpty else { return [report] }
    // What is around the files; a package may be begun by each of them.
    let frame = 1_000
    var result: [[SourceFile]] = [[]]
    var size = frame
    for file in report.coverage.files {
      var writer = ByteWriter()
      try? write(file, report, to: &writer)
      let more = writer.withBytes { $0.count } + 150 + 2 * file.path.utf8.count
      if size + more > limit, !result[result.count - 1].isEmpty {
        result.append([])
        size = frame
      }
      size += more
      result[result.count - 1].append(file)
    }
    return result.map { files in
      var part = report
      part.coverage.files = files
      return part
    }
  }

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    let totals = report.coverage.totals
    writer.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    writer.write("<!DOCTYPE coverage SYSTEM ")
    writer.write("\"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n<coverage")
    write(rates: totals, to: &writer)
    write("lines-covered", totals.lines.hit, to: &writer)
    write("lines-valid", totals.lines.found, to: &writer)
    write("branches-covered", totals.branches.hit, to: &writer)
    write("branches-valid", totals.branches.found, to: &writer)
    writer.write(" complexity=\"0\" version=\"salvage ")
    writer.write(xml: report.version)
    writer.write("\"")
    write("timestamp", report.timestamp, to: &writer)
    writer.write(">\n<sources>\n<source>")
    writer.write(xml: report.root.isEmpty ? "." : report.root)
    writer.write("</source>\n</sources>\n<packages>\n")
    for package in PackageFiles.packages(of: report) {
      writer.write("<package")
      write("name", package.name.isEmpty ? "." : Self.dotted(package.name), to: &writer)
      write(rates: package.totals, to: &writer)
      writer.write(" complexity=\"0\">\n<classes>\n")
      for file in package.files { try write(file, report, to: &writer) }
      writer.write("</classes>\n</package>\n")
    }
    writer.write("</packages>\n</coverage>\n")
    try writer.flush()
  }

  /// Packages are named as Java names them: readers fold them at the dots.
  private static func dotted(_ folder: String) -> String {
    String(folder.drop { $0 == "/" }.map { $0 == "/" ? "." : $0 })
  }

  private func write(_ file: SourceFile, _ report: Report, to writer: inout ByteWriter) throws {
    let path = report.relative(file.path)
    writer.write("<class")
    write("name", String(splitPath(path).name), to: &writer)
    write("filename", path, to: &writer)
    write(rates: file.totals, to: &writer)
    writer.write(" complexity=\"0\">\n<methods>\n")
    for function in file.functions {
      writer.write("<method")
      write("name", function.name, to: &writer)
      writer.write(" signature=\"\"")
      let hit = function.count > 0 ? 1 : 0
      write(
        rates: Totals(lines: Tally(found: 1, hit: hit), branches: Tally()), to: &writer)
      writer.write(" complexity=\"0\"><lines><line")
      write("number", Int(max(function.line, 1)), to: &writer)
      write(hits: function.count, to: &writer)
      writer.write("/></lines></method>\n")
      try writer.flushIfFull()
    }
    writer.write("</methods>\n<lines>\n")
    for (line, branches) in LinesWithBranches(file) {
      writer.write("<line")
      write("number", Int(line.number), to: &writer)
      write(hits: line.count, to: &writer)
      if branches.isEmpty {
        writer.write("/>\n")
      } else {
        write(branches, to: &writer)
      }
      try writer.flushIfFull()
    }
    writer.write("</lines>\n</class>\n")
  }

  private func write(_ branches: ArraySlice<Branch>, to writer: inout ByteWriter) {
    writer.write(" branch=\"true\" condition-coverage=\"")
    write(percent: branches, to: &writer)
    writer.write(" (")
    writer.write(branches.hit)
    writer.write("/")
    writer.write(branches.count)
    writer.write(")\"><conditions>")
    for (number, decision) in branches.decisions.enumerated() {
      writer.write("<condition")
      write("number", number, to: &writer)
      writer.write(" type=\"jump\" coverage=\"")
      write(percent: decision, to: &writer)
      writer.write("\"/>")
    }
    writer.write("</conditions></line>\n")
  }

  private func write(percent branches: ArraySlice<Branch>, to writer: inout ByteWriter) {
    writer.write(branches.hit * 100 / branches.count)
    writer.write("%")
  }

  private func write(rates totals: Totals, to writer: inout ByteWriter) {
    writer.write(" line-rate=\"")
    writer.write(Self.rate(totals.lines))
    writer.write("\" branch-rate=\"")
    writer.write(Self.rate(totals.branches))
    writer.write("\"")
  }

  /// Where there is nothing to cover, all of it is covered: as coverage.py has it.
  private static func rate(_ tally: Tally) -> String {
    tally.hit == tally.found
      ? "1" : formatC(Double(tally.hit) / Double(tally.found), significantDigits: 6)
  }

  /// Readers hold counts as signed 64-bit numbers, or less.
  private func write(hits: UInt64, to writer: inout ByteWriter) {
    writer.write(" hits=\"")
    writer.write(min(hits, UInt64(Int64.max)))
    writer.write("\"")
  }

  private func write(_ name: StaticString, _ value: Int, to writer: inout ByteWriter) {
    writer.write(" ")
    writer.write(name)
    writer.write("=\"")
    writer.write(value)
    writer.write("\"")
  }

  private func write(_ name: StaticString, _ value: String, to writer: inout ByteWriter) {
    writer.write(" ")
    writer.write(name)
    writer.write("=\"")
    writer.write(xml: value)
    writer.write("\"")
  }
}

extension ReportFormat {
  /// XML for GitHub, GitLab, Azure, Jenkins, diff-cover.
  public static let cobertura = ReportFormat(CoberturaWriter.self)
}
