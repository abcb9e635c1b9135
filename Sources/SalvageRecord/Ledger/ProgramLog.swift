package import CSalvageABI

/// A program and its arguments, as a `programs` file holds them.
package struct ProgramRecord: Sendable, Hashable {
  package var life: UInt64
  package var path: String
  package var arguments: [String]
  /// How many arguments the program had; more than `arguments` where the list was cut.
  package var argumentCount: Int
}

extension ProgramRecord {
  /// What a cell of the ledger with state `SLV_CELL_PROGRAM` says; nil for every other cell, and where the
  /// text is not as `struct slv_program_cell` has it.
  package init?(_ cell: slv_cell) {
    guard cell.state == SLV_CELL_PROGRAM.rawValue else { return nil }
    let note = withUnsafeBytes(of: cell) { $0.loadUnaligned(as: slv_program_cell.self) }
    let length = Int(note.length)
    let text = withUnsafeBytes(of: note.text) { Array($0.prefix(length)) }
    guard text.count == length, text.last == 0 else { return nil }
    let texts = text.dropLast().split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard texts.count == Int(note.arguments) + 1 else { return nil }
    self.init(
      life: note.life, path: texts[0], arguments: Array(texts.dropFirst()),
      argumentCount: Int(note.arguments))
  }
}

/// A `programs` file: `struct slv_program_record` with its text, one after the other.
package struct ProgramLog {
  package var records: [ProgramRecord] = []
  /// Bytes between records that belong to none.
  package var skipped = 0

  /// Reads all records; where there is none it looks for the next magic.
  package init(bytes: [UInt8]) {
    let header = MemoryLayout<slv_program_record>.size
    var position = 0
    while position + header <= bytes.count {
      if let (record, length) = Self.record(in: bytes, at: position),
        !Self.hasRecord(in: bytes, within: (position + header)..<(position + header + length))
      {
        records.append(record)
        position += header + length
      } else {
        skipped += 1
        position += 1
      }
    }
    skipped += bytes.count - position
  }

  /// True where a record begins in the text of another: that one was torn, and its length reaches
  /// into those that came after it.
  private static func hasRecord(in bytes: [UInt8], within text: Range<Int>) -> Bool {
    let first = UInt8(truncatingIfNeeded: SLV_PROGRAM_MAGIC)
    return text.contains { bytes[$0] == first && record(in: bytes, at: $0) != nil }
  }

  private static func record(in bytes: [UInt8], at position: Int) -> (ProgramRecord, Int)? {
    guard bytes[position] == UInt8(truncatingIfNeeded: SLV_PROGRAM_MAGIC),
      let raw = bytes.structure(slv_program_record.self, at: position),
      raw.magic == SLV_PROGRAM_MAGIC, raw.present <= raw.arguments,
      raw.length <= SLV_PROGRAM_TEXT_MAX, raw.length > 0
    else { return nil }
    let start = position + MemoryLayout<slv_program_record>.size
    let end = start + Int(raw.length)
    guard end <= bytes.count, bytes[end - 1] == 0 else { return nil }
    let texts = bytes[start..<(end - 1)].split(separator: 0, omittingEmptySubsequences: false)
    guard texts.count == Int(raw.present) + 1 else { return nil }
    let strings = texts.map { String(decoding: $0, as: UTF8.self) }
    let record = ProgramRecord(
      life: raw.life, path: strings[0], arguments: Array(strings.dropFirst()),
      argumentCount: Int(raw.arguments))
    return (record, Int(raw.length))
  }
}
