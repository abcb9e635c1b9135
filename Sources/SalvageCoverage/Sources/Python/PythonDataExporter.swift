package import SalvageRecord
import SalvageSystem
import SystemPackage

/// The data file of coverage.py, written by coverage.py itself: its format is its own business.
package struct PythonDataExporter: CounterExporter {
  package static let name = "coverage.py"
  package static let summary =
    "one file .coverage, of Python's lines, written by the coverage.py on PATH"
  package static let source = Source.python

  package init() {}

  package func files(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> ExportedFiles {
    var result = ExportedFiles()
    var executed: [String: Set<Int>] = [:]
    for object in objects {
      guard let path = object.origin?.string, object.python != nil,
        let states = object.regions.first?.bytes
      else {
        result.problems.append(ObjectProblem(.malformed("it is no code of Python"), object))
        continue
      }
      executed[path, default: []].formUnion(states.indices.filter { states[$0] & 2 != 0 })
    }
    let python = try await Self.interpreter(on: request.search.gcov.path)
    let scratch = request.scratch
    let input = try scratch.write(Self.text(of: executed), to: "coverage-lines")
    let output = scratch.file("coverage-data")
    let run = try await ToolRun.run(
      python, ["-c", Self.program, input.string, output.string],
      output: scratch.file("coverage-output"), messages: scratch.file("coverage-messages"))
    guard run.succeeded else { throw PythonExportError(description: run.messages) }
    let bytes = try scratch.taking(output) { Array($0) }
    result.files.append(ExportedFile(path: ".coverage", bytes: bytes))
    result.notes.append(
      ".coverage has lines and no branches: coverage.py does not combine it with data that it measured"
        + " with --branch")
    return result
  }

  /// Paths and their lines in turn, each with a NUL behind it.
  private static func text(of executed: [String: Set<Int>]) -> [UInt8] {
    var text: [UInt8] = []
    for (path, lines) in executed.sorted(by: { $0.key < $1.key }) {
      text += Array(path.utf8) + [0]
      text += Array(lines.sorted().map(String.init).joined(separator: " ").utf8) + [0]
    }
    return text
  }

  private static let program = """
    import coverage, os, sys
    with open(sys.argv[1], "rb") as file:
        fields = file.read().split(b"\\0")[:-1]
    lines = {os.fsdecode(p): [int(n) for n in l.split()] for p, l in zip(fields[::2], fields[1::2])}
    data = coverage.CoverageData(basename=sys.argv[2])
    data.add_lines(lines)
    data.touch_files(lines)
    data.write()
    """

  /// The first on PATH that has coverage.py; a virtual environment that is active stands there.
  private static func interpreter(on path: String) async throws -> FilePath {
    let folders = path.split(separator: ":").map { FilePath(String($0)) }.filter(\.isAbsolute)
    let candidates = folders.flatMap { [$0.appending("python3"), $0.appending("python")] }
    for python in candidates where python.isExecutable {
      let answer = try? await ToolRun.output(
        of: python, ["-c", "import coverage.sqldata; print(1)"])
      if answer ?? nil != nil { return python }
    }
    throw PythonExportError(
      description: "coverage.py writes its own data: none of the python3 and python on PATH has it"
        + " (pip install coverage)")
  }
}

struct PythonExportError: Error, CustomStringConvertible {
  var description: String
}
