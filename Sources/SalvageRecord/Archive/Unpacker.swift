import CZlib
import SystemPackage

/// Reads a section of an archive. Its memory is two small buffers, whatever the section claims to hold.
package final class Unpacker {
  private let archive: Archive
  private var stream = z_stream()
  private var input = [UInt8](repeating: 0, count: 1 << 16)
  private var output = [UInt8](repeating: 0, count: 1 << 16)
  private var at = 0
  private var filled = 0
  /// The packed bytes that are still to be read, and where.
  private var place: Int
  private let end: Int
  /// Bytes that the section has beyond those in `output`, as its entry claims.
  private var beyond: Int
  /// Bytes in `input`.
  private var taken = 0

  /// Deflate makes nothing smaller than by this (zlib's documentation), so a claim beyond it is false.
  static let mostPacked = 1032

  package init(_ archive: Archive, _ entry: ArchiveEntry) throws(RecordError) {
    guard entry.raw / Self.mostPacked <= entry.packed + 64 else {
      throw archive.malformed("a section claims more bytes than can be packed in it")
    }
    self.archive = archive
    place = entry.offset
    end = entry.offset + entry.packed
    beyond = entry.raw
    guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw archive.malformed("zlib does not start")
    }
  }

  deinit { inflateEnd(&stream) }

  /// Bytes of the section that are still to come.
  package var left: Int { beyond + filled - at }

  @inline(__always)
  package func byte() throws(RecordError) -> UInt8 {
    if at == filled { try fill() }
    let result = output[at]
    at += 1
    return result
  }

  package func number() throws(RecordError) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 64, by: 7) {
      let byte = try byte()
      guard shift < 63 || byte < 2 else { break }
      result |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return result }
    }
    throw malformed("a number of more than 64 bits")
  }

  /// A number that counts things of which each takes a byte at least, or that is at most `most`.
  package func count(most: Int? = nil) throws(RecordError) -> Int {
    let value = try number()
    guard value <= UInt64(most ?? left) else {
      throw malformed("a number is too large: \(value)")
    }
    return Int(value)
  }

  package func signed() throws(RecordError) -> Int32 {
    let value = UInt32(truncatingIfNeeded: try number())
    return Int32(bitPattern: value >> 1) ^ -Int32(bitPattern: value & 1)
  }

  package func optional() throws(RecordError) -> UInt64? {
    try number() == 0 ? nil : try number()
  }

  package func word() throws(RecordError) -> UInt64 {
    var result: UInt64 = 0
    for shift in 0..<8 { result |= UInt64(try byte()) << UInt64(8 * shift) }
    return result
  }

  package func text() throws(RecordError) -> String {
    let bytes = try list(most: 64 << 20)
    // No name or argument has one, and paths that are made of text take none.
    guard !bytes.contains(0) else { throw malformed("a name with a NUL in it") }
    return String(decoding: bytes, as: UTF8.self)
  }

  package func list(most: Int = 1 << 30) throws(RecordError) -> [UInt8] {
    let count = try count(most: min(most, left))
    var result: [UInt8] = []
    result.reserveCapacity(count)
    while result.count < count {
      if at == filled { try fill() }
      let part = min(count - result.count, filled - at)
      result += output[at..<at + part]
      at += part
    }
    return result
  }

  /// Hands on all that is left, in pieces.
  package func rest(_ body: (ArraySlice<UInt8>) throws -> Void) throws {
    while left > 0 {
      if at == filled { try fill() }
      try body(output[at..<filled])
      at = filled
    }
  }

  func malformed(_ what: String) -> RecordError { archive.malformed(what) }

  /// All of the section was read.
  package func finish() throws(RecordError) {
    guard left == 0 else { throw malformed("\(left) bytes of a section mean nothing") }
  }

  private func fill() throws(RecordError) {
    guard beyond > 0 else { throw malformed("a section ends too early") }
    var made = 0
    while made == 0 {
      if stream.avail_in == 0 {
        guard place < end else { throw malformed("a section ends too early") }
        taken = min(input.count, end - place)
        try archive.read(&input, taken, at: place)
        place += taken
        stream.avail_in = UInt32(taken)
      }
      let state = inflatePiece(&made)
      guard state == Z_OK || state == Z_STREAM_END && made > 0 else {
        throw malformed("a section is not packed as zlib packs")
      }
    }
    beyond -= made
    (at, filled) = (0, made)
  }

  private func inflatePiece(_ made: inout Int) -> Int32 {
    input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        let room = min(output.count, beyond)
        stream.next_in = input.baseAddress.map { $0 + taken - Int(stream.avail_in) }
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(room)
        let state = inflate(&stream, Z_NO_FLUSH)
        made = room - Int(stream.avail_out)
        return state
      }
    }
  }
}
