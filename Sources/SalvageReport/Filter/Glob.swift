/// A pattern for paths.
///
/// `?` stands for one character, `*` for any number of them, both within a component; `[a-z]` and
/// `[!a-z]` for one of a set; `**` as a whole component for any number of components, none
/// included. `\` takes the next character as it is. A pattern that begins with `/` is matched with
/// the whole path, any other one with every tail of it that begins at a component: `src/*.c` matches
/// `/home/me/src/a.c`. A pattern that matches a folder matches all that is in it.
public struct Glob: Sendable, Hashable {
  /// As it was given.
  public let pattern: String
  private let components: [[Token]]
  private let isAnchored: Bool

  private enum Token: Sendable, Hashable {
    case literal(Character)
    case one
    case many
    case set([ClosedRange<Character>], negated: Bool)
  }

  /// Takes every text: what is no special character stands for itself.
  public init(_ pattern: String) {
    self.pattern = pattern
    isAnchored = pattern.hasPrefix("/")
    components = pattern.split(separator: "/").map { Self.tokens(Array($0)) }
  }

  /// True where it matches the whole path, or a tail of it.
  public func matches(_ path: String) -> Bool {
    let parts = path.split(separator: "/").map { Array($0) }
    guard !components.isEmpty else { return false }
    if isAnchored { return path.hasPrefix("/") && match(components[...], parts[...]) }
    return parts.indices.contains { match(components[...], parts[$0...]) }
  }

  /// Linear in memory; the newest `**` alone is gone back to, which is enough, as for `*` below.
  private func match(_ pattern: ArraySlice<[Token]>, _ parts: ArraySlice<[Character]>) -> Bool {
    var (p, s) = (pattern.startIndex, parts.startIndex)
    var retry: (pattern: Int, part: Int)?
    while true {
      // A pattern that is used up matched a folder, or the file itself.
      if p == pattern.endIndex { return true }
      if Self.isDeep(pattern[p]) {
        retry = (p + 1, s)
        p += 1
      } else if s < parts.endIndex, Self.match(pattern[p], parts[s]) {
        p += 1
        s += 1
      } else if let again = retry, again.part < parts.endIndex {
        retry = (again.pattern, again.part + 1)
        (p, s) = (again.pattern, again.part + 1)
      } else {
        return false
      }
    }
  }

  private static func isDeep(_ tokens: [Token]) -> Bool { tokens == [.many, .many] }

  private static func match(_ tokens: [Token], _ text: [Character]) -> Bool {
    var (t, c) = (0, 0)
    var retry: (token: Int, character: Int)?
    while c < text.count || t < tokens.count {
      if t < tokens.count {
        if tokens[t] == .many {
          retry = (t + 1, c)
          t += 1
          continue
        }
        if c < text.count, accepts(tokens[t], text[c]) {
          t += 1
          c += 1
          continue
        }
      }
      guard let again = retry, again.character < text.count else { return false }
      retry = (again.token, again.character + 1)
      (t, c) = (again.token, again.character + 1)
    }
    return true
  }

  private static func accepts(_ token: Token, _ character: Character) -> Bool {
    switch token {
    case .literal(let literal): literal == character
    case .one: true
    case .many: false
    case .set(let ranges, let negated): ranges.contains { $0.contains(character) } != negated
    }
  }

  private static func tokens(_ text: [Character]) -> [Token] {
    var tokens: [Token] = []
    var at = 0
    while at < text.count {
      switch text[at] {
      case "?": tokens.append(.one)
      case "*": tokens.append(.many)
      case "\\" where at + 1 < text.count:
        at += 1
        tokens.append(.literal(text[at]))
      case "[":
        if let (set, end) = set(text, at + 1) {
          tokens.append(set)
          at = end
        } else {
          tokens.append(.literal("["))
        }
      default: tokens.append(.literal(text[at]))
      }
      at += 1
    }
    return tokens
  }

  /// The set that begins behind a `[`, and where its `]` is; nil where none follows.
  private static func set(_ text: [Character], _ start: Int) -> (Token, Int)? {
    var at = start
    let negated = at < text.count && (text[at] == "!" || text[at] == "^")
    if negated { at += 1 }
    var ranges: [ClosedRange<Character>] = []
    // A `]` that comes first is a member.
    while at < text.count, text[at] != "]" || ranges.isEmpty {
      if at + 2 < text.count, text[at + 1] == "-", text[at + 2] != "]", text[at] <= text[at + 2] {
        ranges.append(text[at]...text[at + 2])
        at += 3
      } else {
        ranges.append(text[at]...text[at])
        at += 1
      }
    }
    return at < text.count ? (.set(ranges, negated: negated), at) : nil
  }
}
