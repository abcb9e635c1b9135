import Foundation
import SystemPackage
import Testing

/// The recorder of Python code, in every CPython of this machine: each line of each case is there, and
/// no other, however the processes end.
@Suite struct PythonTests {
  static let source = Places.fixtures.appending("python").appending("cases.py")

  /// Cases that start processes by multiprocessing, and how many lives are killed in them at least.
  static let multiprocessing = [
    "close", "context", "terminate", "executor", "join", "stopped", "killed", "blocked",
  ]
  static let plain = [
    "threads", "hangup", "handler", "exit", "abort", "null", "fork", "kill",
  ]
  static let methods = ["fork", "spawn", "forkserver"]

  static func repeats(_ usual: Int) -> Int {
    ProcessInfo.processInfo.environment["SALVAGE_PYTHON_REPEATS"].flatMap(Int.init) ?? usual
  }

  /// Runs a case as it is and under `salvage run`; compares what can be seen, then the lines.
  private func check(_ python: Python, _ name: String, _ method: String, _ round: Int) async throws
  {
    let lines = try PythonLines(Self.source)
    let recorded = try Recorded("python\(python.name)-\(name)-\(method)-\(round)")
    let command = [python.program.string, Self.source.string, name, method]
    let bare = try await recorded.bare(command)
    let run = try await recorded.run(command)
    #expect(run.status == bare.status)
    #expect(run.output == bare.output)
    let counts = try await recorded.lines().files[Self.source.string] ?? [:]
    let errors = lines.errors(in: counts, case: name)
    #expect(errors == [], "\(python) \(name) \(method), run \(round)")
    if errors == [] { try? FileManager.default.removeItem(atPath: recorded.directory.string) }
  }

  @Test(arguments: Python.all, methods)
  func processesOfMultiprocessing(_ python: Python, _ method: String) async throws {
    try await Gate.pass {
      for name in Self.multiprocessing { try await check(python, name, method, 0) }
    }
  }

  @Test(arguments: Python.all)
  func otherEnds(_ python: Python) async throws {
    try await Gate.pass {
      for name in Self.plain { try await check(python, name, "fork", 0) }
    }
  }

  /// Where coverage.py's own signal handler loses data in some runs: with the Pythons of a machine that has
  /// seven, more than 40 times each in one run of the tests.
  @Test(arguments: Python.all, ["context", "terminate", "stopped"])
  func racesAreLostByNobody(_ python: Python, _ name: String) async throws {
    try await Gate.pass {
      for round in 0..<Self.repeats(6) { try await check(python, name, "fork", round) }
    }
  }
}
