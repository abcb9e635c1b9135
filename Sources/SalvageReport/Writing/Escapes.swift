import SalvageRecord
import SalvageSystem

// How names of programs, files and functions become data of each format, and nothing else: they come
// from the outside and may hold anything.

extension ByteWriter {
  /// One line of a format of bytes that has no escapes (lcov): line ends become `\n` and `\r` in letters.
  mutating func write(oneLine text: String) {
    let bytes = text.utf8
    guard bytes.contains(where: { $0 == 0x0a || $0 == 0x0d || $0 == 0xee }) else {
      return write(text)
    }
    for byte in text.nameBytes {
      switch byte {
      case 0x0a: write("\\n")
      case 0x0d: write("\\r")
      default: write(byte: byte)
      }
    }
  }

  /// The value of an attribute, or text, of XML 1.0 or HTML. What XML has no form for becomes U+FFFD.
  mutating func write(xml text: String) {
    if text.utf8.allSatisfy(Self.isPlainMarkup) { return write(text) }
    for scalar in text.repairedName.unicodeScalars {
      switch scalar.value {
      case 0x26: write("&amp;")
      case 0x3c: write("&lt;")
      case 0x3e: write("&gt;")
      case 0x22: write("&quot;")
      case 0x27: write("&#39;")
      case 0x09: write("&#9;")
      case 0x0a: write("&#10;")
      case 0x0d: write("&#13;")
      case 0..<0x20, 0x7f..<0xa0, 0xfffe, 0xffff: write("\u{fffd}")
      default: write(scalar)
      }
    }
  }

  private static func isPlainMarkup(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x26, 0x3c, 0x3e, 0x22, 0x27: false
    case 0x20..<0x7f: true
    default: false
    }
  }

  mutating func write(_ scalar: Unicode.Scalar) {
    for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { write(byte: byte) }
  }

  /// A field of CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe
  /// before it, as OWASP has it.
  mutating func write(csv text: String) {
    let first = text.utf8.first ?? 0
    let isFormula = "=+-@\t\r".utf8.contains(first)
    let needsQuotes = isFormula || text.utf8.contains { $0 < 0x20 || $0 == 0x22 || $0 == 0x2c }
    let text = text.repairedName
    guard needsQuotes else { return write(text) }
    write(byte: 0x22)
    if isFormula { write(byte: 0x27) }
    for byte in text.utf8 {
      if byte == 0x22 { write(byte: 0x22) }
      write(byte: byte)
    }
    write(byte: 0x22)
  }

  /// Text within a cell of a Markdown table, on one line.
  mutating func write(markdown text: String) {
    for scalar in terminalText(text).unicodeScalars {
      switch scalar.value {
      case 0x26: write("&amp;")
      case 0x3c: write("&lt;")
      case 0x3e: write("&gt;")
      // Punctuation that Markdown, or GitHub's own mentions and references, give a meaning to.
      case 0x5c, 0x60, 0x2a, 0x5f, 0x7b, 0x7d, 0x5b, 0x5d, 0x23, 0x21, 0x7c, 0x7e, 0x24:
        write(byte: 0x5c)
        write(scalar)
      case 0x40: write("&#64;")
      case 0x00..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: write("\u{fffd}")
      default: write(scalar)
      }
    }
  }

  /// The message of a workflow command of GitHub; `isProperty`: the value of one of its properties.
  mutating func write(command text: String, isProperty: Bool) {
    for scalar in text.repairedName.unicodeScalars {
      switch scalar.value {
      case 0x25: write("%25")
      case 0x0d: write("%0D")
      case 0x0a: write("%0A")
      case 0x3a where isProperty: write("%3A")
      case 0x2c where isProperty: write("%2C")
      case 0..<0x20, 0x7f..<0xa0: write("\u{fffd}")
      default: write(scalar)
      }
    }
  }

  /// Text for a terminal, on one line: no byte of it controls the terminal.
  mutating func write(terminal text: String) { write(terminalText(text)) }
}
