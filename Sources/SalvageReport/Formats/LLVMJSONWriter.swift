package import SalvageCoverage

/// The JSON of `llvm-cov export`, byte for byte for a single object. For several objects it is one
/// element of `data` with the joined files and the functions of all (docs/Reports.md).
///
/// Format: the head comment of CoverageExporterJson.cpp of LLVM. Its writer sorts keys.
package struct LLVMJSONWriter: FileReportWriter {
  package static let name = "llvm-json"
  package static let summary = "as llvm-cov export writes it, with regions"
  package static let fileName = "llvm-coverage.json"
  package static let names = NameForm.unicode
  package static let requires = Coverage.Content.regions

  package init(_ options: ReportOptions) {}

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    let coverage = report.coverage
    guard let dialect = coverage.dialect else { throw ReportError.contentMissing(Self.name) }
    var totals = RegionSummary()
    writer.write("{\"data\":[{\"files\":[")
    var isFirst = true
    for file in coverage.files {
      guard let regions = file.regions else { continue }
      totals += regions.summary
      separate(&isFirst, &writer)
      try write(file.path, regions, dialect, to: &writer)
    }
    writer.write("],\"functions\":[")
    isFirst = true
    for function in coverage.functions {
      separate(&isFirst, &writer)
      try write(function, dialect, to: &writer)
    }
    writer.write("],\"totals\":")
    write(totals, dialect, to: &writer)
    writer.write("}],\"type\":\"llvm.coverage.json.export\",\"version\":")
    writer.write(json: dialect.version)
    writer.write("}")
    try writer.flush()
  }

  private func write(
    _ path: String, _ file: FileRegions, _ dialect: LLVMDialect, to writer: inout ByteWriter
  ) throws {
    writer.write("{\"branches\":")
    try write(file.branches, to: &writer)
    writer.write(",\"expansions\":[")
    var isFirst = true
    for expansion in file.expansions {
      separate(&isFirst, &writer)
      try write(expansion, to: &writer)
    }
    writer.write("],\"filename\":")
    writer.write(json: path)
    if dialect.hasMCDC {
      writer.write(",\"mcdc_records\":")
      write(file.mcdc, to: &writer)
    }
    writer.write(",\"segments\":[")
    isFirst = true
    for segment in file.segments {
      separate(&isFirst, &writer)
      write(segment, to: &writer)
      try writer.flushIfFull()
    }
    writer.write("],\"summary\":")
    write(file.summary, dialect, to: &writer)
    writer.write("}")
  }

  private func write(
    _ function: FunctionRegions, _ dialect: LLVMDialect, to writer: inout ByteWriter
  ) throws {
    writer.write("{\"branches\":")
    try write(function.branches, to: &writer)
    writer.write(",\"count\":")
    write(count: function.count, to: &writer)
    writer.write(",\"filenames\":")
    write(function.fileNames, to: &writer)
    if dialect.hasMCDC {
      writer.write(",\"mcdc_records\":")
      write(function.mcdc, to: &writer)
    }
    writer.write(",\"name\":")
    writer.write(json: function.name)
    writer.write(",\"regions\":")
    try write(function.regions, to: &writer)
    writer.write("}")
  }

  private func write(_ expansion: Expansion, to writer: inout ByteWriter) throws {
    writer.write("{\"branches\":")
    try write(expansion.branches, to: &writer)
    writer.write(",\"filenames\":")
    write(expansion.fileNames, to: &writer)
    writer.write(",\"source_region\":")
    write(expansion.source, to: &writer)
    writer.write(",\"target_regions\":")
    try write(expansion.targets, to: &writer)
    writer.write("}")
  }

  private func write(_ names: [String], to writer: inout ByteWriter) {
    writer.write("[")
    var isFirst = true
    for name in names {
      separate(&isFirst, &writer)
      writer.write(json: name)
    }
    writer.write("]")
  }

  private func write(_ regions: [SourceRegion], to writer: inout ByteWriter) throws {
    writer.write("[")
    var isFirst = true
    for region in regions {
      separate(&isFirst, &writer)
      write(region, to: &writer)
    }
    writer.write("]")
    try writer.flushIfFull()
  }

  private func write(_ region: SourceRegion, to writer: inout ByteWriter) {
    writer.write("[")
    writer.write(region.startLine)
    write(next: region.startColumn, to: &writer)
    write(next: region.endLine, to: &writer)
    write(next: region.endColumn, to: &writer)
    writer.write(",")
    write(count: region.count, to: &writer)
    write(next: region.file, to: &writer)
    write(next: region.expandedFile, to: &writer)
    write(next: region.kind, to: &writer)
    writer.write("]")
  }

  private func write(_ branches: [BranchRegion], to writer: inout ByteWriter) throws {
    writer.write("[")
    var isFirst = true
    for branch in branches {
      separate(&isFirst, &writer)
      writer.write("[")
      writer.write(branch.startLine)
      write(next: branch.startColumn, to: &writer)
      write(next: branch.endLine, to: &writer)
      write(next: branch.endColumn, to: &writer)
      writer.write(",")
      write(count: branch.trueCount, to: &writer)
      writer.write(",")
      write(count: branch.falseCount, to: &writer)
      write(next: branch.file, to: &writer)
      write(next: branch.expandedFile, to: &writer)
      write(next: branch.kind, to: &writer)
      writer.write("]")
      try writer.flushIfFull()
    }
    writer.write("]")
  }

  private func write(_ records: [MCDCRecord], to writer: inout ByteWriter) {
    writer.write("[")
    var isFirst = true
    for record in records {
      separate(&isFirst, &writer)
      writer.write("[")
      for number in record.range + record.details {
        writer.write(number)
        writer.write(",")
      }
      writer.write("[")
      var isFirstCondition = true
      for condition in record.conditions {
        separate(&isFirstCondition, &writer)
        write(condition, to: &writer)
      }
      writer.write("]]")
    }
    writer.write("]")
  }

  private func write(_ segment: Segment, to writer: inout ByteWriter) {
    writer.write("[")
    writer.write(segment.line)
    write(next: segment.column, to: &writer)
    writer.write(",")
    write(count: segment.count, to: &writer)
    writer.write(",")
    write(segment.hasCount, to: &writer)
    writer.write(",")
    write(segment.isRegionEntry, to: &writer)
    writer.write(",")
    write(segment.isGap, to: &writer)
    writer.write("]")
  }

  private func write(
    _ summary: RegionSummary, _ dialect: LLVMDialect, to writer: inout ByteWriter
  ) {
    writer.write("{\"branches\":")
    write(summary.branches, withRest: true, to: &writer)
    writer.write(",\"functions\":")
    write(summary.functions, withRest: false, to: &writer)
    writer.write(",\"instantiations\":")
    write(summary.instantiations, withRest: false, to: &writer)
    writer.write(",\"lines\":")
    write(summary.lines, withRest: false, to: &writer)
    if dialect.hasMCDC {
      writer.write(",\"mcdc\":")
      write(summary.mcdc, withRest: true, to: &writer)
    }
    writer.write(",\"regions\":")
    write(summary.regions, withRest: true, to: &writer)
    writer.write("}")
  }

  private func write(_ tally: Tally, withRest: Bool, to writer: inout ByteWriter) {
    writer.write("{\"count\":")
    writer.write(tally.found)
    writer.write(",\"covered\":")
    writer.write(tally.hit)
    if withRest {
      writer.write(",\"notcovered\":")
      writer.write(tally.found - tally.hit)
    }
    writer.write(",\"percent\":")
    writer.write(formatC(tally.percent ?? 0, significantDigits: 17))
    writer.write("}")
  }

  @inline(__always)
  private func write(next number: UInt32, to writer: inout ByteWriter) {
    writer.write(byte: UInt8(ascii: ","))
    writer.write(number)
  }

  /// LLVM's writer has signed numbers and clamps counts to them.
  @inline(__always)
  private func write(count: UInt64, to writer: inout ByteWriter) {
    writer.write(min(count, UInt64(Int64.max)))
  }

  private func write(_ flag: Bool, to writer: inout ByteWriter) {
    if flag { writer.write("true") } else { writer.write("false") }
  }

  @inline(__always)
  private func separate(_ isFirst: inout Bool, _ writer: inout ByteWriter) {
    if isFirst { isFirst = false } else { writer.write(byte: UInt8(ascii: ",")) }
  }
}

extension ReportFormat {
  /// As llvm-cov export writes it, with regions.
  public static let llvmJSON = ReportFormat(LLVMJSONWriter.self)
}
