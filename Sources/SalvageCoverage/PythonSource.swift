import SalvageRecord
import SystemPackage

/// Python code by the library's own recorder: the code objects themselves said which lines there are.
/// No tool is needed.
struct PythonSource: CoverageSource {
  static let source = Source.python

  func coverage(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> CollectedCoverage {
    var files: [String: PythonFile] = [:]
    var result = CollectedCoverage()
    for object in objects {
      guard let path = object.origin?.string, let code = object.python, object.regions.count == 3,
        object.regions[1].bytes.count == code.functions.count,
        object.regions[2].bytes.count == code.branches.count * 2
      else {
        result.problems.append(ObjectProblem(.malformed("it is no code of Python"), object))
        continue
      }
      files[path, default: PythonFile(path: path)].add(object, code)
    }
    var unread: [String] = []
    for path in files.keys.sorted() {
      guard let file = files[path] else { continue }
      if let text = Self.source(of: file) {
        result.coverage.files.append(
          file.sourceFile(
            without: PythonExclusions(text).lines, lineCount: Self.lineCount(text)))
      } else {
        result.coverage.files.append(file.sourceFile(without: []))
        unread.append(path)
      }
    }
    if let first = unread.first {
      let others = unread.count > 1 ? " and \(unread.count - 1) more Python files" : ""
      result.notes.append(
        "\(first)\(others): not the source that ran, or not there any more; "
          + "`# pragma: no cover` in it was not looked at")
    }
    return result
  }

  /// An empty module has code for a line 1 that is not there (before 3.11).
  private static func lineCount(_ text: [UInt8]) -> Int {
    text.count { $0 == 10 } + (text.last == nil || text.last == 10 ? 0 : 1)
  }

  /// The text that ran, where it is still there.
  private static func source(of file: PythonFile) -> [UInt8]? {
    guard let open = try? FileDescriptor.open(FilePath(file.path), .readOnly) else { return nil }
    defer { try? open.close() }
    var text: [UInt8] = []
    while text.count <= 16 << 20 {
      let part = try? [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
        count = try open.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      guard let part else { return nil }
      if part.isEmpty { break }
      text += part
    }
    return file.sources == [PythonCode.hash(ofSource: text)] ? text : nil
  }
}

/// All that was recorded under one path: by several versions of CPython, or of parts that were compiled
/// alone. A line that one of them knows is a line of the file.
private struct PythonFile {
  var path: String
  var sources: Set<UInt64> = []
  private var states: [UInt8] = []
  private var functions: [PythonCode.Function] = []
  private var entered: [PythonCode.Function: Bool] = [:]
  /// By line, then in the order of the code: whether each went left and right.
  private var branches: [UInt32: [(left: Bool, right: Bool)]] = [:]

  init(path: String) {
    self.path = path
  }

  mutating func add(_ object: ObjectCounters, _ code: PythonCode) {
    let lines = object.regions[0].bytes
    if lines.count > states.count {
      states += [UInt8](repeating: 0, count: lines.count - states.count)
    }
    for index in lines.indices { states[index] |= lines[index] }
    for (function, byte) in zip(code.functions, object.regions[1].bytes) {
      if entered[function] == nil { functions.append(function) }
      entered[function] = entered[function] == true || byte != 0
    }
    sources.insert(code.source)
    addBranches(code, object.regions[2].bytes)
  }

  /// The n-th of a line is the n-th of that line in each version that knows branches.
  private mutating func addBranches(_ code: PythonCode, _ taken: [UInt8]) {
    var seen: [UInt32: Int] = [:]
    for (number, line) in code.branches.enumerated() {
      let index = seen[line, default: 0]
      seen[line] = index + 1
      if branches[line, default: []].count == index {
        branches[line, default: []].append((false, false))
      }
      if taken[number * 2] != 0 { branches[line]?[index].left = true }
      if taken[number * 2 + 1] != 0 { branches[line]?[index].right = true }
    }
  }

  private func outcomes(of line: UInt32) -> [Branch] {
    (branches[line] ?? []).enumerated().flatMap { number, ways in
      [ways.left, ways.right].enumerated().map { side, went in
        Branch(
          line: line, decision: UInt32(number), outcome: UInt32(number * 2 + side),
          reached: ways.left || ways.right, count: went ? 1 : 0)
      }
    }
  }

  func sourceFile(without excluded: Set<Int>, lineCount: Int = .max) -> SourceFile {
    var file = SourceFile(path: path)
    for (number, state) in states.enumerated()
    where state & 1 != 0 && number <= lineCount && !excluded.contains(number) {
      file.lines.append(Line(number: UInt32(number), count: state & 2 == 0 ? 0 : 1))
      file.branches += outcomes(of: UInt32(number))
    }
    for function in functions where !excluded.contains(Int(function.line)) {
      file.functions.append(
        Function(
          name: function.name, line: function.line, count: entered[function] == true ? 1 : 0))
    }
    return file
  }
}
