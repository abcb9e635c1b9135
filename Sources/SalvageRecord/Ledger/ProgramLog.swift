package import CSalvageABI
import SalvageSystem

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
  package var remains = Remains()

  /// What is in the file beside records.
  package struct Remains: Sendable, Hashable {
    /// Bytes that belong to no record.
    package var skipped = 0
    /// Records whose begin is there and ends where a page does: Linux stops a write there if its process is
    /// killed (`generic_perform_write`, mm/filemap.c), and the disk was full for some.
    package var cuts = 0
    /// Bytes of those.
    package var cut = 0
  }

  private static let header = MemoryLayout<slv_program_record>.size

  /// Reads all records; where there is none it looks for the next magic.
  package init(bytes: [UInt8]) {
    var scan = Scan()
    scan.add(bytes[...], last: true) { records.append($0) }
    remains = scan.remains
  }

  /// Hands on each record of a file, a part of which is in memory at a time. Answers with what is no record.
  package static func forEach(
    in file: borrowing RecordFile, limit: Int, _ body: (ProgramRecord) -> Void
  ) throws(RecordError) -> Remains {
    var scan = Scan()
    try file.forEachStored(limit: limit) { scan.add($0[...], last: false, body) }
    scan.add([], last: true, body)
    return scan.remains
  }

  /// Goes through a file piece by piece.
  private struct Scan {
    var remains = Remains()
    /// What is not read yet, and its place in the file.
    private var bytes: [UInt8] = []
    private var base = 0
    /// Where bytes that belong to no record begin.
    private var gap: Gap?

    private struct Gap {
      var start: Int
      /// It begins as a record does.
      var isRecord: Bool
    }

    private static let page = 4096  // larger pages are multiples of it

    mutating func add(_ piece: ArraySlice<UInt8>, last: Bool, _ body: (ProgramRecord) -> Void) {
      bytes += piece
      // A record that begins before it ends in what is there, and so does one that begins in its text.
      let most = 2 * (header + Int(SLV_PROGRAM_TEXT_MAX))
      let end = last ? bytes.count : bytes.count - most
      var position = 0
      while position < end {
        if let (record, length) = ProgramLog.record(in: bytes, at: position),
          !hasRecord(in: bytes, within: (position + header)..<(position + header + length))
        {
          close(at: position)
          body(record)
          position += header + length
        } else {
          if (base + position) % Self.page == 0 { close(at: position) }
          if gap == nil { gap = Gap(start: base + position, isRecord: beginsRecord(at: position)) }
          position += 1
        }
      }
      if last { close(at: position) }
      bytes.removeFirst(min(position, bytes.count))
      base += position
    }

    /// True where the magic is, or as much of it as there is before the end of the page or of the file.
    private func beginsRecord(at position: Int) -> Bool {
      let room = min(bytes.count - position, Self.page - (base + position) % Self.page)
      let magic = SalvageSystem.bytes(of: SLV_PROGRAM_MAGIC)
      return bytes[position..<position + min(room, magic.count)].elementsEqual(magic.prefix(room))
    }

    private mutating func close(at position: Int) {
      guard let gap else { return }
      self.gap = nil
      let count = base + position - gap.start
      if gap.isRecord && (base + position) % Self.page == 0 {
        remains.cuts += 1
        remains.cut += count
      } else {
        remains.skipped += count
      }
    }
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
    let start = position + header
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
