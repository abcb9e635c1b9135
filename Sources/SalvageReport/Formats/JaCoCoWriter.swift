import SalvageCoverage

/// JaCoCo's XML by its report.dtd 1.1. What JaCoCo calls an instruction is a line here.
package struct JaCoCoWriter: FileReportWriter {
  package static let name = "jacoco"
  package static let summary = "JaCoCo's XML"
  package static let fileName = "jacoco.xml"
  package static let names = NameForm.plain

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    writer.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    writer.write("<!DOCTYPE report PUBLIC \"-//JACOCO//DTD Report 1.1//EN\" \"report.dtd\">\n")
    writer.write("<report name=\"salvage\">\n")
    for package in PackageFiles.packages(of: report) {
      writer.write("<package name=\"")
      writer.write(xml: package.name)
      writer.write("\">\n")
      for file in package.files { try write(classOf: file, report, to: &writer) }
      for file in package.files { try write(file, report, to: &writer) }
      write(package.totals, classes: package.files.tally, to: &writer)
      writer.write("</package>\n")
    }
    write(report.coverage.totals, classes: report.coverage.files.tally, to: &writer)
    writer.write("</report>\n")
    try writer.flush()
  }

  /// A file is a class: that is where the format has its methods.
  private func write(
    classOf file: SourceFile, _ report: Report, to writer: inout ByteWriter
  ) throws {
    let path = report.relative(file.path)
    writer.write("<class name=\"")
    writer.write(xml: path)
    writer.write("\" sourcefilename=\"")
    writer.write(xml: String(splitPath(path).name))
    writer.write("\">\n")
    for function in file.functions {
      writer.write("<method name=\"")
      writer.write(xml: function.name)
      writer.write("\" desc=\"()\" line=\"")
      writer.write(function.line)
      writer.write("\">")
      write("METHOD", Tally(found: 1, hit: function.count > 0 ? 1 : 0), to: &writer)
      writer.write("</method>\n")
      try writer.flushIfFull()
    }
    write(file.totals, classes: [file].tally, to: &writer)
    writer.write("</class>\n")
  }

  private func write(_ file: SourceFile, _ report: Report, to writer: inout ByteWriter) throws {
    writer.write("<sourcefile name=\"")
    writer.write(xml: String(splitPath(report.relative(file.path)).name))
    writer.write("\">\n")
    for (line, branches) in LinesWithBranches(file) {
      writer.write("<line nr=\"")
      writer.write(line.number)
      writer.write(line.count > 0 ? "\" mi=\"0\" ci=\"1\"" : "\" mi=\"1\" ci=\"0\"")
      writer.write(" mb=\"")
      writer.write(branches.count - branches.hit)
      writer.write("\" cb=\"")
      writer.write(branches.hit)
      writer.write("\"/>\n")
      try writer.flushIfFull()
    }
    write(file.totals, classes: [file].tally, to: &writer)
    writer.write("</sourcefile>\n")
  }

  private func write(_ totals: Totals, classes: Tally, to writer: inout ByteWriter) {
    write("INSTRUCTION", totals.lines, to: &writer)
    if totals.branches.found > 0 { write("BRANCH", totals.branches, to: &writer) }
    write("LINE", totals.lines, to: &writer)
    if totals.functions.found > 0 { write("METHOD", totals.functions, to: &writer) }
    write("CLASS", classes, to: &writer)
    writer.write("\n")
  }

  private func write(_ type: StaticString, _ tally: Tally, to writer: inout ByteWriter) {
    writer.write("<counter type=\"")
    writer.write(type)
    writer.write("\" missed=\"")
    writer.write(tally.found - tally.hit)
    writer.write("\" covered=\"")
    writer.write(tally.hit)
    writer.write("\"/>")
  }
}

extension [SourceFile] {
  /// How many there are, and how many of them have a line that ran.
  fileprivate var tally: Tally {
    Tally(found: count, hit: reduce(0) { $0 + ($1.lines.contains { $0.count > 0 } ? 1 : 0) })
  }
}

extension ReportFormat {
  /// JaCoCo's XML.
  public static let jacoco = ReportFormat(JaCoCoWriter.self)
}
