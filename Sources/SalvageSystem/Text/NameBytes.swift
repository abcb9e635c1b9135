import Glibc
package import SystemPackage

// File names are bytes, and `String` holds Unicode. A byte that is no UTF-8 is kept as a character of
// a private area, U+EF80 to U+EFFF for 0x80 to 0xFF, as OPTU-8 of MirBSD has it (Python's surrogates
// serve the same, but a Swift string cannot hold them). So two names stay two, and a format that takes
// bytes gets the very ones. Nothing else is a foreign byte: a name that has one of these characters
// itself keeps it as its three bytes.

extension String {
  /// A file's name from its bytes, none of which is lost.
  @inlinable
  package init(name bytes: some Collection<UInt8>) {
    if let text = String(validating: bytes, as: UTF8.self), !text.hasForeignBytes {
      self = text
      return
    }
    var scalars = String.UnicodeScalarView()
    var rest = bytes[...]
    while let first = rest.first {
      let (length, scalar) = Self.scalar(at: rest)
      if let scalar, foreignByte(scalar) == nil {
        scalars.append(scalar)
        rest = rest.dropFirst(length)
      } else {
        scalars.append(Unicode.Scalar(0xef00 + UInt32(first)) ?? "\u{fffd}")
        rest = rest.dropFirst()
      }
    }
    self = String(scalars)
  }

  @inlinable
  static func scalar(
    at bytes: some Collection<UInt8>
  ) -> (length: Int, scalar: Unicode.Scalar?) {
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    guard case .valid(let units) = parser.parseScalar(from: &iterator) else { return (1, nil) }
    return (units.count, Unicode.UTF8.decode(units))
  }

  /// The bytes that ``init(name:)`` was given.
  package var nameBytes: [UInt8] {
    guard hasForeignBytes else { return Array(utf8) }
    var bytes: [UInt8] = []
    for scalar in unicodeScalars {
      if let byte = foreignByte(scalar) {
        bytes.append(byte)
      } else {
        bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      }
    }
    return bytes
  }

  /// True where a format of Unicode text has no way to write the name.
  @inlinable
  package var hasForeignBytes: Bool {
    // U+EF80 to U+EFFF are EE BE 80 to EE BF BF in UTF-8.
    utf8.contains(0xee) && unicodeScalars.contains { foreignByte($0) != nil }
  }
}

extension String {
  /// For formats of Unicode text: a byte that is no UTF-8 becomes U+FFFD.
  package var repairedName: String {
    guard hasForeignBytes else { return self }
    return String(
      String.UnicodeScalarView(unicodeScalars.map { foreignByte($0) == nil ? $0 : "\u{fffd}" }))
  }
}

extension FilePath {
  /// The path of a file whose name ``Swift/String/init(name:)`` made.
  package init(name: String) {
    guard name.hasForeignBytes else {
      self.init(name)
      return
    }
    let bytes = name.nameBytes.map(CChar.init(bitPattern:)) + [0]
    self = bytes.withUnsafeBufferPointer {
      $0.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
    }
  }
}

extension FilePath {
  /// As ``Swift/String/init(name:)`` makes it; `string` repairs what is no UTF-8.
  package var name: String {
    withPlatformString { String(name: UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
  }
}

/// The byte that a character of the private area stands for.
@inlinable
func foreignByte(_ scalar: Unicode.Scalar) -> UInt8? {
  (0xef80...0xefff).contains(scalar.value) ? UInt8(truncatingIfNeeded: scalar.value) : nil
}
