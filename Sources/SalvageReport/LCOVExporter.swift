public import SalvageCoverage

/// The lcov tracefile (geninfo(1), FILES), with the records and in the order of
/// `llvm-cov export -format=lcov`: read by genhtml, Codecov, Coveralls, editors.
public struct LCOVExporter: Exporter {
  public static let name = "lcov"
  public let requires = Coverage.Content.lines

  public init() {}

  public func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    for file in report.coverage.files {
      try write(file, to: &writer)
    }
    try writer.flush()
  }

  private func write(_ file: SourceFile, to writer: inout ByteWriter) throws {
    let totals = file.reported ?? file.totals
    writer.write("SF:")
    writer.write(file.path)
    try write(file.functions, totals.functions, to: &writer)
    for line in file.lines {
      writer.write("DA:")
      writer.write(line.number)
      writer.write(byte: UInt8(ascii: ","))
      writer.write(line.count)
      writer.write(byte: 0x0a)
      try writer.flushIfFull()
    }
    for branch in file.branches {
      writer.write("BRDA:")
      writer.write(branch.line)
      writer.write(byte: UInt8(ascii: ","))
      writer.write(branch.decision)
      writer.write(byte: UInt8(ascii: ","))
      writer.write(branch.outcome)
      writer.write(byte: UInt8(ascii: ","))
      if branch.reached {
        writer.write(branch.count)
      } else {
        writer.write(byte: UInt8(ascii: "-"))
      }
      writer.write(byte: 0x0a)
      try writer.flushIfFull()
    }
    write("BRF:", totals.branches.found, to: &writer)
    write("BRH:", totals.branches.hit, to: &writer)
    write("LF:", totals.lines.found, to: &writer)
    write("LH:", totals.lines.hit, to: &writer)
    writer.write("end_of_record\n")
  }

  private func write(
    _ functions: [Function], _ totals: Tally, to writer: inout ByteWriter
  ) throws {
    writer.write(byte: 0x0a)
    for function in functions {
      writer.write("FN:")
      writer.write(function.line)
      writer.write(byte: UInt8(ascii: ","))
      writer.write(function.name)
      writer.write(byte: 0x0a)
      try writer.flushIfFull()
    }
    for function in functions {
      writer.write("FNDA:")
      writer.write(function.count)
      writer.write(byte: UInt8(ascii: ","))
      writer.write(function.name)
      writer.write(byte: 0x0a)
      try writer.flushIfFull()
    }
    write("FNF:", totals.found, to: &writer)
    write("FNH:", totals.hit, to: &writer)
  }

  private func write(_ record: StaticString, _ value: Int, to writer: inout ByteWriter) {
    writer.write(record)
    writer.write(value)
    writer.write(byte: 0x0a)
  }
}
