import SalvageRecord
import SalvageSystem
import SystemPackage

/// Python code by the library's own recorder: the code objects themselves said which lines there are.
/// No tool is needed.
struct PythonSource: CoverageSource {
  static let source = Source.python
  static let exporters: [any CounterExporter.Type] = [PythonDataExporter.self]
  static let waysToBuild: [String] = []

  static func findings(of image: ELFImage, at path: FilePath) -> [Finding] {
    PythonFindings.of(path)
  }

  func coverage(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> CollectedCoverage {
    var files: [String: PythonFile] = [:]
    var result = CollectedCoverage()
    for object in objects {
      guard let path = object.origin.map(\.name), let code = object.python,
        object.regions.count == 3,
        object.regions[1].bytes.count == code.functions.count,
        object.regions[2].bytes.count == code.branches.count * 2
      else {
        result.problems.append(ObjectProblem(.malformed("it is no code of Python"), object))
        continue
      }
      files[path, default: PythonFile(path: path)].add(object, code)
    }
    var unread: [String] = []
    var generated: [String] = []
    for path in files.keys.sorted() {
      guard let file = files[path] else { continue }
      let (text, isSame) = Self.source(of: file, request.sources)
      guard file.isSource(text) else {
        generated.append(path)
        continue
      }
      result.coverage.files.append(file.sourceFile(isSame ? text : nil))
      if !isSame { unread.append(path) }
    }
    result.note(
      unread,
      "not the source that ran, or not there any more; `# pragma: no cover` in it was not looked at"
    )
    result.note(
      generated, "no Python source: code that was generated from it is not in the report")
    return result
  }

  /// The text of a file, and whether it is what ran.
  private static func source(
    of file: PythonFile, _ known: SourceLookup
  ) -> (text: PythonText?, isSame: Bool) {
    guard let bytes = known(file.path) ?? bytes(of: file) else { return (nil, false) }
    return (PythonText(bytes), file.sources == [PythonCode.hash(ofSource: bytes)])
  }

  private static func bytes(of file: PythonFile) -> [UInt8]? {
    guard let open = try? openRegularFile(FilePath(name: file.path)) else { return nil }
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
    return text
  }
}

extension CollectedCoverage {
  /// One line for all files that something is to be said of.
  fileprivate mutating func note(_ paths: [String], _ what: String) {
    guard let first = paths.first else { return }
    let others = paths.count > 1 ? " and \(paths.count - 1) more Python files" : ""
    notes.append("\(first)\(others): \(what)")
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
  private var minor = 0
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
    minor = max(minor, Int(code.minor))
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

  func isSource(_ text: PythonText?) -> Bool {
    let code = Set(states.indices.filter { states[$0] & 1 != 0 })
    let definitions = functions.map { PythonOrigin.Definition(name: $0.name, line: $0.line) }
    return PythonOrigin(path: path, functions: definitions, code: code).isSource(text, minor: minor)
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

  /// Without what `text` excludes, and without lines that are not there: before 3.11 an empty module has
  /// code for a line 1.
  func sourceFile(_ text: PythonText?) -> SourceFile {
    var file = SourceFile(path: path)
    // A module of comments alone has code for its line 1 too.
    let isEmpty = text.map { PythonStatements($0.bytes, minor: minor).statements.isEmpty } ?? false
    let code = isEmpty ? [] : states.indices.filter { states[$0] & 1 != 0 }
    let excluded = text.map { text in
      PythonExclusions(text.bytes, minor: minor, code: Set(code)).lines
    }
    let (excludedLines, end) = (excluded ?? [], text?.lineCount ?? .max)
    for number in code where number <= end && !excludedLines.contains(number) {
      let state = states[number]
      file.lines.append(Line(number: UInt32(number), count: state & 2 == 0 ? 0 : 1))
      file.branches += outcomes(of: UInt32(number))
    }
    for function in functions where !excludedLines.contains(Int(function.line)) {
      file.functions.append(
        Function(
          name: function.name, line: function.line, count: entered[function] == true ? 1 : 0))
    }
    return file
  }
}
