import SalvageCoverage

/// The lines of a source that its author took out of the report by markers: lcov's and gcovr's, and
/// `pragma: no cover`, in the comments of any language. `# pragma: no cover` of Python, which takes out
/// whole clauses, is applied where Python's lines are read.
struct Exclusions {
  private var lines: Set<UInt32> = []
  private var branchLines: Set<UInt32> = []
  /// Lines that hold a marker of a function, which begins there or on the next line.
  private var functionMarks: [UInt32] = []
  /// Of the excluded ones, those that must not run.
  private var unreachable: Set<UInt32> = []
  private var problems: [String] = []

  /// Nil where the source has no marker, as most have none.
  init?(_ source: [UInt8], markers: [String], isPython: Bool) {
    let own = markers.map { Array($0.utf8) }.filter { !$0.isEmpty }
    let needles = Self.needles + own
    guard source.withUnsafeBytes({ bytes in needles.contains { Self.holds(bytes, $0) } }) else {
      return nil
    }
    var block: Block?
    var branchBlock: UInt32?
    var number: UInt32 = 0
    for line in source.split(separator: 0x0a, omittingEmptySubsequences: false) {
      number += 1
      line.withUnsafeBytes { bytes in
        read(bytes, number, own, isPython, &block, &branchBlock)
      }
      if let open = block {
        lines.insert(number)
        if open.isUnreachable { unreachable.insert(number) }
      }
      if branchBlock != nil { branchLines.insert(number) }
    }
    if let block {
      problems.append("\(block.first): START without STOP excludes the rest of the file")
    }
    if let branchBlock {
      problems.append("\(branchBlock): BR_START without BR_STOP excludes the rest of the file")
    }
  }

  private struct Block {
    var first: UInt32
    var isUnreachable: Bool
  }

  private static let needles = ["_EXCL_", "_UNREACHABLE_", "pragma", "PRAGMA"].map {
    Array($0.utf8)
  }

  private mutating func read(
    _ line: UnsafeRawBufferPointer, _ number: UInt32, _ own: [[UInt8]], _ isPython: Bool,
    _ block: inout Block?, _ branchBlock: inout UInt32?
  ) {
    for marker in Self.markers(in: line) {
      switch marker {
      case "EXCL_LINE": lines.insert(number)
      case "UNREACHABLE_LINE":
        lines.insert(number)
        unreachable.insert(number)
      case "EXCL_START", "UNREACHABLE_START":
        block = block ?? Block(first: number, isUnreachable: marker.hasPrefix("U"))
      case "EXCL_STOP", "UNREACHABLE_STOP":
        if block == nil { problems.append("\(number): STOP without START") }
        // The line of the marker itself is excluded.
        if block != nil { lines.insert(number) }
        block = nil
      case "EXCL_BR_LINE": branchLines.insert(number)
      case "EXCL_BR_START": branchBlock = branchBlock ?? number
      case "EXCL_BR_STOP":
        if branchBlock == nil { problems.append("\(number): BR_STOP without BR_START") }
        branchLines.insert(number)
        branchBlock = nil
      case "EXCL_FUNCTION": functionMarks.append(number)
      default: break
      }
    }
    if !isPython && Self.hasPragma(line) { lines.insert(number) }
    if own.contains(where: { Self.holds(line, $0) }) { lines.insert(number) }
  }

  // MARK: Reading

  /// `EXCL_LINE` for LCOV_EXCL_LINE, GCOVR_EXCL_LINE, GCOV_EXCL_LINE, in their order.
  private static func markers(in line: UnsafeRawBufferPointer) -> [String] {
    var result: [String] = []
    for prefix in ["LCOV_", "GCOVR_", "GCOV_"] {
      let bytes = Array(prefix.utf8)
      var start = 0
      while let at = find(line, bytes, from: start) {
        start = at + bytes.count
        var end = start
        while end < line.count, line[end] == 0x5f || (0x41...0x5a).contains(line[end]) { end += 1 }
        let isWord = at == 0 || !isLetter(line[at - 1])
        if isWord { result.append(String(decoding: line[start..<end], as: UTF8.self)) }
      }
    }
    return result
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte == 0x5f || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }

  /// `pragma: no cover`, or `pragma no cover`, in small or capital letters.
  private static func hasPragma(_ line: UnsafeRawBufferPointer) -> Bool {
    let texts = ["pragma: no cover", "pragma no cover", "PRAGMA: NO COVER"]
    return texts.contains { holds(line, Array($0.utf8)) }
  }

  private static func holds(_ bytes: UnsafeRawBufferPointer, _ needle: [UInt8]) -> Bool {
    find(bytes, needle, from: 0) != nil
  }

  private static func find(
    _ bytes: UnsafeRawBufferPointer, _ needle: [UInt8], from start: Int
  ) -> Int? {
    guard let first = needle.first, bytes.count >= needle.count else { return nil }
    var at = start
    while at + needle.count <= bytes.count {
      if bytes[at] == first, bytes[at..<at + needle.count].elementsEqual(needle) { return at }
      at += 1
    }
    return nil
  }

  // MARK: Applying

  /// Takes the excluded lines, branches and functions out; answers what should be known of it, each with
  /// its line before it.
  func apply(to file: inout SourceFile) -> [String] {
    var excluded = lines
    for mark in functionMarks { excluded.formUnion(function(at: mark, in: file)) }
    guard !excluded.isEmpty || !branchLines.isEmpty else { return problems }
    var notes = problems
    for line in file.lines where line.count > 0 {
      if unreachable.contains(line.number) {
        notes.append("\(line.number): marked as unreachable, and ran \(line.count) times")
      }
    }
    let ran = file.lines.filter { excluded.contains($0.number) && $0.count > 0 }
      .filter { !unreachable.contains($0.number) }
    if let first = ran.first {
      let more = ran.count > 1 ? " (and \(ran.count - 1) more lines of this file)" : ""
      notes.append("\(first.number): excluded by a marker, and ran \(first.count) times\(more)")
    }
    file.lines.removeAll { excluded.contains($0.number) }
    file.branches.removeAll { excluded.contains($0.line) || branchLines.contains($0.line) }
    file.functions.removeAll { excluded.contains($0.line) }
    file.decisions.removeAll { excluded.contains($0.line) || branchLines.contains($0.line) }
    file.reported = nil
    return notes
  }

  /// The lines of the function that begins at the marker's line or the one after it, up to the next one.
  private func function(at mark: UInt32, in file: SourceFile) -> Set<UInt32> {
    let starts = file.functions.map(\.line).sorted()
    guard let first = starts.first(where: { $0 == mark || $0 == mark + 1 }) else { return [] }
    let end = starts.first { $0 > first } ?? .max
    return Set(file.lines.map(\.number).filter { $0 >= first && $0 < end })
  }
}
