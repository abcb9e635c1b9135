/// The lines of a Python source that its author does not want to be covered, by the rules that
/// coverage.py has without configuration: `# pragma: no cover`, bodies that are `...`, and
/// `if TYPE_CHECKING:`. A line of a clause excludes the clause, one of a decorator or a `def` the
/// function, one of a `class` the class; a line of a longer statement excludes all of it.
struct PythonExclusions {
  private(set) var lines: Set<Int> = []

  init(_ text: [UInt8]) {
    let statements = PythonStatements(text).statements
    let marked = Self.markedLines(text)
    guard !marked.isEmpty else { return }
    var index = 0
    while index < statements.count {
      let statement = statements[index]
      guard statement.lines.contains(where: marked.contains) else {
        index += 1
        continue
      }
      var last = index
      // A decorator stands for what it decorates.
      while last + 1 < statements.count, statements[last].isDecorator { last += 1 }
      if statements[last].opensBlock {
        let indent = statements[last].indent
        while last + 1 < statements.count, statements[last + 1].indent > indent { last += 1 }
      }
      for excluded in statements[index...last] { lines.formUnion(excluded.lines) }
      // What is decorated is excluded from its first decorator on: that is where the function begins.
      var first = index
      while first > 0, statements[first - 1].isDecorator {
        first -= 1
        lines.formUnion(statements[first].lines)
      }
      index = last + 1
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
    drop { $0 == 0x20 || (9...13).contains($0) }
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
