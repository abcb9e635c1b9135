import SalvageRecord
import SalvageSystem

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Words and strings of a `.gcno` file, each checked against the end of what is read.
///
/// Since gcc 12 strings are not padded, so that words lie anywhere.
struct GcovBytes {
  private let bytes: UnsafeRawBufferPointer
  /// The next byte.
  var position: Int
  private(set) var end: Int
  /// Bytes in one unit of the length of a record or a string: 4 before gcc 12.
  var lengthUnit = 1

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  var isAtEnd: Bool { end - position < 4 }

  /// The same bytes, of which only a part is read.
  func part(_ range: Range<Int>) -> GcovBytes {
    var result = self
    result.position = range.lowerBound
    result.end = range.upperBound
    return result
  }

  @inline(__always)
  mutating func word() throws(GcovGraphError) -> UInt32 {
    guard end - position >= 4 else { throw .truncated(offset: position) }
    defer { position += 4 }
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
  }

  /// The next `size` bytes, which are passed over.
  @inline(__always)
  mutating func take(_ size: Int) throws(GcovGraphError) -> Range<Int> {
    guard size <= end - position else { throw .truncated(offset: position) }
    position += size
    return position - size..<position
  }

  /// Where the bytes of a string are, up to its first NUL; nil for a null pointer.
  mutating func string() throws(GcovGraphError) -> Range<Int>? {
    let length = Int(try word())
    guard length > 0 else { return nil }
    let (size, isTooLarge) = length.multipliedReportingOverflow(by: lengthUnit)
    guard !isTooLarge else { throw .truncated(offset: position) }
    let range = try take(size)
    var last = range.upperBound
    while last > range.lowerBound, bytes[last - 1] == 0 { last -= 1 }
    return range.lowerBound..<last
  }

  /// The range of the next record's contents, and its tag; nil at the end of the file.
  mutating func record() throws(GcovGraphError) -> (tag: UInt32, body: Range<Int>)? {
    guard !isAtEnd else { return nil }
    let tag = try word()
    guard tag != 0 else { return nil }
    let length = Int(try word())
    return (tag, try take(length * lengthUnit))
  }

  func text(_ range: Range<Int>) -> String {
    String(name: UnsafeRawBufferPointer(rebasing: bytes[range]))
  }

  func isEqual(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
    guard left.count == right.count, let base = bytes.baseAddress else { return left.isEmpty }
    return memcmp(base + left.lowerBound, base + right.lowerBound, left.count) == 0
  }

  func hash(_ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in UnsafeRawBufferPointer(rebasing: bytes[range]) {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return hash
  }
}
