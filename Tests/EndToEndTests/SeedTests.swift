import Foundation
import SystemPackage
import Testing

/// The cases of pytest-cov's page "Subprocess support", as native programs: pools that are joined,
/// terminated or killed, a process that nobody waits for, and services with signal handlers of their
/// own. Each labelled line of each program has exactly the count that is known of it.
@Suite struct SeedTests {
  struct Case: Sendable, CustomStringConvertible {
    var program: String
    var mode: String
    /// What the program prints.
    var output: String
    /// The count of each label; a label that is not here never runs.
    var counts: [String: UInt64]
    /// How lives ended, those of the workers or the service.
    var ends: [String: Int]
    var description: String { "\(program) \(mode)" }
  }

  static let pool: [Case] = {
    let common: [String: UInt64] = [
      "forked": 5, "child": 5, "started": 5, "given": 3, "easy": 3, "square": 3, "reaped": 5,
      "returned": 1,
    ]
    func item(
      _ mode: String, _ status: String, _ counts: [String: UInt64], _ ends: [String: Int]
    ) -> Case {
      let output = ["1", "4", "9"] + Array(repeating: status, count: 5)
      return Case(
        program: "pool", mode: mode, output: output.joined(separator: "\n") + "\n",
        counts: common.merging(counts) { $1 }, ends: ends)
    }
    return [
      item("joined", "exit 0", ["close": 1, "empty": 5, "closed": 5], [:]),
      item("idle", "signal 15", ["terminated": 5], ["SIGTERM": 5]),
      item(
        "working", "signal 15", ["hardgiven": 5, "hard": 5, "terminated": 5], ["SIGTERM": 5]),
      item("killed", "signal 9", ["hardgiven": 5, "hard": 5, "terminated": 5], ["SIGKILL": 5]),
    ]
  }()

  static let process = [
    Case(
      program: "pool", mode: "process", output: "hello bob\nexit 0\n",
      counts: ["started1": 1, "greeted": 1, "reaped": 1, "returned": 1], ends: [:]),
    // The parent is gone before the child has begun: the child waits for that.
    Case(
      program: "pool", mode: "left", output: "hello bob\n",
      counts: ["started1": 1, "left": 1, "waited": 1, "empty": 1, "greeted": 1],
      ends: ["_exit 0": 1]),
  ]

  static let service: [Case] = ["", "flush-"].flatMap { flush in
    let common: [String: UInt64] = ["service": 1, "first": 1, "served": 1, "returned": 1]
    func item(
      _ mode: String, _ output: String, _ counts: [String: UInt64], _ ends: [String: Int]
    ) -> Case {
      var counts = common.merging(counts) { $1 }
      if !flush.isEmpty { counts.merge(["flushed": 1, "afterflush": 1]) { $1 } }
      return Case(
        program: "service", mode: flush + mode, output: output + "\n", counts: counts, ends: ends)
    }
    return [
      item("exit", "exit 7", ["term": 1, "exit": 1], ["_exit 7": 1]),
      item("again", "signal 15", ["term": 1, "again": 1], ["SIGTERM": 1]),
      item("return", "exit 4", ["term": 1, "return": 1, "stopped": 1], ["exit 4": 1]),
      item(
        "restart", "signal 15",
        ["hup": 1, "sendhup": 1, "served": 2, "reexecuted": 1, "second": 1],
        ["exec": 1, "SIGTERM": 1]),
    ]
  }

  @Test(arguments: ["c", "swift"], pool + process + service)
  func seed(_ language: String, _ item: Case) async throws {
    let missing = Tools.missing(language == "c" ? ["clang"] : ["swiftc"])
    guard missing.isEmpty else {
      print("skipped: \(item) in \(language): needs \(missing.joined(separator: ", "))")
      return
    }
    let program = try await SeedPrograms.shared.program(item.program, language)
    try await Gate.pass { try await Self.check(item, language, program) }
  }

  private static func check(_ item: Case, _ language: String, _ program: FilePath) async throws {
    let directory = try Places.fresh("seed-\(item.program)-\(item.mode)-\(language)")
    let outcome = try await execute(
      Places.salvage, ["run", "-o", "recording", "--", program.string, item.mode],
      environment: Places.environment, directory: directory)
    #expect(outcome.status == .exit(0), "\(outcome.errors)")
    #expect(outcome.output == item.output)
    let source = SeedPrograms.source(item.program, language)
    try await checkCounts(item, source, in: directory)
    let ledger = try await execute(
      Places.salvage, ["ledger", "recording", "--json"], environment: Places.environment,
      directory: directory)
    let document = try JSONDecoder().decode(
      LedgerDocument.self, from: Data(ledger.output.utf8))
    #expect(document.slugs.isEmpty)
    for (end, times) in item.ends { #expect(document.ends[end] == times, "\(document.ends)") }
    try? FileManager.default.removeItem(atPath: directory.string)
  }

  private static func checkCounts(_ item: Case, _ source: FilePath, in directory: FilePath)
    async throws
  {
    let report = try await execute(
      Places.salvage, ["report", "recording", "-f", "lcov"], environment: Places.environment,
      directory: directory)
    #expect(report.status == .exit(0), "\(report.errors)")
    let lines = LineCounts(lcov: report.output).files[source.string] ?? [:]
    let labels = try labels(of: source)
    for (number, label) in labels {
      #expect(lines[number] == item.counts[label] ?? 0, "\(source):\(number): \(label)")
    }
    let unknown = Set(item.counts.keys).subtracting(labels.values)
    #expect(unknown.isEmpty, "no line is called \(unknown)")
  }

  /// Lines that end in `// [name]`.
  private static func labels(of source: FilePath) throws -> [Int: String] {
    let text = try String(contentsOfFile: source.string, encoding: .utf8)
    let pattern = /\/\/ \[(\w+)\]$/
    var labels: [Int: String] = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if let match = line.firstMatch(of: pattern) { labels[index + 1] = String(match.1) }
    }
    return labels
  }
}

/// Builds each program once a test run.
private actor SeedPrograms {
  static let shared = SeedPrograms()

  private var builds: [String: Task<FilePath, any Error>] = [:]

  static func source(_ name: String, _ language: String) -> FilePath {
    Places.fixtures.appending("seed").appending("\(name).\(language)")
  }

  func program(_ name: String, _ language: String) async throws -> FilePath {
    let key = "\(name)-\(language)"
    if let build = builds[key] { return try await build.value }
    let build = Task {
      let directory = try Places.fresh("seed-programs-\(key)")
      let program = directory.appending(name)
      try await Tools.run(Self.command(name, language, program), in: directory)
      return program
    }
    builds[key] = build
    return try await build.value
  }

  /// The header `salvage.h` is for C; the Swift program looks the function up.
  private static func command(_ name: String, _ language: String, _ program: FilePath) -> [String] {
    let source = source(name, language).string
    if language == "swift" {
      return [
        "swiftc", "-g", "-swift-version", "6", "-parse-as-library", "-profile-generate",
        "-profile-coverage-mapping", source, "-o", program.string,
      ]
    }
    let headers = Places.tests.removingLastComponent().appending("CShim/Cooperate/include")
    return [
      "clang", "-g", "-Wall", "-Wextra", "-fprofile-instr-generate", "-fcoverage-mapping",
      "-I", headers.string, source, "-o", program.string,
    ]
  }
}
