/// The lines of a Python source that its author does not want to be covered, by the rules that
/// coverage.py has without configuration: `# pragma: no cover`, bodies that are `...`, and
/// `if TYPE_CHECKING:`. A line of a clause excludes the clause, one of a decorator or a `def` the
/// function, one of a `class` the class; a line of a longer statement excludes all of it.
struct PythonExclusions {
  private(set) var lines: Set<Int> = []

  /// - Parameters:
  ///   - text: that of ``PythonText``.
  ///   - minor: of the CPython that ran it.
  ///   - code: the lines that there is code for.
  init(_ text: [UInt8], minor: Int, code: Set<Int>) {
    let marked = Self.markedLines(text)
    guard !marked.isEmpty else { return }
    let statements = PythonStatements(text, minor: minor).statements
    var index = 0
    while index < statements.count {
      var last = index
      // A decorator stands for what it decorates, and so does a comment behind one.
      while last + 1 < statements.count, statements[last].isDecorator { last += 1 }
      let head = statements[index].lines.lowerBound...statements[last].lines.upperBound
      guard head.contains(where: marked.contains) else {
        index = last + 1
        continue
      }
      last = Self.end(of: last, in: statements)
      for excluded in statements[index...last] { lines.formUnion(excluded.lines) }
      index = last + 1
    }
    excludeCases(statements, text, code)
  }

  /// The last statement of the block that this one opens, or itself.
  private static func end(of index: Int, in statements: [PythonStatements.Statement]) -> Int {
    guard statements[index].opensBlock else { return index }
    var last = index
    while last + 1 < statements.count, statements[last + 1].indent > statements[index].indent {
      last += 1
    }
    return last
  }

  /// `case _:` is the else of a match: where all of its block is excluded, so is it.
  private mutating func excludeCases(
    _ statements: [PythonStatements.Statement], _ text: [UInt8], _ code: Set<Int>
  ) {
    for (index, statement) in statements.enumerated() where statement.opensBlock {
      let pattern = PythonPattern(statement: text[statement.range])
      guard let pattern, pattern.matchesAll else { continue }
      let last = Self.end(of: index, in: statements)
      guard last > index else { continue }
      let block = statements[index + 1].lines.lowerBound...statements[last].lines.upperBound
      let inside = block.filter(code.contains)
      if !inside.isEmpty && inside.allSatisfy(lines.contains) { lines.formUnion(statement.lines) }
    }
  }

  private static func markedLines(_ text: [UInt8]) -> Set<Int> {
    var result: Set<Int> = []
    var before: (number: Int, line: ArraySlice<UInt8>)?
    for (index, line) in text.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      if hasPragma(line) || isTypeChecking(line) { result.insert(index + 1) }
      if isEllipsis(line) {
        result.insert(index + 1)
        if startsWithEllipsis(line), let before, isHead(before.line) {
          result.insert(before.number)
        }
      }
      if !line.skippingSpace.isEmpty { before = (index + 1, line) }
    }
    return result
  }

  /// `#\s*(pragma|PRAGMA)[:\s]?\s*(no|NO)\s*(cover|COVER)`
  private static func hasPragma(_ line: ArraySlice<UInt8>) -> Bool {
    var rest = line
    while let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
      rest = rest[(hash + 1)...]
      var at = rest.skippingSpace
      guard at.take("pragma") || at.take("PRAGMA") else { continue }
      if at.first == UInt8(ascii: ":") { at = at.dropFirst() }
      at = at.skippingSpace
      guard at.take("no") || at.take("NO") else { continue }
      at = at.skippingSpace
      if at.take("cover") || at.take("COVER") { return true }
    }
    return false
  }

  /// `^\s*(((async )?def .*?)?[\])]+(\s*->.*?)?:\s*)?\.\.\.\s*(#|$)`, of which the space after the
  /// colon may hold line ends: then the head is on a line before.
  private static func isEllipsis(_ line: ArraySlice<UInt8>) -> Bool {
    let code = line.skippingSpace
    for at in code.indices {
      var rest = code[at...]
      guard rest.take("...") else { continue }
      rest = rest.skippingSpace
      guard rest.isEmpty || rest.first == UInt8(ascii: "#") else { continue }
      if at == code.startIndex || isHead(code[..<at]) { return true }
    }
    return false
  }

  private static func startsWithEllipsis(_ line: ArraySlice<UInt8>) -> Bool {
    var code = line.skippingSpace
    return code.take("...")
  }

  /// The end of a function's head, and all of it where it begins on the same line.
  private static func isHead(_ line: ArraySlice<UInt8>) -> Bool {
    let head = line.skippingSpace.droppingSpaceAtEnd
    guard head.last == UInt8(ascii: ":") else { return false }
    var rest = head
    let isDefinition = rest.take("def ") || rest.take("async def ")
    let closers = [UInt8(ascii: ")"), UInt8(ascii: "]")]
    return isDefinition
      ? head.contains(where: closers.contains) : closers.contains(head[head.startIndex])
  }

  /// `^\s*if (typing\.)?TYPE_CHECKING:`
  private static func isTypeChecking(_ line: ArraySlice<UInt8>) -> Bool {
    var code = line.skippingSpace
    guard code.take("if ") else { return false }
    _ = code.take("typing.")
    return code.take("TYPE_CHECKING:")
  }
}

extension ArraySlice<UInt8> {
  fileprivate var skippingSpace: Self {
    var rest = self
    while let length = rest.spaceAtStart { rest = rest.dropFirst(length) }
    return rest
  }

  /// The bytes of the white space that it begins with, in UTF-8, where it does: what `\s` matches.
  private var spaceAtStart: Int? {
    guard let first else { return nil }
    switch first {
    case 9...13, 0x1c...0x20: return 1
    case 0xc2 where count > 1:
      return [0x85, 0xa0].contains(self[startIndex + 1]) ? 2 : nil
    case 0xe1...0xe3 where count > 2:
      let code = self[startIndex...].prefix(3).reduce(0) { $0 << 6 | Int($1) & 0x3f } & 0xffff
      let isSpace = [0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000].contains(code)
      return isSpace || (0x2000...0x200a).contains(code) ? 3 : nil
    default: return nil
    }
  }

  fileprivate var droppingSpaceAtEnd: Self {
    var result = self
    while let last = result.last, last == 0x20 || (9...13).contains(last) { result.removeLast() }
    return result
  }

  /// Drops that text where the slice begins with it.
  fileprivate mutating func take(_ text: StaticString) -> Bool {
    let matches = text.withUTF8Buffer { starts(with: $0) }
    if matches { self = dropFirst(text.utf8CodeUnitCount) }
    return matches
  }
}
