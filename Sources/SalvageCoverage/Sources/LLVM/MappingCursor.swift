/// Why a part of a coverage mapping was not read.
enum MappingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// It ends in the middle of a number, a list or a name.
  case truncated
  /// A number that cannot be: the words say which.
  case invalid(String)
  /// More than any compiler writes; reading it would cost more than the program is worth.
  case tooLarge(String)
  /// zlib does not unpack it.
  case packed(Int32)

  var description: String {
    switch self {
    case .truncated: "it is cut off"
    case .invalid(let what): what
    case .tooLarge(let what): "\(what) is too large"
    case .packed(let code): "zlib does not unpack it (\(code))"
    }
  }
}

/// Reads the numbers of a coverage mapping, of which nearly all have one byte.
///
/// Nothing is read behind the end. A number that is not there is 0 and sets ``isDamaged``, which is asked
/// once for many numbers: a throwing call for each would cost more than the reading.
struct MappingCursor {
  private let base: UnsafePointer<UInt8>
  private(set) var position: Int
  let end: Int
  private(set) var isDamaged = false

  /// `bytes` must outlive the cursor; `range` must be inside of it.
  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    let range = range.clamped(to: 0..<bytes.count)
    base =
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      ?? UnsafePointer(bitPattern: MemoryLayout<UInt64>.alignment)!
    position = range.lowerBound
    end = range.upperBound
  }

  var left: Int { end - position }
  var isAtEnd: Bool { position >= end }

  /// A number in LEB128.
  @inline(__always)
  mutating func number() -> UInt64 {
    if position < end {
      let byte = base[position]
      if byte < 0x80 {
        position += 1
        return UInt64(byte)
      }
    }
    return longNumber()
  }

  private mutating func longNumber() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = base[position]
      position += 1
      let bits = UInt64(byte & 0x7f)
      if shift > 63 || shift == 63 && bits > 1 {
        if bits != 0 { isDamaged = true }
      } else {
        value |= bits << shift
      }
      if byte < 0x80 { return value }
      shift += 7
    }
    isDamaged = true
    return 0
  }

  /// A number of 32 bits.
  @inline(__always)
  mutating func number32() -> UInt32 {
    let value = number()
    if value > UInt64(UInt32.max) { isDamaged = true }
    return UInt32(truncatingIfNeeded: value)
  }

  /// How many elements follow, each of which has at least so many bytes: a count that the rest cannot hold
  /// is damage, and must not become an allocation.
  @inline(__always)
  mutating func count(ofAtLeast bytes: Int) -> Int {
    let value = number()
    if value > UInt64(left / bytes) {
      isDamaged = true
      return 0
    }
    return Int(truncatingIfNeeded: value)
  }

  /// The place of the next bytes; empty where they are not there.
  mutating func bytes(_ count: UInt64) -> Range<Int> {
    guard count <= UInt64(left) else {
      isDamaged = true
      return position..<position
    }
    let start = position
    position += Int(count)
    return start..<position
  }

  func check() throws(MappingError) {
    if isDamaged { throw .truncated }
  }
}

extension [UInt8] {
  /// `withUnsafeBytes` with a typed error.
  func withBytes<Answer, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    try withUnsafeBufferPointer { (bytes) throws(Failure) -> Answer in
      try body(UnsafeRawBufferPointer(bytes))
    }
  }
}

extension UnsafeRawBufferPointer {
  func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[range])
  }

  /// A little-endian number; the caller has checked that it is inside.
  @inline(__always)
  func little<T: FixedWidthInteger>(_ offset: Int, as type: T.Type = T.self) -> T {
    T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
  }
}
