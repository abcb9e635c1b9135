import SalvageRecord
import SalvageSystem

/// Collects the text of a report and hands it on in large pieces.
///
/// Reports reach tens of megabytes: `String` interpolation for each number would cost more than
/// everything else together, and so would an array's bookkeeping for each byte. Room for a whole
/// item is made first, then it is stored through the pointer.
package struct ByteWriter: ~Copyable {
  /// Takes a piece of the report; the bytes are valid during the call.
  package typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  private var start: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private var count = 0
  private let sink: Sink?
  private static let pieceSize = 1 << 18

  /// Keeps everything in memory, see ``bytes``.
  package init() {
    capacity = 1 << 12
    start = .allocate(capacity: capacity)
    sink = nil
  }

  /// Hands pieces of about 256 KiB to the sink; ``flush()`` the last one.
  package init(to sink: @escaping Sink) {
    capacity = Self.pieceSize + 1 << 12
    start = .allocate(capacity: capacity)
    self.sink = sink
  }

  deinit {
    start.deallocate()
  }

  /// What was written and not yet handed on.
  package var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

  /// Lends what was written and not yet handed on.
  package func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Hands on what is left.
  package mutating func flush() throws {
    guard let sink, count > 0 else { return }
    try sink(UnsafeRawBufferPointer(start: start, count: count))
    count = 0
  }

  /// Hands on if a piece is full. Exporters call it now and then, so that `write` need not throw.
  @inline(__always)
  mutating func flushIfFull() throws {
    if count >= Self.pieceSize && sink != nil { try flush() }
  }

  /// Makes room for `size` more bytes and answers where they go.
  @inline(__always)
  private mutating func room(for size: Int) -> UnsafeMutablePointer<UInt8> {
    if capacity - count < size { grow(by: size) }
    return start + count
  }

  @inline(never)
  private mutating func grow(by size: Int) {
    let larger = max(capacity * 2, count + size)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: start, count: count)
    start.deallocate()
    start = moved
    capacity = larger
  }

  @inline(__always)
  mutating func write(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    room(for: length).update(from: text.utf8Start, count: length)
    count += length
  }

  @inline(__always)
  mutating func write(_ text: String) {
    var text = text
    let length = text.utf8.count
    let target = room(for: length)
    text.withUTF8 { bytes in
      if let source = bytes.baseAddress { target.update(from: source, count: length) }
    }
    count += length
  }

  mutating func write(bytes: some Collection<UInt8>) {
    let length = bytes.count
    let target = room(for: length)
    let isStored: Void? = bytes.withContiguousStorageIfAvailable { source in
      if let first = source.baseAddress { target.update(from: first, count: length) }
    }
    if isStored == nil { for (index, byte) in bytes.enumerated() { target[index] = byte } }
    count += length
  }

  @inline(__always)
  mutating func write(byte: UInt8) {
    room(for: 1).pointee = byte
    count += 1
  }

  @inline(__always)
  mutating func write(_ number: UInt32) {
    write(UInt64(number))
  }

  @inline(__always)
  mutating func write(_ number: Int) {
    write(UInt64(max(number, 0)))
  }

  @inline(__always)
  mutating func write(_ number: UInt64) {
    let target = room(for: 20)
    if number < 10 {
      target.pointee = 0x30 | UInt8(truncatingIfNeeded: number)
      count += 1
    } else {
      count += Self.store(number, at: target)
    }
  }

  /// Stores the decimal digits and answers how many they are, at most 20.
  private static func store(_ number: UInt64, at target: UnsafeMutablePointer<UInt8>) -> Int {
    var digits = 1
    var power: UInt64 = 10
    while number >= power {
      digits += 1
      let (next, overflow) = power.multipliedReportingOverflow(by: 10)
      if overflow { break }
      power = next
    }
    var rest = number
    var index = digits
    while index > 0 {
      index -= 1
      let quotient = rest / 10
      target[index] = 0x30 | UInt8(truncatingIfNeeded: rest &- quotient &* 10)
      rest = quotient
    }
    return digits
  }

  /// A JSON string (RFC 8259) with the escapes that LLVM's writer chooses, quotes included.
  mutating func write(json text: String) {
    let isPlain = text.utf8.allSatisfy {
      $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 != 0xee
    }
    write(byte: UInt8(ascii: "\""))
    if isPlain {
      write(text)
    } else {
      for byte in text.repairedName.utf8 { write(escaped: byte) }
    }
    write(byte: UInt8(ascii: "\""))
  }

  private mutating func write(escaped byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      write(byte: UInt8(ascii: "\\"))
      write(byte: byte)
    case 0x09: write("\\t")
    case 0x0a: write("\\n")
    case 0x0d: write("\\r")
    case 0..<0x20:
      write("\\u00")
      write(byte: 0x30 + byte >> 4)
      write(byte: byte & 15 < 10 ? 0x30 + byte & 15 : 0x57 + byte & 15)
    default: write(byte: byte)
    }
  }
}
