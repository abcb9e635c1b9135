import CZlib

/// Writes numbers, texts and counters as a section of an archive: small numbers in few bytes, then through
/// deflate. One value has one encoding, so equal contents are equal bytes.
package final class Packer {
  private var stream = z_stream()
  private let sink: (UnsafeRawBufferPointer) throws -> Void
  private var pending: [UInt8] = []
  private var room = [UInt8](repeating: 0, count: 1 << 16)
  private static let portion = 1 << 16

  /// Bytes so far, before and after packing, and a checksum of those before.
  package private(set) var raw = 0
  package private(set) var packed = 0
  package private(set) var checksum: UInt32 = 0

  package init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
    self.sink = sink
    pending.reserveCapacity(Self.portion + 64)
    deflateInit_(&stream, 6, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit { deflateEnd(&stream) }

  /// Unsigned LEB128.
  package func number(_ value: UInt64) throws {
    var rest = value
    while rest >= 0x80 {
      pending.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    pending.append(UInt8(rest))
    if pending.count >= Self.portion { try flush() }
  }

  package func number(_ value: Int) throws { try number(UInt64(bitPattern: Int64(value))) }

  /// A signed one: those near to 0 are short, whatever their sign.
  package func signed(_ value: Int32) throws {
    try number(UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)))
  }

  /// One that may be missing.
  package func optional(_ value: UInt64?) throws {
    try number(value == nil ? 0 : 1)
    if let value { try number(value) }
  }

  /// Eight bytes: of random numbers, to which LEB128 would only add.
  package func word(_ value: UInt64) throws {
    try withUnsafeBytes(of: value.littleEndian) { try bytes($0) }
  }

  package func text(_ text: String) throws { try list(Array(text.utf8)) }

  package func list(_ list: [UInt8]) throws {
    try number(list.count)
    try list.withUnsafeBytes { try bytes($0) }
  }

  package func bytes(_ bytes: UnsafeRawBufferPointer) throws {
    if bytes.count < Self.portion {
      pending += bytes
      if pending.count >= Self.portion { try flush() }
    } else {
      try flush()
      try run(bytes, Z_NO_FLUSH)
    }
  }

  package func finish() throws {
    try flush()
    try run(UnsafeRawBufferPointer(start: nil, count: 0), Z_FINISH)
  }

  private func flush() throws {
    try pending.withUnsafeBytes { try run($0, Z_NO_FLUSH) }
    pending.removeAll(keepingCapacity: true)
  }

  private func run(_ bytes: UnsafeRawBufferPointer, _ flush: Int32) throws {
    // deflate takes 32 bits of length at a time.
    var rest = bytes[...]
    repeat {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      rest = rest.dropFirst(piece.count)
      let start = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
      if !piece.isEmpty {
        checksum = UInt32(crc32(uLong(checksum), start, UInt32(piece.count)))
      }
      raw += piece.count
      stream.next_in = UnsafeMutablePointer(mutating: start)
      stream.avail_in = UInt32(piece.count)
      var isFull = true
      while isFull {
        let made = room.withUnsafeMutableBufferPointer { room in
          stream.next_out = room.baseAddress
          stream.avail_out = UInt32(room.count)
          _ = deflate(&stream, flush)
          return room.count - Int(stream.avail_out)
        }
        isFull = made == room.count
        packed += made
        try room.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0[..<made])) }
      }
    } while !rest.isEmpty
  }
}
