import CZlib

/// A stream of gzip, without name and date: the same bytes give the same file.
final class Gzip {
  private var stream = z_stream()
  private let sink: (UnsafeRawBufferPointer) throws -> Void
  private var room = [UInt8](repeating: 0, count: 1 << 16)

  init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) {
    self.sink = sink
    // 16 more than the window: gzip's header instead of zlib's own.
    deflateInit2_(
      &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit { deflateEnd(&stream) }

  func write(_ bytes: UnsafeRawBufferPointer) throws { try run(bytes, Z_NO_FLUSH) }

  func finish() throws { try run(UnsafeRawBufferPointer(start: nil, count: 0), Z_FINISH) }

  private func run(_ bytes: UnsafeRawBufferPointer, _ flush: Int32) throws {
    stream.next_in = UnsafeMutablePointer(
      mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.avail_in = UInt32(bytes.count)
    var isFull = true
    while isFull {
      let made = room.withUnsafeMutableBufferPointer { room in
        stream.next_out = room.baseAddress
        stream.avail_out = UInt32(room.count)
        _ = deflate(&stream, flush)
        return room.count - Int(stream.avail_out)
      }
      isFull = made == room.count
      try room.withUnsafeBytes { try sink(UnsafeRawBufferPointer(rebasing: $0[..<made])) }
    }
  }
}
