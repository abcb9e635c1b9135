import SalvageCoverage
import SalvageSystem

/// The `source_files` of Coveralls' API; who sends it adds `repo_token` or `service_name`.
package struct CoverallsWriter: FileReportWriter {
  package static let name = "coveralls"
  package static let summary = "Coveralls' JSON"
  package static let fileName = "coveralls.json"
  package static let names = NameForm.unicode

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    writer.write("{\"source_files\":[")
    var isFirst = true
    for file in report.coverage.files {
      if isFirst { isFirst = false } else { writer.write(",") }
      writer.write("\n{\"name\":")
      writer.write(json: report.relative(file.path))
      // Of a source that is not here it is the digest of nothing: the field is required.
      writer.write(",\"source_digest\":\"")
      writer.write(MD5.hex(of: report.sources.bytes(file.path) ?? []))
      writer.write("\",\"coverage\":[")
      try write(file.lines, to: &writer)
      writer.write("],\"branches\":[")
      var isFirstBranch = true
      for branch in file.branches {
        if isFirstBranch { isFirstBranch = false } else { writer.write(",") }
        for number in [branch.line, branch.decision, branch.outcome] {
          writer.write(number)
          writer.write(",")
        }
        writer.write(min(branch.count, 1 << 53))
        try writer.flushIfFull()
      }
      writer.write("]}")
    }
    writer.write("]}\n")
    try writer.flush()
  }

  /// An element for each line of the file up to the last that has code.
  private func write(_ lines: [Line], to writer: inout ByteWriter) throws {
    var next: UInt32 = 1
    for line in lines {
      // A damaged mapping may name line 4,000,000,000: no source has it.
      guard line.number < 10_000_000 else { break }
      while next < line.number {
        writer.write(next == 1 ? "null" : ",null")
        next += 1
        try writer.flushIfFull()
      }
      if next > 1 { writer.write(",") }
      writer.write(min(line.count, 1 << 53))
      next = line.number + 1
      try writer.flushIfFull()
    }
  }
}

extension ReportFormat {
  /// Coveralls' JSON.
  public static let coveralls = ReportFormat(CoverallsWriter.self)
}
