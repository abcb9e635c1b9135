/// `text` as a terminal may get it: nothing in it controls the terminal or changes the direction of
/// writing, and it stays on its line.
///
/// Names, arguments and messages come from the outside and may hold anything. This is the one place
/// that makes them harmless: what the command prints for people goes through it, whole
/// (`keepingLines`), and a name that goes into a line or a row goes through it before. Tab, line ends
/// and other control characters are shown as `\t`, `\n`, `\x1b`, `\u{9b}`; bytes that are no UTF-8, as
/// ``Swift/String/init(name:)`` keeps them, as `\xff`.
package func terminalText(_ text: String, keepingLines: Bool = false) -> String {
  var text = text
  let isPlain = text.withUTF8 { bytes in
    bytes.allSatisfy { (0x20..<0x7f).contains($0) || (keepingLines && $0 == 0x0a) }
  }
  if isPlain { return text }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if keepingLines && scalar == "\n" {
      result.append(scalar)
    } else if let shown = escape(scalar) {
      result.append(contentsOf: shown.unicodeScalars)
    } else {
      result.append(scalar)
    }
  }
  return String(result)
}

/// What is shown instead; nil for what is shown as it is.
private func escape(_ scalar: Unicode.Scalar) -> String? {
  switch scalar.value {
  case 0x09: return #"\t"#
  case 0x0a: return #"\n"#
  case 0x0d: return #"\r"#
  case 0..<0x20, 0x7f: return #"\x"# + hex(UInt64(scalar.value), digits: 2)
  // C1, which terminals take for ESC and a letter; marks and overrides of the direction of writing
  // (UAX #9, 2); line and paragraph separators.
  case 0x80..<0xa0, 0x61c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069:
    return #"\u{"# + String(scalar.value, radix: 16) + "}"
  default:
    return foreignByte(scalar).map { #"\x"# + hex(UInt64($0), digits: 2) }
  }
}
