import CZlib
import SalvageSystem
package import SystemPackage

/// A recording, or the sum of several, in one file. Opening it goes through all of it: one that was cut or altered is
/// never read.
package final class Archive: Sendable {
  package let path: FilePath
  package let entries: [ArchiveEntry]
  /// Bytes of the file, and the checksum that it carries.
  package let size: Int
  package let checksum: UInt32
  private let file: RecordFile

  /// True if the file at `path` says that it is one, of whatever version.
  package static func isArchive(_ path: FilePath) -> Bool {
    guard let file = try? RecordFile(path), let head = try? file.bytes(0..<8) else { return false }
    return head.structure(UInt64.self, at: 0) == ArchiveFormat.magic
  }

  /// - Parameter known: the checksum of a file that was gone through before: it is believed then.
  package init(_ path: FilePath, known: UInt32? = nil) throws(RecordError) {
    let file = try RecordFile(path)
    let head = try file.bytes(0..<ArchiveFormat.headSize)
    guard head.structure(UInt64.self, at: 0) == ArchiveFormat.magic else {
      throw RecordError(path, .foreign)
    }
    // A newer version's end may look otherwise.
    guard let version = head.structure(UInt32.self, at: 8), version == ArchiveFormat.version else {
      let found = head.structure(UInt32.self, at: 8) ?? 0
      throw RecordError(path, .archive(.version(found: found, known: ArchiveFormat.version)))
    }
    let size = file.size
    let end = try file.bytes(max(0, size - ArchiveFormat.endSize)..<size)
    guard size >= ArchiveFormat.headSize + ArchiveFormat.endSize,
      end.structure(UInt64.self, at: 24) == ArchiveFormat.endMagic,
      let start = end.structure(UInt64.self, at: 0), let count = end.structure(UInt64.self, at: 8),
      let checksum = end.structure(UInt32.self, at: 16), end.structure(UInt32.self, at: 20) == 0
    else { throw RecordError(path, .archive(.cut(size))) }
    if let known {
      guard known == checksum else { throw RecordError(path, .unstable) }
    } else {
      // All of it, but the sum itself and the eight constant bytes behind.
      guard try Self.checksum(of: file, upTo: size - 16) == checksum else {
        throw RecordError(path, .archive(.altered))
      }
    }
    self.path = path
    self.size = size
    self.checksum = checksum
    let table = size - ArchiveFormat.endSize
    // The sum may be good and the file written by anyone: more sections than there is room for.
    let room = (table - ArchiveFormat.headSize) / ArchiveFormat.entrySize
    guard count <= UInt64(min(room, ArchiveFormat.mostEntries)),
      start == UInt64(table - Int(count) * ArchiveFormat.entrySize)
    else { throw RecordError(path, .malformed("the table of its sections is not where it says")) }
    let rows = try file.bytes(Int(start)..<table)
    self.file = file
    entries = try Self.entries(rows, count: Int(count), end: Int(start), path)
  }

  /// Of the bytes from the beginning on.
  private static func checksum(
    of file: borrowing RecordFile, upTo end: Int
  ) throws(RecordError) -> UInt32 {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 64)
    defer { room.deallocate() }
    var sum = crc32(0, nil, 0)
    var at = 0
    while at < end {
      let piece = UnsafeMutableRawBufferPointer(rebasing: room[..<min(room.count, end - at)])
      let got = try file.read(into: piece, at: at)
      guard got > 0 else { throw RecordError(file.path, .archive(.cut(at))) }
      sum = crc32(sum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(got))
      at += got
    }
    return UInt32(sum)
  }

  private static func entries(
    _ rows: [UInt8], count: Int, end: Int, _ path: FilePath
  ) throws(RecordError) -> [ArchiveEntry] {
    var result: [ArchiveEntry] = []
    result.reserveCapacity(count)
    for number in 0..<count {
      let row = (0..<8).map {
        rows.structure(UInt64.self, at: number * ArchiveFormat.entrySize + 8 * $0) ?? 0
      }
      guard let entry = try ArchiveEntry(row, path, before: end) else { continue }
      if let last = result.last,
        (entry.kind.rawValue, entry.name) <= (last.kind.rawValue, last.name)
      {
        throw RecordError(path, .malformed("its sections are not in their order"))
      }
      result.append(entry)
    }
    return result
  }

  package func entries(_ kind: ArchiveSection) -> [ArchiveEntry] {
    entries.filter { $0.kind == kind }
  }

  package func entry(_ kind: ArchiveSection, _ name: ArchiveEntry.Name) -> ArchiveEntry? {
    entries.first { $0.kind == kind && $0.name == name }
  }

  package func unpacker(_ entry: ArchiveEntry) throws(RecordError) -> Unpacker {
    try Unpacker(self, entry)
  }

  /// Fills the first `count` bytes of `buffer`.
  func read(_ buffer: inout [UInt8], _ count: Int, at offset: Int) throws(RecordError) {
    var failure: RecordError?
    let got = buffer.withUnsafeMutableBytes { buffer -> Int in
      do throws(RecordError) {
        return try file.read(
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    guard got == count else { throw RecordError(path, .archive(.cut(offset + got))) }
  }

  /// The packed bytes of a section, in pieces.
  package func copy(
    _ entry: ArchiveEntry, to sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    for start in stride(from: 0, to: entry.packed, by: buffer.count) {
      let count = min(buffer.count, entry.packed - start)
      try read(&buffer, count, at: entry.offset + start)
      try buffer.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }

  func malformed(_ what: String) -> RecordError { RecordError(path, .malformed(what)) }
}
