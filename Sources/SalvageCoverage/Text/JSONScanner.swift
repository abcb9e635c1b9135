import SalvageRecord
import SalvageSystem

/// The few steps of RFC 8259 that reading a known JSON document takes.
extension ByteScanner {
  @inline(__always)
  mutating func skipSpace() {
    while true {
      switch peek {
      case 0x20, 0x0a, 0x0d, 0x09: advance()
      default: return
      }
    }
  }

  /// Reads an object; `member` is called with each key and must take the value.
  mutating func object(
    _ member: (inout ByteScanner, String) throws(FormatError) -> Void
  ) throws(FormatError) {
    skipSpace()
    try expect(UInt8(ascii: "{"))
    skipSpace()
    if accept(UInt8(ascii: "}")) { return }
    while true {
      skipSpace()
      let key = try string()
      skipSpace()
      try expect(UInt8(ascii: ":"))
      skipSpace()
      try member(&self, key)
      skipSpace()
      if accept(UInt8(ascii: ",")) { continue }
      try expect(UInt8(ascii: "}"))
      return
    }
  }

  /// Reads an array; `element` must take one value.
  @inline(__always)
  mutating func array(
    _ element: (inout ByteScanner) throws(FormatError) -> Void
  ) throws(FormatError) {
    skipSpace()
    try expect(UInt8(ascii: "["))
    skipSpace()
    if accept(UInt8(ascii: "]")) { return }
    while true {
      skipSpace()
      try element(&self)
      skipSpace()
      if accept(UInt8(ascii: ",")) { continue }
      try expect(UInt8(ascii: "]"))
      return
    }
  }

  /// A comma and a number.
  @inline(__always)
  mutating func nextNumber() throws(FormatError) -> UInt64 {
    try expect(UInt8(ascii: ","))
    skipSpace()
    return try number()
  }

  @inline(__always)
  mutating func nextNumber32() throws(FormatError) -> UInt32 {
    try expect(UInt8(ascii: ","))
    skipSpace()
    return try number32()
  }

  mutating func boolean() throws(FormatError) -> Bool {
    if accept("true") { return true }
    if accept("false") { return false }
    throw failure("true or false")
  }

  mutating func string() throws(FormatError) -> String {
    try expect(UInt8(ascii: "\""))
    let start = position
    while !isAtEnd {
      switch peek {
      case UInt8(ascii: "\""):
        let range = start..<position
        advance()
        return text(range)
      case UInt8(ascii: "\\"):
        return try escapedString(from: start)
      default:
        advance()
      }
    }
    throw failure("the end of the string")
  }

  /// The slow path: a string with at least one backslash, whose plain beginning starts at `start`.
  private mutating func escapedString(from start: Int) throws(FormatError) -> String {
    var bytes = Array(slice(start..<position))
    while !isAtEnd {
      let byte = peek
      advance()
      if byte == UInt8(ascii: "\"") { return String(name: bytes) }
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      let escape = peek
      advance()
      switch escape {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(escape)
      case UInt8(ascii: "b"): bytes.append(0x08)
      case UInt8(ascii: "f"): bytes.append(0x0c)
      case UInt8(ascii: "n"): bytes.append(0x0a)
      case UInt8(ascii: "r"): bytes.append(0x0d)
      case UInt8(ascii: "t"): bytes.append(0x09)
      case UInt8(ascii: "u"):
        let scalar = try unicodeEscape()
        bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
      default: throw failure("an escape")
      }
    }
    throw failure("the end of the string")
  }

  /// The four digits behind `\u`, and the second half of a surrogate pair.
  private mutating func unicodeEscape() throws(FormatError) -> UnicodeScalar {
    let unit = try hexUnit()
    if let scalar = UnicodeScalar(unit) { return scalar }
    guard unit < 0xdc00, accept("\\u") else { throw failure("a pair of surrogates") }
    let low = try hexUnit()
    guard (0xdc00..<0xe000).contains(low),
      let scalar = UnicodeScalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
    else { throw failure("a pair of surrogates") }
    return scalar
  }

  private mutating func hexUnit() throws(FormatError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(UnicodeScalar(peek)).hexDigitValue else {
        throw failure("a hexadecimal digit")
      }
      value = value << 4 + UInt32(digit)
      advance()
    }
    return value
  }

  /// Takes a value of any kind, for keys that we do not know. Nested values are counted, not
  /// recursed into: depth is the input's choice, our stack is not.
  mutating func skipValue() throws(FormatError) {
    var depth = 0
    repeat {
      skipSpace()
      switch peek {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        advance()
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard depth > 0 else { throw failure("a value") }
        depth -= 1
        advance()
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        guard depth > 0 else { throw failure("a value") }
        advance()
      case UInt8(ascii: "\""):
        _ = try string()
      default:
        try skipWord()
      }
    } while depth > 0
  }

  private mutating func skipWord() throws(FormatError) {
    let start = position
    while true {
      switch peek {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        advance()
      default:
        guard position > start else { throw failure("a value") }
        return
      }
    }
  }
}
