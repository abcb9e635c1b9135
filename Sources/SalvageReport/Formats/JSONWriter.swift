import SalvageCoverage

/// Our own JSON, for programs: docs/Reports.md is its description.
///
/// `schema` is raised when a field changes its meaning or goes; new fields may come at any time.
package struct JSONWriter: FileReportWriter {
  package static let name = "json"
  /// The version of the schema.
  package static let schema = 2
  package static let summary = "salvage's own schema, for programs"
  package static let fileName = "salvage.json"
  package static let names = NameForm.unicode

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    writer.write("{\"format\":\"salvage-coverage\",\"schema\":")
    writer.write(Self.schema)
    writer.write(",\"version\":")
    writer.write(json: report.version)
    writer.write(",\n\"totals\":")
    write(report.coverage.totals, to: &writer)
    writer.write(",\n\"ledger\":")
    write(report.ledger, to: &writer)
    writer.write(",\n\"losses\":[")
    var isFirst = true
    for loss in report.losses {
      separate(&isFirst, &writer)
      write(loss, to: &writer)
    }
    writer.write("],\n\"files\":[")
    isFirst = true
    for file in report.coverage.files {
      separate(&isFirst, &writer)
      writer.write("\n")
      try write(file, to: &writer)
    }
    writer.write("]}\n")
    try writer.flush()
  }

  private func write(_ file: SourceFile, to writer: inout ByteWriter) throws {
    writer.write("{\"path\":")
    writer.write(json: file.path)
    writer.write(",\"totals\":")
    write(file.totals, to: &writer)
    writer.write(",\"lines\":[")
    var isFirst = true
    for line in file.lines {
      separate(&isFirst, &writer)
      writer.write("[")
      writer.write(line.number)
      writer.write(",")
      writer.write(line.count)
      writer.write("]")
      try writer.flushIfFull()
    }
    writer.write("],\"functions\":[")
    isFirst = true
    for function in file.functions {
      separate(&isFirst, &writer)
      writer.write("{\"name\":")
      writer.write(json: function.name)
      writer.write(",\"line\":")
      writer.write(function.line)
      if function.column > 0 {
        writer.write(",\"column\":")
        writer.write(function.column)
      }
      writer.write(",\"count\":")
      writer.write(function.count)
      writer.write("}")
      try writer.flushIfFull()
    }
    writer.write("],\"branches\":[")
    isFirst = true
    for branch in file.branches {
      separate(&isFirst, &writer)
      write(branch, to: &writer)
      try writer.flushIfFull()
    }
    writer.write("]}")
  }

  private func write(_ branch: Branch, to writer: inout ByteWriter) {
    writer.write("[")
    writer.write(branch.line)
    writer.write(",")
    writer.write(branch.decision)
    writer.write(",")
    writer.write(branch.outcome)
    writer.write(",")
    if branch.reached { writer.write(branch.count) } else { writer.write("null") }
    writer.write("]")
  }

  private func write(_ totals: Totals, to writer: inout ByteWriter) {
    writer.write("{\"lines\":")
    write(totals.lines, to: &writer)
    writer.write(",\"functions\":")
    write(totals.functions, to: &writer)
    writer.write(",\"branches\":")
    write(totals.branches, to: &writer)
    writer.write("}")
  }

  private func write(_ tally: Tally, to writer: inout ByteWriter) {
    writer.write("{\"found\":")
    writer.write(tally.found)
    writer.write(",\"hit\":")
    writer.write(tally.hit)
    writer.write("}")
  }

  private func write(_ ledger: Report.Ledger?, to writer: inout ByteWriter) {
    guard let ledger else {
      writer.write("null")
      return
    }
    writer.write("{\"lives\":")
    writer.write(ledger.lives)
    writer.write(",\"objects\":")
    writer.write(ledger.objects)
    writer.write(",\"ends\":[")
    var isFirst = true
    for end in ledger.ends {
      separate(&isFirst, &writer)
      writer.write("{\"end\":")
      writer.write(json: end.name)
      writer.write(",\"count\":")
      writer.write(end.count)
      writer.write("}")
    }
    writer.write("]}")
  }

  private func write(_ loss: Report.Loss, to writer: inout ByteWriter) {
    writer.write("{\"kind\":")
    writer.write(json: loss.kind)
    writer.write(",\"subject\":")
    writer.write(json: loss.subject)
    writer.write(",\"message\":")
    writer.write(json: loss.message)
    writer.write(",\"count\":")
    writer.write(loss.count)
    writer.write("}")
  }

  @inline(__always)
  private func separate(_ isFirst: inout Bool, _ writer: inout ByteWriter) {
    if isFirst { isFirst = false } else { writer.write(byte: UInt8(ascii: ",")) }
  }
}

extension ReportFormat {
  /// Salvage's own schema, for programs.
  public static let json = ReportFormat(JSONWriter.self)
}
