/// The first words of a statement, as far as they tell what code it has.
struct PythonWords {
  private let text: ArraySlice<UInt8>

  /// - Parameter statement: its bytes, from its first sign on.
  init(_ statement: ArraySlice<UInt8>) { text = statement }

  private static func isName(_ byte: UInt8) -> Bool {
    byte >= 0x80 || byte == 0x5f || (0x30...0x39).contains(byte)
      || (0x61...0x7a).contains(byte | 0x20)
  }

  private func word(_ rest: ArraySlice<UInt8>) -> Substring {
    Substring(decoding: rest.prefix(while: Self.isName), as: UTF8.self)
  }

  private func skippingSpace(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    rest.drop { [0x20, 9, 12, 10, UInt8(ascii: "\\")].contains($0) }
  }

  private func afterWord(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    skippingSpace(rest.drop(while: Self.isName))
  }

  private var first: Substring { word(text) }

  /// What follows `async`, else all.
  private var head: ArraySlice<UInt8> {
    first == "async" ? afterWord(text) : text
  }

  var isClass: Bool { first == "class" }

  /// The name that `def` or `class` gives.
  var definition: String? {
    let head = head
    guard ["def", "class"].contains(word(head)) else { return nil }
    let name = word(afterWord(head))
    return name.isEmpty ? nil : String(name)
  }

  /// `else:`, `finally:`, `global` and `nonlocal`.
  var isWithoutCode: Bool {
    switch first {
    case "else", "finally":
      text.dropFirst(first.utf8.count).first { $0 != 0x20 && $0 != 9 } == UInt8(ascii: ":")
        && isOnlyHead
    case "global", "nonlocal": true
    default: false
    }
  }

  /// Nothing but a comment behind the colon.
  private var isOnlyHead: Bool {
    let rest = skippingSpace(afterWord(text).dropFirst())
    return rest.isEmpty || rest.first == UInt8(ascii: "#")
  }

  /// What stands behind it in its block is never reached.
  var leaves: Bool { ["return", "raise", "continue", "break"].contains(first) }

  /// `elif` and `else`.
  var isAlternative: Bool { first == "elif" || first == "else" }

  /// `for` and `while`.
  var isLoop: Bool { word(head) == "for" || first == "while" }

  /// It ends with a `break`: alone, or behind a test.
  var breaks: Bool { text.reversed().starts(with: "break".utf8.reversed()) }

  /// Whether the test of an `if`, `elif` or `while` is always true or always false; nil where it is neither.
  var test: Bool? { constantTest?.value }

  /// Such a test, and no statement or only `pass` behind its colon.
  var isBareTest: Bool {
    guard let rest = constantTest?.rest else { return false }
    return rest.isEmpty || word(rest) == "pass"
  }

  private var constantTest: (value: Bool, rest: ArraySlice<UInt8>)? {
    guard ["if", "elif", "while"].contains(first) else { return nil }
    var rest = afterWord(text)
    let isNegated = word(rest) == "not"
    if isNegated { rest = afterWord(rest) }
    guard let (value, size) = Self.constant(rest) else { return nil }
    rest = skippingSpace(rest.dropFirst(size))
    guard rest.first == UInt8(ascii: ":") else { return nil }
    return (value != isNegated, skippingSpace(rest.dropFirst()))
  }

  /// Whether what a text begins with is true or false, and how many bytes it has; nil where it is no constant.
  private static func constant(_ text: ArraySlice<UInt8>) -> (Bool, Int)? {
    if text.starts(with: "...".utf8) { return (true, 3) }
    if let quote = text.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
      let end = endOfString(text, quote)
    {
      let size = end - text.startIndex
      return (size > 2 && text.prefix(size).contains { $0 != quote }, size)
    }
    let size = text.prefix(while: isName).count
    return truth(Substring(decoding: text.prefix(size), as: UTF8.self)).map { ($0, size) }
  }

  /// Of a word that is a constant.
  private static func truth(_ word: Substring) -> Bool? {
    switch word {
    case "True", "__debug__": true
    case "False", "None": false
    default: word.isEmpty ? nil : Int(word).map { $0 != 0 }
    }
  }

  /// A constant and nothing else: text, a number, `...`, or a word like `None`.
  var isConstant: Bool {
    let rest = text.first == UInt8(ascii: "-") ? skippingSpace(text.dropFirst()) : text
    let ellipsis = text.starts(with: "...".utf8) ? 3 : 0
    // A number has a dot, at most.
    let size =
      ellipsis > 0 ? ellipsis : rest.prefix { Self.isName($0) || $0 == UInt8(ascii: ".") }.count
    let sign = rest.prefix(size)
    let end = skippingSpace(rest.dropFirst(size)).first
    guard size > 0, end == nil || end == UInt8(ascii: "#") || end == UInt8(ascii: ";") else {
      return isStrings(["", "r", "u", "b", "br", "rb"])
    }
    return ellipsis > 0 || Self.truth(word(sign)) != nil || (0x30...0x39).contains(sign.first ?? 0)
  }

  /// Strings alone, which are not formatted and not bytes.
  var isText: Bool { isStrings(["", "r", "u"]) }

  private func isStrings(_ prefixes: [String]) -> Bool {
    var rest = text
    var count = 0
    while true {
      rest = skippingSpace(rest)
      guard !rest.isEmpty, rest.first != UInt8(ascii: "#") else { return count > 0 }
      let prefix = word(rest).lowercased()
      guard prefixes.contains(prefix) else { return false }
      rest = rest.dropFirst(prefix.utf8.count)
      guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
        let end = Self.endOfString(rest, quote)
      else { return false }
      rest = rest[end...]
      count += 1
    }
  }

  private static func endOfString(_ text: ArraySlice<UInt8>, _ quote: UInt8) -> Int? {
    let isTriple = text.count > 2 && text.prefix(3).allSatisfy { $0 == quote }
    var at = text.startIndex + (isTriple ? 3 : 1)
    while at < text.endIndex {
      if text[at] == UInt8(ascii: "\\") {
        at += 2
        continue
      }
      let closing = text[at...].prefix(isTriple ? 3 : 1)
      if closing.count == (isTriple ? 3 : 1), closing.allSatisfy({ $0 == quote }) {
        return at + closing.count
      }
      at += 1
    }
    return nil
  }

  /// `name: type`, without a value.
  var isBareAnnotation: Bool {
    guard !first.isEmpty, first.first?.isNumber != true else { return false }
    let rest = afterWord(text)
    guard rest.first == UInt8(ascii: ":"),
      !["else", "except", "finally", "lambda", "try"].contains(first)
    else { return false }
    var depth = 0
    var quote: UInt8?
    for byte in rest.dropFirst() {
      if let open = quote {
        if byte == open { quote = nil }
        continue
      }
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): quote = byte
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      case UInt8(ascii: "#") where depth == 0: return true
      case UInt8(ascii: "=") where depth == 0: return false
      default: break
      }
    }
    return true
  }
}
