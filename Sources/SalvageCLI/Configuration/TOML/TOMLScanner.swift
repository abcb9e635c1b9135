/// The signs of a TOML document: white space, keys, strings and words.
struct TOMLScanner {
  private let signs: [Unicode.Scalar]
  private var at = 0
  private var line = 1
  private var lineStart = 0

  init(_ text: String) {
    signs = Array(text.unicodeScalars)
    if signs.first == "\u{feff}" { at = 1 }
  }

  var place: TOMLPlace { TOMLPlace(line: line, column: at - lineStart + 1) }

  func error(_ message: String) -> TOMLError { TOMLError(place: place, message: message) }

  var peek: Unicode.Scalar? { look(0) }

  private func look(_ offset: Int) -> Unicode.Scalar? {
    at + offset < signs.count ? signs[at + offset] : nil
  }

  mutating func advance() {
    guard at < signs.count else { return }
    if signs[at] == "\n" {
      line += 1
      lineStart = at + 1
    }
    at += 1
  }

  mutating func skip(_ sign: Unicode.Scalar) -> Bool {
    guard peek == sign else { return false }
    advance()
    return true
  }

  mutating func skipSpaces() {
    while peek == " " || peek == "\t" { advance() }
  }

  mutating func expect(_ sign: Unicode.Scalar) throws(TOMLError) {
    skipSpaces()
    guard skip(sign) else { throw error("`\(sign)` is expected here") }
  }

  /// Spaces, comments and line ends.
  mutating func skipBlank() throws(TOMLError) {
    while true {
      skipSpaces()
      try skipComment()
      guard try skipLineEnd() else { return }
    }
  }

  /// What may stand behind a value or a header: nothing but a comment.
  mutating func endLine() throws(TOMLError) {
    skipSpaces()
    try skipComment()
    guard try skipLineEnd() || peek == nil else { throw error("the line should end here") }
  }

  private mutating func skipComment() throws(TOMLError) {
    guard peek == "#" else { return }
    while let sign = peek, sign != "\n", !(sign == "\r" && look(1) == "\n") {
      try refuseControl(sign)
      advance()
    }
  }

  private mutating func skipLineEnd() throws(TOMLError) -> Bool {
    if peek == "\r" {
      guard look(1) == "\n" else { throw error("a carriage return without a line feed") }
      advance()
    }
    return skip("\n")
  }

  private func refuseControl(_ sign: Unicode.Scalar) throws(TOMLError) {
    if sign.value < 0x20 && sign != "\t" || sign.value == 0x7f {
      throw error("a control character")
    }
  }

  // MARK: Keys and words

  private static func isBare(_ sign: Unicode.Scalar) -> Bool {
    switch sign {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
    default: false
    }
  }

  mutating func readKeyPart() throws(TOMLError) -> String {
    if peek == "\"" || peek == "'" {
      if look(1) == peek && look(2) == peek { throw error("a key has one line") }
      return try readString()
    }
    var name = ""
    while let sign = peek, Self.isBare(sign) {
      name.unicodeScalars.append(sign)
      advance()
    }
    guard !name.isEmpty else { throw error("a key is expected here") }
    return name
  }

  /// `true`, a number: what stands without quotes.
  mutating func readWord() throws(TOMLError) -> TOMLValue.Content {
    let start = self
    var word = ""
    while let sign = peek, Self.isBare(sign) || "+.:".unicodeScalars.contains(sign) {
      word.unicodeScalars.append(sign)
      advance()
    }
    switch word {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "": throw start.error("a value is expected here")
    default: break
    }
    if let number = Self.integer(word) { return .integer(number) }
    if let number = Self.float(word) { return .float(number) }
    throw start.error("\(word): text stands in quotes, \"\(word)\"")
  }

