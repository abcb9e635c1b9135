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

  private static let header = MemoryLayout<slv_program_record>.size

  /// Reads all records; where there is none it looks for the next magic.
  package init(bytes: [UInt8]) {
    let position = Self.read(bytes, until: bytes.count, &skipped) { records.append($0) }
    skipped += bytes.count - position
  }

  /// Hands on each record of a file, a part of which is in memory at a time. Answers with the bytes that belong
  /// to none.
  package static func forEach(
    in file: borrowing RecordFile, limit: Int, _ body: (ProgramRecord) -> Void
  ) throws(RecordError) -> Int {
    // A record that begins before `until` ends in what is there, and so does one that begins in its text.
    let most = 2 * (header + Int(SLV_PROGRAM_TEXT_MAX))
    var bytes: [UInt8] = []
    var skipped = 0
    try file.forEachStored(limit: limit) { piece in
      bytes += piece
      let position = read(bytes, until: bytes.count - most, &skipped, body)
      bytes.removeFirst(position)
    }
    let position = read(bytes, until: bytes.count, &skipped, body)
    return skipped + bytes.count - position
  }

  /// Records that begin before `end`; answers where the next one may begin.
  private static func read(
    _ bytes: [UInt8], until end: Int, _ skipped: inout Int, _ body: (ProgramRecord) -> Void
  ) -> Int {
    var position = 0
    while position < end, position + header <= bytes.count {
      if let (record, length) = Self.record(in: bytes, at: position),
        !Self.hasRecord(in: bytes, within: (position + header)..<(position + header + length))
      {
        body(record)
        position += header + length
      } else {
        skipped += 1
        position += 1
      }
    }
    return position
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
