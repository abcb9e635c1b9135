import SalvageSystem

/// What a Python source that was never run would have counted: its statements by coverage.py's rules, and its
/// functions, all with count 0.
package struct PythonOutline {
  private let text: PythonText
  private let statements: [PythonStatements.Statement]
  /// Blocks that are open, the innermost last.
  private var blocks: [Block] = []
  private var lines: Set<Int> = []
  private var functions: [Function] = []

  private struct Block {
    var indent: Int
    /// Nil for `if`, `for` and their like.
    var name: String?
    var isFunction = false
    /// Nothing of the block is reached from here on.
    var isOver = false
    /// It has no statement yet: a string would document it.
    var isFresh = true
    /// A test that is always true was the last one here: an `elif` or `else` of it is never reached.
    var isDecided = false
    var isLoop = false
    /// A loop that only a `break` leaves, of which none was seen yet.
    var isEndless = false
  }

  private let minor: Int

  /// - Parameters:
  ///   - source: the bytes of the file.
  ///   - minor: of the CPython that would run it.
  package static func file(_ path: String, _ source: [UInt8], minor: Int) -> SourceFile {
    var outline = PythonOutline(PythonText(source), minor: minor)
    outline.read()
    let excluded = PythonExclusions(outline.text.bytes, minor: minor, code: outline.lines).lines
    var file = SourceFile(path: path)
    file.lines = outline.lines.subtracting(excluded).sorted().map {
      Line(number: UInt32($0), count: 0)
    }
    file.functions = outline.functions.filter { !excluded.contains(Int($0.line)) }
    return file
  }

  private init(_ text: PythonText, minor: Int) {
    self.text = text
    self.minor = minor
    statements = PythonStatements(text.bytes, minor: minor).statements
    blocks = [Block(indent: -1)]
  }

  private mutating func read() {
    var decorators: Int?
    for (index, statement) in statements.enumerated() {
      close(to: statement.indent)
      let words = PythonWords(text.bytes[statement.range])
      let isFresh = blocks[blocks.endIndex - 1].isFresh
      blocks[blocks.endIndex - 1].isFresh = false
      let test = words.test
      let depth = blocks.count
      let isLeftOut = words.isAlternative && blocks[blocks.endIndex - 1].isDecided
      blocks[blocks.endIndex - 1].isDecided = isLeftOut || decides(words)
      let isOver = isLeftOut || blocks.contains { $0.isOver }
      let isDocumentation = isFresh && documents(blocks[blocks.endIndex - 1]) && words.isText
      if !isOver && !isDocumentation && hasCode(words, index) {
        lines.insert(statement.lines.lowerBound)
      }
      if statement.isDecorator {
        decorators = decorators ?? statement.lines.lowerBound
        continue
      }
      let first = decorators ?? statement.lines.lowerBound
      decorators = nil
      if let name = words.definition {
        if !words.isClass && !isOver { add(name, first) }
        open(statement, index, name: name, isFunction: !words.isClass)
      } else {
        if words.leaves && !statement.opensBlock {
          blocks[blocks.endIndex - 1].isOver = true
        }
        if words.breaks, let loop = blocks.lastIndex(where: \.isLoop) {
          blocks[loop].isEndless = false
        }
        let isEndless = decides(words) && words.isLoop
        if isEndless && !statement.opensBlock { blocks[blocks.endIndex - 1].isOver = !words.breaks }
        open(statement, index, name: nil, isFunction: false)
        if blocks.count > depth {
          blocks[depth].isOver = isLeftOut || test == false
          blocks[depth].isLoop = words.isLoop
          blocks[depth].isEndless = isEndless
        }
      }
    }
  }

  private mutating func close(to indent: Int) {
    while blocks.count > 1, blocks[blocks.endIndex - 1].indent >= indent {
      let block = blocks.removeLast()
      if block.isEndless { blocks[blocks.endIndex - 1].isOver = true }
    }
  }

  private mutating func open(
    _ statement: PythonStatements.Statement, _ index: Int, name: String?, isFunction: Bool
  ) {
    guard statement.opensBlock, index + 1 < statements.count,
      statements[index + 1].indent > statement.indent
    else { return }
    blocks.append(
      Block(indent: statement.indent, name: name, isFunction: isFunction))
  }

  /// A module, a class or a function.
  private func documents(_ block: Block) -> Bool { block.indent < 0 || block.name != nil }

  private var isInFunction: Bool { blocks.last { $0.name != nil }?.isFunction ?? false }

  private func hasCode(_ words: PythonWords, _ index: Int) -> Bool {
    !words.isWithoutCode && !(isInFunction && words.isBareAnnotation)
      && !(minor < Self.keepsConstants && (words.isBareTest || isDropped(words, index)))
  }

  /// CPython before 3.10 kept the `else` of an endless loop, and what stands behind it.
  private func decides(_ words: PythonWords) -> Bool {
    words.test == true && (minor >= Self.keepsConstants || !words.isLoop)
  }

  /// From CPython 3.10 on (PEP 626) a constant has an instruction that does nothing, for its line.
  private static let keepsConstants = 10

  /// A constant alone. The last one of a function, class or module has the line of what returns from there.
  private func isDropped(_ words: PythonWords, _ index: Int) -> Bool {
    guard words.isConstant else { return false }
    guard let code = blocks.last(where: { documents($0) }), index + 1 < statements.count else {
      return false
    }
    return statements[index + 1].indent > code.indent
  }

  private mutating func add(_ name: String, _ line: Int) {
    var path = ""
    for block in blocks {
      guard let outer = block.name else { continue }
      path += outer + (block.isFunction ? ".<locals>." : ".")
    }
    functions.append(Function(name: path + name, line: UInt32(line), count: 0))
  }
}
