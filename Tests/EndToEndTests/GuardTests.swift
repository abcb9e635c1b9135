import Foundation
import SystemPackage
import Testing

/// coverage.py, made to save at every end, and begun in every process that a measured one starts. The
/// fixtures mark the lines that must not have run with `# never`, or with the modes in which they run.
@Suite struct GuardTests {
  static let fixtures = Places.fixtures.appending("python/guard")

  /// Those that the guard knows.
  static let pythons = Python.all.filter { $0.minor <= 13 }

  struct Case: Sendable, CustomStringConvertible {
    var program: String
    var mode: String
    var arguments: [String] = []
    var output: String
    var status = Status.exit(0)
    var description: String { "\(program) \(mode) \(arguments.joined(separator: " "))" }
  }

  /// The programs of pytest-cov's page "Subprocess support", with what `pytest_cov.embed` may be: the
  /// page's own module is gone since pytest-cov 7.
  static let page = ["absent", "salvage"].flatMap { mode in
    [
      Case(program: "page_pool_context.py", mode: mode, output: "[1, 4, 9]\n"),
      Case(program: "page_process.py", mode: mode, output: "hello bob\n"),
      Case(program: "page_signal.py", mode: mode, output: "restarted\n", status: .signal(15)),
      Case(program: "page_cleanup.py", mode: mode, output: "restarted\n", status: .exit(7)),
    ]
  }

  static let ends = """
    exits_at_once 3 0
    aborts 0 6
    reads_null 0 11
    terminates_itself 0 15
    raises 0 1
    kills_itself 0 9
    has_a_handler 0 15
    leaves_its_handler 4 0
    restarts 0 15
    becomes_another 0 0
    dies_in_a_thread 0 15
    dies_with_the_lock 0 14
    is_interrupted 0 2
    leaves_a_thread 0 0
    forks_again 6 0

    """

  static let workers = """
    [2, 5, 10]
    [3, 6, 11]
    [4, 7, 12]
    [5, 8, 13]
    hello
    -15
    -9
    -15
    -9
    -9
    -9
    -9
    -15

    """

  static let all: [Case] =
    [
      Case(program: "page_pool_joined.py", mode: "", output: "[1, 4, 9]\n"),
      Case(program: "ends.py", mode: "", output: ends),
    ] + page
    + ["fork", "spawn", "forkserver"].map {
      Case(program: "workers.py", mode: "", arguments: [$0], output: workers)
    }

  @Test(arguments: pythons, all)
  func everyLineIsKept(_ python: Python, _ item: Case) async throws {
    guard let programs = await PythonTools.shared.programs(of: python) else { return }
    try await Gate.pass { try await Self.check(item, python, programs) }
  }

  private static func check(_ item: Case, _ python: Python, _ programs: FilePath) async throws {
    let recorded = try Recorded("guard \(item) \(python.name)")
    let program = try copy(item.program, to: recorded.directory)
    var environment: [String: String] = [:]
    var mode = item.mode
    if mode == "salvage" { environment["PYTHONPATH"] = try embedding(in: recorded.directory) }
    // pytest-cov 5 is the last that runs on 3.8, and has the page's module.
    if mode == "absent" && python.minor == 8 { mode = "embed" }
    // The page itself says that its handler can deadlock a pool of 3.8.
    if mode == "embed" && item.program == "page_pool_context.py" { return }
    let run = try await recorded.run(
      [programs.appending("coverage").string, "run", program.string] + item.arguments,
      environment: environment)
    #expect(run.status == item.status)
    #expect(run.output == item.output)
    #expect(run.errors.contains("nothing lost"), "\(run.errors)")
    #expect(!run.errors.contains("SystemError"), "\(run.errors)")
    try expectOneFile(in: recorded.directory)
    try await expectLines(of: program, mode, programs, recorded.directory)
  }

