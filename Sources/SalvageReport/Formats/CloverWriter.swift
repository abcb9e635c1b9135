import SalvageCoverage

/// Clover's XML.
package struct CloverWriter: FileReportWriter {
  package static let name = "clover"
  package static let summary = "Clover's XML"
  package static let fileName = "clover.xml"
  package static let names = NameForm.plain

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    let packages = PackageFiles.packages(of: report)
    writer.write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<coverage clover=\"salvage ")
    writer.write(xml: report.version)
    writer.write("\" generated=\"")
    writer.write(report.timestamp)
    writer.write("\">\n<project timestamp=\"")
    writer.write(report.timestamp)
    writer.write("\">\n<metrics")
    write("packages", packages.count, to: &writer)
    write("files", report.coverage.files.count, to: &writer)
    write("classes", report.coverage.files.count, to: &writer)
    write(report.coverage.totals, to: &writer)
    for package in packages {
      writer.write("<package name=\"")
      writer.write(xml: package.name.isEmpty ? "." : package.name)
      writer.write("\">\n<metrics")
      write("files", package.files.count, to: &writer)
      write("classes", package.files.count, to: &writer)
      write(package.totals, to: &writer)
      for file in package.files { try write(file, report, to: &writer) }
      writer.write("</package>\n")
    }
    writer.write("</project>\n</coverage>\n")
    try writer.flush()
  }

  private func write(_ file: SourceFile, _ report: Report, to writer: inout ByteWriter) throws {
    let path = report.relative(file.path)
    let totals = file.totals
    writer.write("<file name=\"")
    writer.write(xml: String(splitPath(path).name))
    writer.write("\" path=\"")
    writer.write(xml: path)
    writer.write("\">\n<metrics")
    write("classes", 1, to: &writer)
    write(totals, to: &writer)
    writer.write("<class name=\"")
    writer.write(xml: String(splitPath(path).name))
    writer.write("\"><metrics")
    write(totals, to: &writer)
    writer.write("</class>\n")
    for function in file.functions {
      writer.write("<line")
      write("num", Int(function.line), to: &writer)
      writer.write(" type=\"method\" signature=\"")
      writer.write(xml: function.name)
      writer.write("\" count=\"")
      writer.write(min(function.count, UInt64(Int64.max)))
      writer.write("\"/>\n")
      try writer.flushIfFull()
    }
    for (line, branches) in LinesWithBranches(file) {
      writer.write("<line")
      write("num", Int(line.number), to: &writer)
      writer.write(branches.isEmpty ? " type=\"stmt\"" : " type=\"cond\"")
      writer.write(" count=\"")
      writer.write(min(line.count, UInt64(Int64.max)))
      writer.write("\"")
      if !branches.isEmpty { write(branches, to: &writer) }
      writer.write("/>\n")
      try writer.flushIfFull()
    }
    writer.write("</file>\n")
  }

  /// How often the first outcome of the line's decisions was taken, and how often another one.
  private func write(_ branches: ArraySlice<Branch>, to writer: inout ByteWriter) {
    var (first, other) = (UInt64(0), UInt64(0))
    for decision in branches.decisions {
      first = Self.sum(first, decision.prefix(1))
      other = Self.sum(other, decision.dropFirst())
    }
    writer.write(" truecount=\"")
    writer.write(first)
    writer.write("\" falsecount=\"")
    writer.write(other)
    writer.write("\"")
  }

  private static func sum(_ start: UInt64, _ branches: ArraySlice<Branch>) -> UInt64 {
    branches.reduce(start) { min($0 &+ min($1.count, 1 << 62), UInt64(Int64.max)) }
  }

  /// The attributes that all metrics have, and the end of the element.
  private func write(_ totals: Totals, to writer: inout ByteWriter) {
    let all = [totals.lines, totals.functions, totals.branches]
    write("elements", all.reduce(0) { $0 + $1.found }, to: &writer)
    write("coveredelements", all.reduce(0) { $0 + $1.hit }, to: &writer)
    write("statements", totals.lines.found, to: &writer)
    write("coveredstatements", totals.lines.hit, to: &writer)
    write("methods", totals.functions.found, to: &writer)
    write("coveredmethods", totals.functions.hit, to: &writer)
    write("conditionals", totals.branches.found, to: &writer)
    write("coveredconditionals", totals.branches.hit, to: &writer)
    writer.write(" complexity=\"0\"/>\n")
  }

  private func write(_ name: StaticString, _ value: Int, to writer: inout ByteWriter) {
    writer.write(" ")
    writer.write(name)
    writer.write("=\"")
    writer.write(value)
    writer.write("\"")
  }
}

extension ReportFormat {
  /// Clover's XML.
  public static let clover = ReportFormat(CloverWriter.self)
}