  /// `_` stands between digits only.
  private static func digits(_ text: Substring, isDigit: (Character) -> Bool) -> String? {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }) else { return nil }
    return parts.joined()
  }

  private static func decimal(_ text: Substring) -> String? {
    digits(text) { $0.isASCII && $0.isNumber }
  }

  private static func integer(_ word: String) -> Int? {
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where word.hasPrefix(prefix) {
      guard let text = digits(word.dropFirst(2), isDigit: { Int(String($0), radix: radix) != nil })
      else { return nil }
      return Int(text, radix: radix)
    }
    let sign = word.hasPrefix("-") ? "-" : ""
    let body = word.hasPrefix("-") || word.hasPrefix("+") ? word.dropFirst() : word[...]
    guard let text = decimal(body), text == "0" || !text.hasPrefix("0") else { return nil }
    return Int(sign + text)
  }

  private static func float(_ word: String) -> String? {
    var body = word[...]
    var sign = ""
    if let first = body.first, first == "-" || first == "+" {
      sign = first == "-" ? "-" : ""
      body = body.dropFirst()
    }
    if body == "inf" || body == "nan" { return sign + body }
    var exponent = ""
    if let mark = body.firstIndex(where: { $0 == "e" || $0 == "E" }) {
      var power = body[body.index(after: mark)...]
      var powerSign = ""
      if let first = power.first, first == "-" || first == "+" {
        powerSign = String(first)
        power = power.dropFirst()
      }
      guard let digits = decimal(power) else { return nil }
      exponent = "e" + powerSign + digits
      body = body[..<mark]
    }
    let parts = body.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.count == 2 || !exponent.isEmpty,
      let whole = decimal(parts[0]), whole == "0" || !whole.hasPrefix("0")
    else { return nil }
    guard parts.count == 2 else { return sign + whole + exponent }
    guard let fraction = decimal(parts[1]) else { return nil }
    return sign + whole + "." + fraction + exponent
  }

  // MARK: Strings

  mutating func readString() throws(TOMLError) -> String {
    let start = self
    guard let quote = peek else { throw error("a string is expected here") }
    advance()
    let isLong = peek == quote && look(1) == quote
    if !isLong && peek == quote {
      advance()
      return ""
    }
    if isLong {
      advance()
      advance()
      if peek == "\r" && look(1) == "\n" { advance() }
      _ = skip("\n")
    }
    var text = String.UnicodeScalarView()
    while let sign = peek {
      if sign == quote {
        if !isLong {
          advance()
          return String(text)
        }
        if endsLong(quote, &text) { return String(text) }
        continue
      }
      if sign == "\\" && quote == "\"" {
        try readEscape(isLong: isLong, &text)
        continue
      }
      if isLong && (sign == "\n" || sign == "\r" && look(1) == "\n") {
        if sign == "\r" { advance() }
        text.append("\n")
        advance()
        continue
      }
      if sign == "\n" { break }
      try refuseControl(sign)
      text.append(sign)
      advance()
    }
    throw start.error("this string does not end")
  }

  /// Three quotes end it; one or two more before them belong to the text.
  private mutating func endsLong(
    _ quote: Unicode.Scalar, _ text: inout String.UnicodeScalarView
  ) -> Bool {
    var count = 0
    while look(count) == quote && count < 5 { count += 1 }
    for _ in 0..<count { advance() }
    let rest = count < 3 ? count : count - 3
    text.append(contentsOf: [Unicode.Scalar](repeating: quote, count: rest))
    return count >= 3
  }

  private mutating func readEscape(
    isLong: Bool, _ text: inout String.UnicodeScalarView
  ) throws(TOMLError) {
    let start = self
    advance()
    guard let sign = peek else { throw start.error("this string does not end") }
    switch sign {
    case "b": text.append("\u{8}")
    case "t": text.append("\t")
    case "n": text.append("\n")
    case "f": text.append("\u{c}")
    case "r": text.append("\r")
    case "\"", "\\": text.append(sign)
    case "u", "U":
      advance()
      text.append(try readScalar(digits: sign == "u" ? 4 : 8, start))
      return
    case " ", "\t", "\n", "\r":
      guard isLong else { throw start.error("a backslash with nothing behind it") }
      try skipFoldedLine(start)
      return
    default: throw start.error("\\\(sign) is no escape; '…' takes a backslash as it is")
    }
    advance()
  }

  /// A backslash at the end of a line: neither the line end nor the white space behind it is text.
  private mutating func skipFoldedLine(_ start: TOMLScanner) throws(TOMLError) {
    skipSpaces()
    guard try skipLineEnd() else { throw start.error("a backslash with nothing behind it") }
    repeat { skipSpaces() } while try skipLineEnd()
  }

  private mutating func readScalar(
    digits: Int, _ start: TOMLScanner
  ) throws(TOMLError) -> Unicode.Scalar {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let sign = peek, let digit = Character(sign).hexDigitValue, sign.isASCII else {
        throw start.error("\(digits) hexadecimal digits are expected here")
      }
      value = value << 4 | UInt32(digit)
      advance()
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw start.error("there is no such character")
    }
    return scalar
  }
}
