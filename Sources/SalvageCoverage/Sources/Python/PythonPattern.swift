/// The pattern of a `case`, as far as it can be told from its text whether it matches everything: a name or
/// `_`, alone or behind the last `|`, with or without `as`, and no `if`.
struct PythonPattern {
  private(set) var matchesAll = false

  /// Nil for another statement.
  init?(statement: ArraySlice<UInt8>) {
    let text = String(decoding: statement, as: UTF8.self)
    guard text.hasPrefix("case"), let next = text.dropFirst(4).first,
      next.isWhitespace || next == "(" || next == "\\"
    else { return nil }
    let lines = text.dropFirst(4).split(separator: "\n").map { line in
      var code = line.prefix { $0 != "#" }
      if code.last == "\\" { code = code.dropLast() }
      return code
    }
    let words = lines.joined(separator: " ").replacing("(", with: " ( ").replacing(")", with: " ) ")
      .replacing("|", with: " | ").replacing(":", with: " : ").split(whereSeparator: \.isWhitespace)
    matchesAll = Self.isIrrefutable(words.dropLast()[...])
  }

  private static func isIrrefutable(_ words: ArraySlice<Substring>) -> Bool {
    var words = words
    guard !words.contains("if") else { return false }
    while words.count > 1 {
      if words.last == ")" && words.first == "(" {
        words = words.dropFirst().dropLast()
      } else if let or = words.lastIndex(of: "|"), depth(of: words[or...]) == 0 {
        words = words[(or + 1)...]
      } else if words.count > 2, words[words.endIndex - 2] == "as" {
        words = words.dropLast(2)
      } else {
        return false
      }
    }
    guard let name = words.first, !["None", "True", "False"].contains(name) else { return false }
    return name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
      && name.first?.isNumber != true
  }

  private static func depth(of words: ArraySlice<Substring>) -> Int {
    words.count { $0 == "(" } - words.count { $0 == ")" }
  }
}
