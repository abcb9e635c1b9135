import Foundation
import SalvageRecord
import SystemPackage
import Testing

/// What of Python is recorded, and what happens where it cannot be.
@Suite struct PythonOptionTests {
  /// The newest that is there has the monitor, the oldest the trace function.
  static let pythons = [Python.all.first, Python.all.last].compactMap { $0 }

  private func program(in recorded: Recorded) throws -> FilePath {
    let installed = recorded.directory.appending("site-packages/pkg")
    try FileManager.default.createDirectory(
      atPath: installed.string, withIntermediateDirectories: true)
    try Data("def f():\n    return 1\n".utf8).write(
      to: URL(filePath: installed.appending("mod.py").string))
    try Data().write(to: URL(filePath: installed.appending("__init__.py").string))
    let main = recorded.directory.appending("main.py")
    try Data("import json\nimport pkg.mod\nprint(pkg.mod.f())\n".utf8).write(
      to: URL(filePath: main.string))
    return main
  }

  private func names(_ recorded: Recorded) async throws -> [String] {
    try await recorded.lines().files.keys.compactMap { FilePath($0).lastComponent?.string }.sorted()
  }

  @Test(arguments: pythons)
  func sourcesAreChosen(_ python: Python) async throws {
    let choices: [(options: [String], files: [String])] = [
      ([], ["main.py"]),
      (["--python-source", "pkg"], ["mod.py"]),
      (["--python-source", "pkg.mod"], ["mod.py"]),
      (["--python-source", "."], ["main.py"]),
      (["--python-source", "main.py", "--python-source", "pkg"], ["main.py", "mod.py"]),
      (["--python-source", "site-packages/pkg"], ["mod.py"]),
      (["--python-source", "other"], []),
      (["--no-python"], []),
    ]
    for (number, choice) in choices.enumerated() {
      let recorded = try Recorded("choice\(python.name)-\(number)")
      let main = try program(in: recorded)
      let path = recorded.directory.appending("site-packages").string
      let run = try await recorded.run(
        [python.program.string, main.string], options: choice.options,
        environment: ["PYTHONPATH": path])
      #expect(run.output == "1\n" && run.status == .exit(0))
      #expect(try await names(recorded) == choice.files, "\(choice.options)")
    }
  }

  /// Commands and packages of a virtual environment are not recorded, wherever it lies.
  @Test(arguments: pythons)
  func anEnvironmentIsNoSource(_ python: Python) async throws {
    let recorded = try Recorded("environment\(python.name)")
    let main = try program(in: recorded)
    let made = try await recorded.bare([
      python.program.string, "-m", "venv", "--without-pip", ".venv",
    ])
    try #require(made.status == .exit(0), "\(made.errors)")
    let place = recorded.directory.appending(".venv")
    let command = place.appending("bin/tool")
    try Data(contentsOf: URL(filePath: main.string)).write(to: URL(filePath: command.string))
    let choices: [(options: [String], files: [String])] = [
      ([], []), (["--python-source", "."], []), (["--python-source", ".venv"], []),
      (["--python-source", ".venv/bin"], ["tool"]),
    ]
    for choice in choices {
      let run = try await recorded.run(
        [place.appending("bin/python").string, command.string], options: choice.options,
        environment: ["PYTHONPATH": recorded.directory.appending("site-packages").string])
      #expect(run.output == "1\n" && run.status == .exit(0), "\(run.errors)")
      #expect(try await reported(recorded).filter { $0 != "main.py" } == choice.files, "\(choice)")
    }
  }

  private func reported(_ recorded: Recorded) async throws -> [String] {
    let report = try await recorded.salvage([
      "report", "--all", "-f", "lcov", recorded.recording.string,
    ])
    return report.output.split(separator: "\n").filter { $0.hasPrefix("SF:") }
      .map { String($0.split(separator: "/").last ?? "") }.sorted()
  }

