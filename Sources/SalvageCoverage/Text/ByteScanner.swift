import SalvageRecord
import SalvageSystem

/// A tool's output that is not of the form we know.
package struct FormatError: Error, Sendable, Hashable, CustomStringConvertible {
  /// "lcov" or "JSON".
  package var format: String
  /// Where, in bytes from the start.
  package var offset: Int
  package var expected: String

  package var description: String {
    "byte \(offset) of the \(format) export: expected \(expected)"
  }
}

/// Reads text byte by byte. Lives only inside a call that holds the bytes; every step checks the end.
struct ByteScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var position = 0
  let format: String

  init(_ bytes: UnsafeRawBufferPointer, format: String) {
    self.bytes = bytes.assumingMemoryBound(to: UInt8.self)
    self.format = format
  }

  var isAtEnd: Bool { position >= bytes.count }

  /// The next byte; 0 at the end (no text format we read has it).
  var peek: UInt8 {
    @inline(__always) get { position < bytes.count ? bytes[position] : 0 }
  }

  func peek(ahead: Int) -> UInt8 {
    position + ahead < bytes.count ? bytes[position + ahead] : 0
  }

  @inline(__always)
  mutating func advance(_ count: Int = 1) {
    position = min(position + count, bytes.count)
  }

  func failure(_ expected: String) -> FormatError {
    FormatError(format: format, offset: position, expected: expected)
  }

  @inline(__always)
  mutating func expect(_ byte: UInt8) throws(FormatError) {
    guard peek == byte else { throw failure("'\(Character(UnicodeScalar(byte)))'") }
    position += 1
  }

  @inline(__always)
  mutating func accept(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  /// Takes the text if it comes next.
  @inline(__always)
  mutating func accept(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard bytes.count - position >= length else { return false }
    let start = text.utf8Start
    for index in 0..<length where bytes[position + index] != start[index] { return false }
    position += length
    return true
  }

  /// A decimal number; one that does not fit 64 bits saturates.
  @inline(__always)
  mutating func number() throws(FormatError) -> UInt64 {
    var value: UInt64 = 0
    let start = position
    while position < bytes.count {
      let digit = bytes[position] &- 0x30
      guard digit < 10 else { break }
      // 18 digits always fit.
      if position - start < 18 {
        value = value &* 10 &+ UInt64(digit)
      } else {
        let (product, high) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
        value = high || carry ? .max : sum
      }
      position += 1
    }
    guard position > start else { throw failure("a number") }
    return value
  }

  /// A number that a 32-bit field holds (lines, columns, indices).
  @inline(__always)
  mutating func number32() throws(FormatError) -> UInt32 {
    let value = try number()
    guard value <= UInt64(UInt32.max) else { throw failure("a number below 2^32") }
    return UInt32(truncatingIfNeeded: value)
  }

  /// The range of the bytes up to the end of the line, whose newline is taken too.
  @inline(__always)
  mutating func restOfLine() throws(FormatError) -> Range<Int> {
    let start = position
    while position < bytes.count && bytes[position] != 0x0a { position += 1 }
    guard position < bytes.count else { throw failure("the end of the line") }
    position += 1
    return start..<position - 1
  }

  func text(_ range: Range<Int>) -> String {
    String(name: UnsafeBufferPointer(rebasing: bytes[range]))
  }

  func slice(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[range])
  }

  func equal(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
    left.count == right.count && bytes[left].elementsEqual(bytes[right])
  }
}
