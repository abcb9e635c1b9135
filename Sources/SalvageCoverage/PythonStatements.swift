/// The logical lines of a Python source: enough of its grammar to tell where a statement begins and
/// ends, how deep it is indented, and whether a block follows.
struct PythonStatements {
  struct Statement: Sendable, Hashable {
    /// Physical lines, from 1.
    var lines: ClosedRange<Int>
    /// Columns; a tab goes to the next multiple of eight.
    var indent: Int
    /// Its last sign is a colon: its block is on the lines that follow.
    var opensBlock: Bool
    var isDecorator: Bool
  }

  private(set) var statements: [Statement] = []

  private let text: [UInt8]
  private var at = 0
  private var line = 1

  init(_ text: [UInt8]) {
    self.text = text
    while at < text.count { readStatement() }
  }

  private func byte(_ offset: Int = 0) -> UInt8 {
    at + offset < text.count ? text[at + offset] : 0
  }

  private mutating func advance() {
    if byte() == 10 { line += 1 }
    at += 1
  }

  /// From the beginning of a physical line to the end of the logical one.
  private mutating func readStatement() {
    var indent = 0
    while [0x20, 9, 12].contains(byte()), at < text.count {
      indent = byte() == 9 ? (indent / 8 + 1) * 8 : byte() == 12 ? 0 : indent + 1
      at += 1
    }
    let first = line
    let isDecorator = byte() == UInt8(ascii: "@")
    var depth = 0
    var last: UInt8 = 0
    var lastLine = line
    while at < text.count {
      let c = byte()
      switch c {
      case 10 where depth == 0:
        advance()
        if last != 0 { append(first...lastLine, indent, last, isDecorator) }
        return
      case UInt8(ascii: "#"):
        while at < text.count, byte() != 10 { at += 1 }
        continue
      case UInt8(ascii: "\\"):
        at += 1
        if byte() == 13 { at += 1 }
        if at < text.count { advance() }
        continue
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        readString(c)
        last = c
        lastLine = line
        continue
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
      default: break
      }
      if c > 0x20 {
        last = c
        lastLine = line
      }
      advance()
    }
    if last != 0 { append(first...lastLine, indent, last, isDecorator) }
  }

  private mutating func append(
    _ lines: ClosedRange<Int>, _ indent: Int, _ last: UInt8, _ isDecorator: Bool
  ) {
    statements.append(
      Statement(
        lines: lines, indent: indent, opensBlock: last == UInt8(ascii: ":"),
        isDecorator: isDecorator))
  }

  /// A string of one or three quotes. A backslash hides the next sign, in raw strings too.
  private mutating func readString(_ quote: UInt8) {
    let isTriple = byte(1) == quote && byte(2) == quote
    at += isTriple ? 3 : 1
    while at < text.count {
      let c = byte()
      if c == UInt8(ascii: "\\") {
        at += 1
        if at < text.count { advance() }
      } else if c == quote && !isTriple {
        at += 1
        return
      } else if c == quote && byte(1) == quote && byte(2) == quote {
        at += 3
        return
      } else if c == 10 && !isTriple {
        return  // not closed: no Python
      } else {
        advance()
      }
    }
  }
}