  /// What `--python-source` names and nobody imported is in the report.
  @Test(arguments: pythons)
  func whatWasNeverImportedIsReported(_ python: Python) async throws {
    let recorded = try Recorded("never\(python.name)")
    let main = try program(in: recorded)
    let names = [
      "lib/never.py", "lib/__init__.py", "lib/sub/deep.py", "lib/sub/__init__.py", "lib/data/no.py",
      "lib/.hidden.py", "lib/a.b.py", "lib/env/pyvenv.cfg", "lib/env/__init__.py",
    ]
    for name in names {
      let path = recorded.directory.appending(name)
      try FileManager.default.createDirectory(
        atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
      try Data("def f():\n    return 1\n".utf8).write(to: URL(filePath: path.string))
    }
    let link = recorded.directory.appending("linked")
    try FileManager.default.createSymbolicLink(
      atPath: link.string, withDestinationPath: recorded.directory.appending("lib").string)
    let library = ["__init__.py", "__init__.py", "deep.py", "never.py"]
    let choices: [(sources: [String], files: [String])] = [
      (["lib"], library), ([".", "lib"], library + ["main.py"]),
      (["lib.sub"], ["__init__.py", "deep.py"]), (["linked"], library),
      (["lib", "linked"], library), (["lib/never.py"], ["never.py"]),
      (["pkg"], ["__init__.py", "mod.py"]),
    ]
    for choice in choices {
      let run = try await recorded.run(
        [python.program.string, main.string],
        options: choice.sources.flatMap { ["--python-source", $0] },
        environment: ["PYTHONPATH": recorded.directory.appending("site-packages").string])
      #expect(run.output == "1\n" && run.status == .exit(0), "\(run.errors)")
      #expect(try await reported(recorded) == choice.files.sorted(), "\(choice.sources)")
      guard
        let file = try await recorded.lines().files.first(where: { $0.key.hasSuffix("/never.py") })
      else { continue }
      #expect(file.value == [1: 0, 2: 0])
    }
  }

  @Test(arguments: pythons)
  func aFileSizeLimitIsALoss(_ python: Python) async throws {
    let recorded = try Recorded("limit\(python.name)")
    let main = try program(in: recorded)
    let path = recorded.directory.appending("site-packages").string
    let script = "ulimit -f 200; exec \"$0\" \"$1\""
    let run = try await recorded.run(
      ["sh", "-c", script, python.program.string, main.string], environment: ["PYTHONPATH": path])
    #expect(run.output == "1\n" && run.status == .exit(0))
    let losses = try RecordingReader(recorded.recording).contents().losses
    #expect(losses.map(\.reason) == [.fileLimit])
  }

  /// Whatever the file holds, the program goes on.
  @Test(arguments: pythons)
  func aDamagedFileHurtsNobody(_ python: Python) async throws {
    let recorded = try Recorded("damaged\(python.name)")
    let main = try program(in: recorded)
    let command = [python.program.string, main.string]
    let environment = ["PYTHONPATH": recorded.directory.appending("site-packages").string]
    _ = try await recorded.run(command, environment: environment)
    let file = recorded.recording.appending("u\(geteuid())/python-00000000")
    let whole = Array(try Data(contentsOf: URL(filePath: file.string)))
    var state: UInt64 = 88_172_645_463_325_252
    func random(_ limit: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(limit))
    }
    for round in 0..<12 {
      var bytes = whole
      for _ in 0..<300 {
        let places = [32 + random(16), 4096 + random(262_144), 266_240 + random(300)]
        bytes[places[random(3)]] = [0, 1, 0x7f, 0xff][random(4)]
      }
      if round == 11 { bytes.removeLast(bytes.count - 5000) }
      // A new file under the old name: what a process maps is never cut off.
      try Data(bytes).write(to: URL(filePath: file.string), options: .atomic)
      chmod(file.string, 0o600)
      let run = try await recorded.run(command, options: ["--append"], environment: environment)
      #expect(run.output == "1\n" && run.status == .exit(0), "round \(round)")
      let report = try await recorded.salvage(["report", recorded.recording.string])
      let isEmpty = report.status == .exit(1) && report.errors.contains("nothing to report")
      #expect(report.status == .exit(0) || isEmpty, "round \(round): \(report.errors)")
    }
  }

  /// Where a version tells of both ways of a branch; the others have none.
  @Test(arguments: Python.all)
  func branches(_ python: Python) async throws {
    let source = Places.fixtures.appending("python/branches.py")
    let recorded = try Recorded("branches\(python.name)")
    let run = try await recorded.run([python.program.string, source.string])
    #expect(run.output == "9 [3, 2, 1]\n" && run.status == .exit(0), "\(run.errors)")
    let report = try await recorded.salvage(["report", recorded.recording.string, "-f", "lcov"])
    var seen: [Int: (taken: Int, all: Int)] = [:]
    for line in report.output.split(separator: "\n") where line.hasPrefix("BRDA:") {
      let fields = line.dropFirst(5).split(separator: ",")
      let number = try #require(Int(fields[0]))
      seen[number, default: (0, 0)].all += 1
      if fields[3] != "0" && fields[3] != "-" { seen[number]?.taken += 1 }
    }
    let text = try String(contentsOfFile: source.string, encoding: .utf8)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let marked = line.firstMatch(of: /# (\d)\/(\d)$/).map { "\($0.1)/\($0.2)" }
      let told = seen[index + 1].map { "\($0.taken)/\($0.all)" }
      #expect(told == (python.minor >= 14 ? marked : nil), "\(python): line \(index + 1)")
    }
  }
}
