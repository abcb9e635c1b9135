import Foundation
import SystemPackage
import Testing

/// One command run under `salvage run`, for tests that are no row of the table.
struct Recorded {
  var directory: FilePath
  var recording: FilePath { directory.appending("recording") }
  var tally: FilePath { directory.appending("tally") }

  init(_ name: String) throws {
    directory = try Places.fresh(name)
    try Tally.create(at: tally)
  }

  func bare(_ command: [String], environment: [String: String] = [:]) async throws -> Outcome {
    try await start(command, environment)
  }

  /// Runs `salvage run OPTIONS -- COMMAND`.
  func run(
    _ command: [String], options: [String] = [], environment: [String: String] = [:],
    seconds: Int = 300
  ) async throws -> Outcome {
    let salvage = [Places.salvage.string, "run", "-o", recording.string] + options + ["--"]
    return try await start(salvage + command, environment, seconds)
  }

  func salvage(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
    try await start([Places.salvage.string] + arguments, environment)
  }

  func lines() async throws -> LineCounts {
    let report = try await salvage(["report", recording.string, "-f", "lcov", "--all"])
    // Where nothing was counted it says so, and fails.
    let isEmpty = report.status == .exit(1) && report.errors.contains("nothing to report")
    #expect(report.status == .exit(0) || isEmpty, "salvage report: \(report.errors)")
    return LineCounts(lcov: report.output)
  }

  func ledger() async throws -> LedgerDocument {
    let ledger = try await salvage(["ledger", recording.string, "--json"])
    #expect(ledger.status == .exit(0), "salvage ledger: \(ledger.errors)")
    return try JSONDecoder().decode(LedgerDocument.self, from: Data(ledger.output.utf8))
  }

  /// All marked lines of `fixture` are reported with the counts of the tally.
  func expectExactCounts(of fixture: Fixture) async throws {
    let counts = try Tally(readingFrom: tally)
    let lines = try await lines()
    for line in try fixture.markedLines() {
      let reported = lines.files[line.file]?[line.line] ?? 0
      #expect(reported == counts.counts[line.mark], "\(line.file):\(line.line)")
    }
  }

  private func start(
    _ command: [String], _ environment: [String: String], _ seconds: Int = 300
  ) async throws -> Outcome {
    guard let program = Tools.find(command[0]) else {
      throw BuildFailed(description: "\(command[0]) is not there")
    }
    return try await execute(
      program, Array(command.dropFirst()),
      environment: Places.environment.merging(environment) { $1 }, directory: directory,
      seconds: seconds)
  }
}

/// The line of a source that ends with the comment `// line "name"`.
func markedLine(_ name: String, of source: FilePath) throws -> Int {
  let text = try String(contentsOfFile: source.string, encoding: .utf8)
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  return 1 + (lines.firstIndex { $0.hasSuffix("// line \"\(name)\"") } ?? -1)
}

/// Says why a test does nothing here; such a test is not a passed one.
func skips(_ name: String, without tools: [String]) -> Bool {
  let missing = Needs.missing(tools)
  if !missing.isEmpty { print("skipped: \(name): needs \(missing.joined(separator: ", "))") }
  return !missing.isEmpty
}
