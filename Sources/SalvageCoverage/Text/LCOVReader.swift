import SalvageSystem

/// Reads the lcov tracefile that `llvm-cov export -format=lcov` writes.
///
/// Format: geninfo(1), FILES; of its records the ones that llvm-cov writes. A record that we do not
/// know is an error: dropping it would be a silent loss.
enum LCOVReader {
  static func files(in bytes: UnsafeRawBufferPointer) throws(FormatError) -> [SourceFile] {
    var scanner = ByteScanner(bytes, format: "lcov")
    return try files(&scanner)
  }

  private static func files(_ scanner: inout ByteScanner) throws(FormatError) -> [SourceFile] {
    var files: [SourceFile] = []
    while !scanner.isAtEnd {
      guard scanner.accept("SF:") else { throw scanner.failure("SF:") }
      let path = scanner.text(try scanner.restOfLine())
      files.append(try file(path, &scanner))
    }
    return files
  }

  private static func file(
    _ path: String, _ scanner: inout ByteScanner
  ) throws(FormatError) -> SourceFile {
    var reported = Totals()
    let functions = try functions(&scanner)
    var lines: [Line] = []
    var branches: [Branch] = []
    while true {
      let start = scanner.position
      switch scanner.peek {
      case UInt8(ascii: "D"):
        try Self.lines(&lines, &scanner)
      case UInt8(ascii: "B"):
        try Self.branches(&branches, &scanner)
        if scanner.accept("BRF:") { reported.branches.found = try tally(&scanner) }
        if scanner.accept("BRH:") { reported.branches.hit = try tally(&scanner) }
      case UInt8(ascii: "F"):
        if scanner.accept("FNF:") {
          reported.functions.found = try tally(&scanner)
        } else if scanner.accept("FNH:") {
          reported.functions.hit = try tally(&scanner)
        } else {
          throw scanner.failure("FNF: or FNH:")
        }
      case UInt8(ascii: "L"):
        if scanner.accept("LF:") {
          reported.lines.found = try tally(&scanner)
        } else if scanner.accept("LH:") {
          reported.lines.hit = try tally(&scanner)
        } else {
          throw scanner.failure("LF: or LH:")
        }
      default:
        guard scanner.accept("end_of_record\n") else { throw scanner.failure("end_of_record") }
        return SourceFile(
          path: path, lines: lines, functions: functions, branches: branches, reported: reported)
      }
      guard scanner.position > start else { throw scanner.failure("a record that llvm-cov writes") }
    }
  }

  private static func tally(_ scanner: inout ByteScanner) throws(FormatError) -> Int {
    let value = try scanner.number()
    guard value <= UInt64(Int.max) else { throw scanner.failure("a tally") }
    try scanner.expect(0x0a)
    return Int(value)
  }

  /// All `FN:` records, then as many `FNDA:` in the same order: names alone would not do, as several
  /// instantiations may share one.
  private static func functions(_ scanner: inout ByteScanner) throws(FormatError) -> [Function] {
    var functions: [Function] = []
    var names: [Range<Int>] = []
    while scanner.accept("FN:") {
      let line = try scanner.number32()
      try scanner.expect(UInt8(ascii: ","))
      let name = try scanner.restOfLine()
      names.append(name)
      functions.append(Function(name: scanner.text(name), line: line, count: 0))
    }
    for index in functions.indices {
      guard scanner.accept("FNDA:") else { throw scanner.failure("FNDA:") }
      functions[index].count = try scanner.number()
      try scanner.expect(UInt8(ascii: ","))
      let name = try scanner.restOfLine()
      guard scanner.equal(name, names[index]) else {
        throw scanner.failure("FNDA: in the order of FN:")
      }
    }
    return functions
  }

  private static func lines(
    _ lines: inout [Line], _ scanner: inout ByteScanner
  ) throws(FormatError) {
    while scanner.accept("DA:") {
      let number = try scanner.number32()
      try scanner.expect(UInt8(ascii: ","))
      let count = try scanner.number()
      try scanner.expect(0x0a)
      if let last = lines.last, last.number >= number {
        throw scanner.failure("lines in ascending order")
      }
      lines.makeRoom()
      lines.append(Line(number: number, count: DerivedCount.line(count)))
    }
  }

  private static func branches(
    _ branches: inout [Branch], _ scanner: inout ByteScanner
  ) throws(FormatError) {
    while scanner.accept("BRDA:") {
      let line = try scanner.number32()
      try scanner.expect(UInt8(ascii: ","))
      let decision = try scanner.number32()
      try scanner.expect(UInt8(ascii: ","))
      let outcome = try scanner.number32()
      try scanner.expect(UInt8(ascii: ","))
      let reached = !scanner.accept(UInt8(ascii: "-"))
      let count = reached ? DerivedCount.branch(try scanner.number()) : 0
      try scanner.expect(0x0a)
      branches.makeRoom()
      branches.append(
        Branch(line: line, decision: decision, outcome: outcome, reached: reached, count: count))
    }
  }
}

extension Array {
  /// Large arrays grow fourfold: room that is not used costs no memory, but each move touches all
  /// of it again, and on half a million lines that was a quarter of the time.
  @inline(__always)
  fileprivate mutating func makeRoom() {
    if count == capacity && count >= 4096 { reserveCapacity(count * 4) }
  }
}
