import Foundation
import SystemPackage
import Testing

/// However an interpreter comes to be, each line that ran in it is there, and no other.
@Suite struct PythonStartTests {
  static let fixtures = Places.fixtures.appending("python")

  /// Options, and what is run; the file whose lines are compared.
  static let ways: [[String]] = [
    ["started.py"], ["-I", "started.py"], ["-E", "-S", "started.py"],
    ["-I", "-S", "-B", "started.py"],
    ["-m", "started"], ["-O", "-m", "started"], ["application.pyz"], ["-I", "application.pyz"],
  ]

  private func errors(
    in recorded: Recorded, of file: String, like source: String
  ) async throws -> [String] {
    let counts = try await recorded.lines().files[file] ?? [:]
    return try PythonLines(Self.fixtures.appending(source)).errors(in: counts, case: "*")
  }

  @Test(arguments: Python.all, ways)
  func startedInAnyWay(_ python: Python, _ way: [String]) async throws {
    let recorded = try Recorded("start\(python.name)\(way.joined())")
    let archive = way.last == "application.pyz"
    let program = recorded.directory.appending(archive ? "application.pyz" : "started.py")
    let from = Self.fixtures.appending("started.py").string
    if archive {
      let folder = recorded.directory.appending("folder")
      try FileManager.default.createDirectory(
        atPath: folder.string, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: from, toPath: folder.appending("__main__.py").string)
      try await Tools.run(
        [python.program.string, "-m", "zipapp", "folder", "-o", program.string],
        in: recorded.directory)
    } else {
      try FileManager.default.copyItem(atPath: from, toPath: program.string)
    }
    let command = [python.program.string] + way
    let bare = try await recorded.bare(command)
    let run = try await recorded.run(command)
    #expect(run.status == .exit(4) && run.status == bare.status, "\(run.errors)")
    #expect(run.output == "3\n" && run.output == bare.output)
    let file = archive ? program.appending("__main__.py") : program
    #expect(try await errors(in: recorded, of: file.string, like: "started.py") == [])
  }

  /// Those that Python code makes, also with locks of their own (3.12 and later) at the same time.
  @Test(arguments: Python.all)
  func interpretersThatCodeMakes(_ python: Python) async throws {
    let recorded = try Recorded("interpreters\(python.name)")
    let program = Self.fixtures.appending("interpreters.py").string
    let run = try await recorded.run([python.program.string, "-B", program])
    #expect(run.status == .exit(0), "\(run.errors)")
    #expect(run.output == "done\n")
    for name in ["interpreters.py", "interpreters_inner.py"] {
      let file = Self.fixtures.appending(name).string
      #expect(try await errors(in: recorded, of: file, like: name) == [], "\(name)")
    }
  }

  @Test func interpretersOfAProgram() async throws {
    if skips("a program that embeds CPython", without: ["gcc", "python3-config"]) { return }
    let recorded = try Recorded("embed")
    let source = Self.fixtures.appending("embed.c").string
    try await Tools.run(
      [
        "sh", "-c",
        "gcc \"$0\" -o embed $(python3-config --embed --cflags --ldflags) "
          + "-Wl,-rpath,\"$(python3-config --prefix)/lib\"", source,
      ], in: recorded.directory)
    let environment = ["PLACE": Self.fixtures.string, "PYTHONDONTWRITEBYTECODE": "1"]
    let run = try await recorded.run(
      [recorded.directory.appending("embed").string], environment: environment)
    #expect(run.status == .exit(3), "\(run.errors)")
    #expect(run.output == "done\n")
    let name = "interpreters_inner.py"
    let file = Self.fixtures.appending(name).string
    #expect(try await errors(in: recorded, of: file, like: name) == [])
  }
}
