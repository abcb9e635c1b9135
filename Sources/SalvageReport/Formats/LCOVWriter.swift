import SalvageCoverage

/// LCOV's tracefile: for genhtml, code-review services, editors.
///
/// Records of lcov 1.x, which every reader knows; FNL and FNA of 2.2 stop some of them
/// (vscode-cmake-tools PR 4398, diff_cover PR 505).
package struct LCOVWriter: FileReportWriter {
  package static let name = "lcov"
  package static let summary = "tracefile for genhtml, services, editors"
  package static let fileName = "lcov.info"
  package static let names = NameForm.line
  private let version: Int

  package init(_ options: ReportOptions) {
    version = options.lcovVersion
  }

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    for file in report.coverage.files {
      try write(file, to: &writer)
    }
    try writer.flush()
  }

  private func write(_ file: SourceFile, to writer: inout ByteWriter) throws {
    let totals = file.reported ?? file.totals
    writer.write("SF:")
    writer.write(oneLine: file.path)
    writer.write(byte: 0x0a)
    if version == 1 {
      try write(file.functions, to: &writer)
      write("FNF:", totals.functions.found, to: &writer)
      write("FNH:", totals.functions.hit, to: &writer)
    } else {
      try write(groups: file.functions, to: &writer)
    }
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

  private func write(_ functions: [Function], to writer: inout ByteWriter) throws {
    for function in functions {
      writer.write("FN:")
      writer.write(function.line)
      writer.write(byte: UInt8(ascii: ","))
      writer.write(oneLine: function.name)
      writer.write(byte: 0x0a)
      try writer.flushIfFull()
    }
    for function in functions {
      writer.write("FNDA:")
      writer.write(function.count)
      writer.write(byte: UInt8(ascii: ","))
      writer.write(oneLine: function.name)
      writer.write(byte: 0x0a)
      try writer.flushIfFull()
    }
  }

  /// lcov 2.2: functions that begin on one line are aliases of one, and FNF and FNH count lines.
  private func write(groups functions: [Function], to writer: inout ByteWriter) throws {
    var hits: [Bool] = []
    var places: [UInt32: Int] = [:]
    for function in functions {
      let place: Int
      if let known = places[function.line] {
        place = known
      } else {
        place = hits.count
        places[function.line] = place
        hits.append(false)
        writer.write("FNL:")
        writer.write(place)
        writer.write(byte: UInt8(ascii: ","))
        writer.write(function.line)
        writer.write(byte: 0x0a)
      }
      hits[place] = hits[place] || function.count > 0
      writer.write("FNA:")
      writer.write(place)
      writer.write(byte: UInt8(ascii: ","))
      writer.write(function.count)
      writer.write(byte: UInt8(ascii: ","))
      writer.write(oneLine: function.name)
      writer.write(byte: 0x0a)
      try writer.flushIfFull()
    }
    write("FNF:", hits.count, to: &writer)
    write("FNH:", hits.reduce(0) { $0 + ($1 ? 1 : 0) }, to: &writer)
  }

  private func write(_ record: StaticString, _ value: Int, to writer: inout ByteWriter) {
    writer.write(record)
    writer.write(value)
    writer.write(byte: 0x0a)
  }
}

extension ReportFormat {
  /// Tracefile for genhtml, services, editors.
  public static let lcov = ReportFormat(LCOVWriter.self)
}
