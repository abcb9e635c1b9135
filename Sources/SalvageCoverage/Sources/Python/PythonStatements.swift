/// The logical lines of a Python source: enough of its grammar to tell where a statement begins and
/// ends, how deep it is indented, and whether a block follows.
struct PythonStatements {
  struct Statement: Sendable, Hashable {
    /// Physical lines, from 1.
    var lines: ClosedRange<Int>
    /// Its bytes in the text, from its first sign on.
    var range: Range<Int>
    /// Columns; a tab goes to the next multiple of eight.
    var indent: Int
    /// Its last sign is a colon: its block is on the lines that follow.
    var opensBlock: Bool
    var isDecorator: Bool
  }

  private(set) var statements: [Statement] = []

  private var scanner: PythonScanner

  /// - Parameters:
  ///   - text: that of ``PythonText``.
  ///   - minor: 12 for the grammar of CPython 3.12, which has code in the place of text in f-strings.
  init(_ text: [UInt8], minor: Int) {
    scanner = PythonScanner(text, nestsStrings: minor >= 12)
    while !scanner.isAtEnd { readStatement() }
  }

  /// From the beginning of a physical line to the end of the logical one.
  private mutating func readStatement() {
    var indent = 0
    while !scanner.isAtEnd, [0x20, 9, 12].contains(scanner.byte()) {
      let byte = scanner.byte()
      indent = byte == 9 ? (indent / 8 + 1) * 8 : byte == 12 ? 0 : indent + 1
      scanner.advance()
    }
    let (first, start) = (scanner.line, scanner.at)
    let isDecorator = scanner.byte() == UInt8(ascii: "@")
    var (last, lastLine, end): (UInt8, Int, Int) = (0, first, start)
    var depth = 0
    while !scanner.isAtEnd {
      let c = scanner.byte()
      if c == 10 && depth == 0 {
        scanner.advance()
        break
      }
      switch c {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
      default: break
      }
      if scanner.skip() { (last, lastLine, end) = (c, scanner.line, scanner.at) }
    }
    guard last != 0 else { return }
    statements.append(
      Statement(
        lines: first...lastLine, range: start..<end, indent: indent,
        opensBlock: last == UInt8(ascii: ":"), isDecorator: isDecorator))
  }
}

/// Goes over the text of a Python source, in steps that are as large as a string.
private struct PythonScanner {
  private(set) var at = 0
  private(set) var line = 1

  private let text: [UInt8]
  private let nestsStrings: Bool
  private var level = 0

  /// CPython allows 150 strings in strings.
  private static let levels = 200

  init(_ text: [UInt8], nestsStrings: Bool) {
    self.text = text
    self.nestsStrings = nestsStrings
  }

  var isAtEnd: Bool { at >= text.count }

  func byte(_ offset: Int = 0) -> UInt8 {
    at + offset < text.count ? text[at + offset] : 0
  }

  mutating func advance(_ count: Int = 1) {
    for _ in 0..<count where at < text.count {
      if text[at] == 10 { line += 1 }
      at += 1
    }
  }

  /// A sign, a string, a comment, or a joined line end. True where that is something of a statement.
  mutating func skip() -> Bool {
    let c = byte()
    switch c {
    case UInt8(ascii: "#"):
      while !isAtEnd, byte() != 10 { at += 1 }
      return false
    case UInt8(ascii: "\\"):
      advance(2)
      return false
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      skipString(c)
      return true
    default:
      advance()
      return c > 0x20
    }
  }

  private struct Quotes {
    var sign: UInt8
    var isTriple: Bool
    var isRaw: Bool
  }

  private mutating func skipString(_ sign: UInt8) {
    let prefix = prefix
    let quotes = Quotes(
      sign: sign, isTriple: byte(1) == sign && byte(2) == sign, isRaw: prefix.contains(0x72))
    at += quotes.isTriple ? 3 : 1
    // `f` and `t`, of 3.14.
    if nestsStrings && level < Self.levels && (prefix.contains(0x66) || prefix.contains(0x74)) {
      level += 1
      skipFormat(quotes)
      level -= 1
    } else {
      skipText(quotes)
    }
  }

  /// The letters before a string's quote, in lower case; none where they are of a longer word.
  private var prefix: [UInt8] {
    let word = text[..<at].suffix(3).reversed().prefix { byte in
      byte >= 0x80 || byte == 0x5f || (0x30...0x39).contains(byte)
        || (0x61...0x7a).contains(byte | 0x20)
    }
    let letters = word.map { $0 | 0x20 }
    return word.count < 3 && letters.allSatisfy("bfrtu".utf8.contains) ? letters : []
  }

  /// True at the quotes that end the string, which are then skipped.
  private mutating func ends(_ quotes: Quotes) -> Bool {
    guard byte() == quotes.sign else { return false }
    guard quotes.isTriple else {
      at += 1
      return true
    }
    guard byte(1) == quotes.sign && byte(2) == quotes.sign else { return false }
    at += 3
    return true
  }

  /// A backslash hides the next sign, in raw strings too.
  private mutating func skipText(_ quotes: Quotes) {
    while !isAtEnd, !ends(quotes) {
      let c = byte()
      if c == 10 && !quotes.isTriple { return }  // not closed: no Python
      advance(c == UInt8(ascii: "\\") ? 2 : 1)
    }
  }

  /// A string with code in braces.
  private mutating func skipFormat(_ quotes: Quotes) {
    while !isAtEnd, !ends(quotes) {
      let c = byte()
      if c == 10 && !quotes.isTriple { return }
      if c == UInt8(ascii: "\\") {
        skipBackslash(quotes)
      } else if c == UInt8(ascii: "{") && byte(1) != c {
        skipField(quotes)
      } else {
        advance(c == UInt8(ascii: "{") ? 2 : 1)
      }
    }
  }

  /// Before a brace it hides nothing; `\N{name}` is a character.
  private mutating func skipBackslash(_ quotes: Quotes) {
    if !quotes.isRaw && byte(1) == UInt8(ascii: "N") && byte(2) == UInt8(ascii: "{") {
      while !isAtEnd, byte() != UInt8(ascii: "}"), byte() != quotes.sign, byte() != 10 { at += 1 }
      return
    }
    let isBrace = byte(1) == UInt8(ascii: "{") || byte(1) == UInt8(ascii: "}")
    advance(isBrace ? 1 : 2)
  }

  /// Code from a brace to the one that closes it, with the format behind a colon.
  private mutating func skipField(_ quotes: Quotes) {
    var depth = 0
    while !isAtEnd {
      let c = byte()
      switch c {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: ":") where depth == 1:
        at += 1
        skipSpecification(quotes)
        continue
      default: break
      }
      _ = skip()
      if depth <= 0 { return }
    }
  }

  /// Up to the brace that closes the field, which is left; or to what ends the string or its line.
  private mutating func skipSpecification(_ quotes: Quotes) {
    while !isAtEnd, byte() != UInt8(ascii: "}") {
      let c = byte()
      if c == 10 && !quotes.isTriple { return }
      if c == quotes.sign && (!quotes.isTriple || (byte(1) == c && byte(2) == c)) { return }
      if c == UInt8(ascii: "{") && level < Self.levels {
        level += 1
        skipField(quotes)
        level -= 1
      } else if c == UInt8(ascii: "\\") {
        skipBackslash(quotes)
      } else {
        advance()
      }
    }
  }
}
