import Foundation
import SystemPackage
import Testing

/// Every death of the table, in every language that can express it, under the real command.
@Suite struct TableTests {
  static var cases: [Case] {
    guard let only = ProcessInfo.processInfo.environment["SALVAGE_TEST_ROW"] else {
      return Case.table
    }
    return Case.table.filter { "\($0.row)".hasPrefix(only) || $0.description == only }
  }

  @Test(arguments: cases) func live(_ item: Case) async throws {
    try await Trial.check(item, options: [])
  }

  /// The classic way, without shared pages: all but SIGKILL and its kin is kept.
  @Test(arguments: cases) func privately(_ item: Case) async throws {
    try await Trial.check(item, options: ["--private"])
  }
}

/// One row run with and without the shim, and compared.
struct Trial {
  var item: Case
  var isPrivate: Bool
  var directory: FilePath
  var recording: FilePath { directory.appending("recording") }

  static func check(_ item: Case, options: [String]) async throws {
    let missing = Tools.missing(item.fixture.needs) + Needs.missing(item.row.needs)
    guard missing.isEmpty else {
      print("skipped: \(item): needs \(missing.joined(separator: ", "))")
      return
    }
    let program = try await FixtureBuilder.shared.program(item.fixture)
    try await Gate.pass {
      let name = "\(item)\(options.joined())".map { $0.isLetter || $0.isNumber ? $0 : "-" }
      let directory = try Places.fresh(String(name))
      let trial = Trial(item: item, isPrivate: options == ["--private"], directory: directory)
      try await trial.run(program, options)
      try? FileManager.default.removeItem(atPath: directory.string)
    }
  }

  private func run(_ program: FilePath, _ options: [String]) async throws {
    let bare = try await once(program, under: nil, in: "bare")
    let salvaged = try await once(
      program, under: ["run", "-o", recording.string] + options + ["--"], in: "salvaged")
    compare(bare.outcome, salvaged.outcome)
    if let status = item.row.status { #expect(bare.outcome.status == status, "without the shim") }
    let allowed = item.row.ran.union([.destroyed])
    #expect(salvaged.tally.marks.isSubset(of: allowed), "ran more than the table says")
    #expect(item.row.ran.isSubset(of: salvaged.tally.marks), "ran less than the table says")
    for name in try FileManager.default.contentsOfDirectory(atPath: salvaged.place.string) {
      #expect(!name.hasSuffix(".profraw"), "the program's own runtime wrote \(name)")
    }
    try await checkCounts(salvaged.tally)
    try await checkLedger()
  }

  private func once(_ program: FilePath, under salvage: [String]?, in name: String) async throws
    -> (outcome: Outcome, tally: Tally, place: FilePath)
  {
    let place = directory.appending(name)
    let tally = directory.appending("\(name).tally")
    try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: true)
    chmod(place.string, 0o777)
    try Tally.create(at: tally)
    let arguments = [tally.string, item.row.death] + item.row.arguments
    let outcome =
      if let salvage {
        try await execute(
          Places.salvage, salvage + [program.string] + arguments, environment: Places.environment,
          directory: place)
      } else {
        try await execute(
          program, arguments, environment: Places.environment, directory: place)
      }
    return (outcome, try Tally(readingFrom: tally), place)
  }

  /// The program does not notice.
  private func compare(_ bare: Outcome, _ salvaged: Outcome) {
    #expect(salvaged.status == bare.status)
    #expect(salvaged.output == bare.output)
    #expect(Self.words(salvaged.errors) == Self.words(bare.errors, withoutRuntime: true))
  }

  /// What a program said, but for our own lines, numbers that differ from run to run, and (without
  /// the shim only) the complaints of LLVM's runtime about a profile it could not write.
  private static func words(_ errors: String, withoutRuntime: Bool = false) -> String {
    errors.split(separator: "\n")
      .filter { !$0.hasPrefix("salvage: ") }
      .filter { !withoutRuntime || !$0.hasPrefix("LLVM Profile") }
      .map { $0.replacing(/0x[0-9a-f]+|\(\d+\)/, with: "N") }
      .joined(separator: "\n")
  }

  /// Executed lines are all reported with their counts, unexecuted ones with 0.
  private func checkCounts(_ tally: Tally) async throws {
    let report = try await execute(
      Places.salvage, ["report", recording.string, "-f", "lcov"], environment: Places.environment,
      directory: directory)
    if report.status != .exit(0), !(isPrivate && item.row.privateLoses != .nothing) {
      Issue.record("salvage report: \(report.status)\n\(report.errors)")
      return
    }
    let counts = LineCounts(lcov: report.output)
    for line in try item.fixture.markedLines() {
      let range = expectation(line.mark, tally)
      let count = counts.files[line.file]?[line.line]
      if count == nil && range.contains(0) { continue } // its file was in no process
      let mark = Mark(rawValue: line.mark).map { "\($0)" } ?? "\(line.mark)"
      #expect(
        range.contains(count ?? 0),
        "\(mark) (\(line.file):\(line.line)) ran \(range), reported \(count.map(String.init) ?? "-")")
    }
  }

  /// The counts that a mark's line may be reported with.
  private func expectation(_ number: Int, _ tally: Tally) -> ClosedRange<UInt64> {
    var low = tally.counts[number]
    var high = item.row.isBounded ? max(low, tally.attempts[number]) : low
    if item.fixture.isSingleByte {
      low = min(low, 1)
      high = min(high, 1)
    }
    guard isPrivate else { return low...high }
    switch item.row.privateLoses {
    case .nothing: break
    case .everything: low = 0
    case .marks(let marks): if marks.contains(where: { $0.rawValue == number }) { low = 0 }
    }
    return low...high
  }

  private func checkLedger() async throws {
    let ledger = try await execute(
      Places.salvage, ["ledger", recording.string, "--json"], environment: Places.environment,
      directory: directory)
    #expect(ledger.status == .exit(0), "salvage ledger: \(ledger.errors)")
  }
}

/// What rows need of the machine, and why it is not there.
enum Needs {
  static func missing(_ needs: [String]) -> [String] {
    needs.filter { need in
      switch need {
      case "root": geteuid() != 0
      default: Tools.find(need) == nil
      }
    }
  }
}