  static func expectOneFile(in directory: FilePath) throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.string)
    #expect(files.filter { $0.hasPrefix(".coverage") } == [".coverage"])
  }

  /// Exactly the lines that are not marked as never run are in `.coverage`.
  static func expectLines(
    of program: FilePath, _ mode: String, _ programs: FilePath, _ directory: FilePath
  ) async throws {
    let json = try await execute(
      programs.appending("coverage"), ["json", "-q", "-o", "-"],
      environment: Places.environment, directory: directory)
    let document = try JSONDecoder().decode(CoverageDocument.self, from: Data(json.output.utf8))
    let name = program.lastComponent?.string ?? ""
    guard let file = document.files.first(where: { $0.key.hasSuffix(name) })?.value else {
      Issue.record("\(name) is not in \(json.output)")
      return
    }
    let text = try String(contentsOfFile: program.string, encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let missing = (file.executed + file.missing).sorted().filter { isNever(lines[$0 - 1], mode) }
    #expect(file.missing == missing, "\(program)")
  }

  private static func isNever(_ line: Substring, _ mode: String) -> Bool {
    if line.hasSuffix("# never") { return true }
    guard let modes = line.range(of: "# in: ") else { return false }
    return !line[modes.upperBound...].split(separator: " ").contains { $0 == mode }
  }

  private static func copy(_ name: String, to directory: FilePath) throws -> FilePath {
    let target = directory.appending(name)
    try FileManager.default.copyItem(atPath: fixtures.appending(name).string, toPath: target.string)
    return target
  }

  /// A `pytest_cov.embed` that is ours, and where our module is.
  private static func embedding(in directory: FilePath) throws -> String {
    let package = directory.appending("embedding/pytest_cov")
    try FileManager.default.createDirectory(
      atPath: package.string, withIntermediateDirectories: true)
    for (name, text) in [("__init__.py", ""), ("embed.py", "from salvage import *\n")] {
      try text.write(toFile: package.appending(name).string, atomically: true, encoding: .utf8)
    }
    let module = Places.tests.removingLastComponent().appending("python")
    return "\(directory.appending("embedding")):\(module)"
  }

  /// Children that are ended at random instants: each one's own data has every line that it said it ran,
  /// its wait status is right, and none has met a limit, which would be a loss. By hand, ten thousand.
  @Test(arguments: pythons)
  func signalsAtRandomInstants(_ python: Python) async throws {
    guard let programs = await PythonTools.shared.programs(of: python) else { return }
    let children = ProcessInfo.processInfo.environment["SALVAGE_TEST_STORM"] ?? "100"
    let seed = String(Int.random(in: 1...1_000_000))
    try await Gate.pass {
      let recorded = try Recorded("storm \(python.name)")
      let program = try Self.copy("storm.py", to: recorded.directory)
      let run = try await recorded.run(
        [programs.appending("coverage").string, "run", program.string, children, seed],
        seconds: 600)
      #expect(run.status == .exit(0))
      #expect(run.output.hasPrefix("\(children) children, 0 bad"), "seed \(seed): \(run.output)")
      #expect(run.errors.contains("nothing lost"), "seed \(seed): \(run.errors)")
    }
  }

  /// Our own recording as coverage.py's data: without coverage.py in any of the processes.
  @Test func exportForCoverage() async throws {
    guard let python = Self.pythons.last,
      let programs = await PythonTools.shared.programs(of: python)
    else { return }
    try await Gate.pass {
      let recorded = try Recorded("export")
      let program = try Self.copy("workers.py", to: recorded.directory)
      let run = try await recorded.run([python.program.string, program.string, "fork"])
      #expect(run.output == Self.workers)
      let path = "\(programs):\(Places.environment["PATH"] ?? "")"
      let arguments = [
        "export", recorded.recording.string, "--format", "coverage.py", "-o",
        recorded.directory.string,
      ]
      let export = try await recorded.salvage(arguments, environment: ["PATH": path])
      #expect(export.status == .exit(0), "\(export.errors)")
      try await Self.expectLines(of: program, "", programs, recorded.directory)
      try FileManager.default.moveItem(
        atPath: recorded.directory.appending(".coverage").string,
        toPath: recorded.directory.appending(".coverage.one").string)
      let combined = try await execute(
        programs.appending("coverage"), ["combine"],
        environment: Places.environment, directory: recorded.directory)
      #expect(combined.status == .exit(0), "\(combined.errors)")
      try await Self.expectLines(of: program, "", programs, recorded.directory)
      for report in [["report"], ["html", "-q"]] {
        let reported = try await execute(
          programs.appending("coverage"), report,
          environment: Places.environment, directory: recorded.directory)
        #expect(reported.status == .exit(0), "\(report): \(reported.errors)")
      }
      #expect(recorded.directory.appending("htmlcov/index.html").isThere)
      let missing = try await recorded.salvage(arguments, environment: ["PATH": "/nonexistent"])
      #expect(missing.status == .exit(1))
      #expect(missing.errors.contains("pip install coverage"))
    }
  }

  /// `pytest --cov` needs no configuration.
  @Test(arguments: pythons)
  func pytestCoverageIsComplete(_ python: Python) async throws {
    guard let programs = await PythonTools.shared.programs(of: python) else { return }
    try await Gate.pass {
      let recorded = try Recorded("pytest \(python.name)")
      let package = try Self.copy("pkg", to: recorded.directory)
      _ = try Self.copy("test_pkg.py", to: recorded.directory)
      let run = try await recorded.run(
        [programs.appending("pytest").string, "-q", "--cov=pkg", "-p", "no:cacheprovider"])
      #expect(run.status == .exit(0), "\(run.output)")
      #expect(run.errors.contains("nothing lost"), "\(run.errors)")
      #expect(run.errors.contains("by SIGTERM, kept: "), "\(run.errors)")
      // pytest-cov 5, of 3.8, begins in helpers of multiprocessing, which end later.
      if python.minor > 8 { try Self.expectOneFile(in: recorded.directory) }
      for name in ["work.py", "tool.py"] {
        try await Self.expectLines(
          of: package.appending(name), "", programs, recorded.directory)
      }
    }
  }

  /// Workers of pytest-xdist that die are replaced, and each new one erases the data files that it finds.
  /// With SALVAGE_PYTHON_REPEATS=40 as often as that.
  @Test(arguments: pythons)
  func replacedWorkersKeepTheirLines(_ python: Python) async throws {
    guard let programs = await PythonTools.shared.programs(of: python) else { return }
    for round in 0..<PythonTests.repeats(1) {
      try await Gate.pass {
        let recorded = try Recorded("xdist \(python.name)-\(round)")
        let package = try Self.copy("crash", to: recorded.directory)
        _ = try Self.copy("test_crash.py", to: recorded.directory)
        let command = [
          programs.appending("pytest").string, "-q", "-n2", "--max-worker-restart=9", "--cov=crash",
          "-p", "no:cacheprovider",
        ]
        let run = try await recorded.run(command)
        #expect(
          run.status == .exit(1) && run.output.contains("4 failed, 2 passed"), "\(run.output)")
        #expect(run.errors.contains("nothing lost"), "\(run.errors)")
        try Self.expectOneFile(in: recorded.directory)
        try await Self.expectLines(
          of: package.appending("__init__.py"), "", programs, recorded.directory)
      }
    }
  }
}

/// Of `coverage json`.
private struct CoverageDocument: Decodable {
  struct File: Decodable {
    var executed: [Int]
    var missing: [Int]

    enum CodingKeys: String, CodingKey {
      case executed = "executed_lines"
      case missing = "missing_lines"
    }
  }
  var files: [String: File]
}
