import CZlib
import SalvageSystem
package import SystemPackage

/// Writes an archive from its first byte to its last. Sections come in their order.
package final class ArchiveWriter {
  package typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  private let sink: Sink
  private var entries: [ArchiveEntry] = []
  private var size = 0
  private var checksum = crc32(0, nil, 0)

  package init(_ sink: @escaping Sink) throws {
    self.sink = sink
    var head = bytes(of: ArchiveFormat.magic.littleEndian)
    head += bytes(of: ArchiveFormat.version.littleEndian)
    head += bytes(of: UInt32(ArchiveFormat.headSize).littleEndian)
    try write(head)
  }

  /// A section of what `body` packs.
  package func section(
    _ kind: ArchiveSection, _ name: ArchiveEntry.Name, _ body: (Packer) throws -> Void
  ) throws {
    let start = size
    let packer = Packer { [self] in try write($0) }
    try body(packer)
    try packer.finish()
    entries.append(
      ArchiveEntry(
        kind, name, offset: start, packed: packer.packed, raw: packer.raw,
        checksum: packer.checksum))
  }

  /// A section of another archive, as it is.
  package func copy(_ entry: ArchiveEntry, of archive: Archive) throws {
    var copied = entry
    copied.offset = size
    try archive.copy(entry) { try write($0) }
    entries.append(copied)
  }

  /// The table of sections and the end.
  package func finish() throws {
    let start = size
    for entry in entries { try write(entry.encoded) }
    try write(bytes(of: UInt64(start).littleEndian) + bytes(of: UInt64(entries.count).littleEndian))
    let sum = UInt32(checksum)
    try write(
      bytes(of: sum.littleEndian) + bytes(of: UInt32(0))
        + bytes(of: ArchiveFormat.endMagic.littleEndian))
  }

  private func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard !bytes.isEmpty else { return }
    checksum = crc32(
      checksum, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(bytes.count))
    size += bytes.count
    try sink(bytes)
  }
}

extension Archive {
  /// What the counters and the ledgers of an archive may take: far more than deflate makes of any that were
  /// recorded, and not what a file can be made to claim.
  private func check(_ entry: ArchiveEntry, most: Int) throws(RecordError) {
    guard entry.raw <= most else {
      throw malformed("a section of \(entry.packed) bytes claims to hold \(entry.raw)")
    }
  }

  /// The recordings in it, by their ids.
  package func contained() throws(RecordError) -> [Contained] {
    var result: [Contained] = []
    for entry in entries(.recording) {
      try check(entry, most: 4 << 20)
      let one = try unpacker(entry).contained(in: path)
      guard one.name == entry.name, self.entry(.ledger, entry.name) != nil else {
        throw malformed("a recording in it has another's name, or no ledger")
      }
      result.append(one)
    }
    guard !result.isEmpty else { throw malformed("there is no recording in it") }
    return result
  }

  package func ledger(of one: Contained) throws(RecordError) -> LedgerPart {
    var lives = Lives()
    var part = try ledger(of: one, to: &lives)
    part.lives = lives
    return part
  }

  /// - Parameter lives: where the lives go, behind those that are there.
  package func ledger(
    of one: Contained, to lives: inout Lives
  ) throws(RecordError) -> LedgerPart {
    guard let entry = entry(.ledger, one.name) else { throw malformed("a ledger is missing") }
    try check(entry, most: 64 << 20 + entry.packed * 100)
    let unpacker = try unpacker(entry)
    let part = try unpacker.ledger(of: path, to: &lives)
    try unpacker.finish()
    return part
  }

  /// Adds its counters.
  package func add(to totals: inout CounterTotals) throws(RecordError) {
    for entry in entries(.counters) {
      try check(entry, most: 64 << 20 + entry.packed * 100)
      var room = Claims.most + 64 * size
      try unpacker(entry).add(to: &totals, room: &room)
    }
  }

  /// Writes a section's bytes to a file that is not there yet.
  package func extract(_ entry: ArchiveEntry, to path: FilePath) throws {
    try check(entry, most: Claims.most + 64 * entry.packed)
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec, .noFollow],
      permissions: [.ownerReadWrite])
    try file.closeAfter {
      try unpacker(entry).rest { piece in
        _ = try piece.withUnsafeBytes { try file.writeAll($0) }
      }
    }
  }

  /// The path of a source in it, and its text.
  package func source(_ entry: ArchiveEntry) throws(RecordError) -> (path: String, text: [UInt8]) {
    try check(entry, most: 64 << 20)
    let unpacker = try unpacker(entry)
    let path = try unpacker.text()
    return (path, try unpacker.list())
  }
}
