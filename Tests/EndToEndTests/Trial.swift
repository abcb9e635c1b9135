import Foundation
import SystemPackage
import Testing

/// One row run with and without the shim, and compared.
struct Trial {
  var item: Case
  var isPrivate: Bool
  var directory: FilePath
  var recording: FilePath { directory.appending("recording") }
  /// Where libgcov would write, were it not kept from that.
  var gcovData: FilePath { directory.appending("gcda") }

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
    try? FileManager.default.removeItem(atPath: gcovData.string)
    let salvaged = try await once(
      program, under: ["run", "-o", recording.string] + options + ["--"], in: "salvaged")
    let isLeft = !item.row.losses.isDisjoint(with: ["secure", "gcov-late"])
    #expect(isLeft || !gcovData.isThere, "libgcov wrote its files")
    compare(bare.outcome, salvaged.outcome)
    if let status = item.row.status { #expect(bare.outcome.status == status, "without the shim") }
    let allowed = item.row.ran.union([.destroyed])
    #expect(salvaged.tally.marks.isSubset(of: allowed), "ran more than the table says")
    #expect(item.row.ran.isSubset(of: salvaged.tally.marks), "ran less than the table says")
    for name in try FileManager.default.contentsOfDirectory(atPath: salvaged.place.string)
    where !item.row.losses.contains("secure") {
      #expect(!name.hasSuffix(".profraw"), "the program's own runtime wrote \(name)")
    }
    let ledger = try await readLedger()
    try await checkCounts(salvaged.tally, ledger)
    checkLedger(ledger)
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
    var environment = Places.environment
    if item.fixture.isGcov { environment["GCOV_PREFIX"] = gcovData.string }
    let outcome =
      if let salvage {
        try await execute(
          Places.salvage, salvage + [program.string] + arguments, environment: environment,
          directory: place)
      } else {
        try await execute(
          program, arguments, environment: environment, directory: place)
      }
    return (outcome, try Tally(readingFrom: tally), place)
  }

  /// The program does not notice.
  private func compare(_ bare: Outcome, _ salvaged: Outcome) {
    #expect(salvaged.status == (item.row.statusUnder ?? bare.status))
    // The order of the environment that a test process hands on differs from spawn to spawn, with or
    // without us; Tests/Transparency compares the order.
    let isPortrait = item.description.hasPrefix("portrait")
    func lines(_ text: String) -> [Substring] {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      return isPortrait ? lines.sorted() : lines
    }
    #expect(lines(salvaged.output) == lines(bare.output))
    #expect(Self.words(salvaged.errors) == Self.words(bare.errors, withoutRuntime: true))
  }

  /// What a program said, but for our own lines, numbers that differ from run to run, and (without
  /// the shim only) the complaints of the compiler's runtime about a profile it could not write.
  private static func words(_ errors: String, withoutRuntime: Bool = false) -> String {
    errors.split(separator: "\n")
      .filter { !$0.hasPrefix("salvage: ") }
      .filter { line in
        !withoutRuntime
          || !["LLVM Profile", "profiling:", "libgcov profiling"].contains { line.hasPrefix($0) }
      }
      // Lines of a backtrace: a frame of libsalvage.so is in it.
      .filter { $0.firstMatch(of: /^\s*(#?\d+[: ]|at )/) == nil }
      .map { $0.replacing(/0x[0-9a-f]+|\(\d+\)/, with: "N") }
      .joined(separator: "\n")
  }

  /// Executed lines are all reported with their counts, unexecuted ones with 0; a count that is not
  /// there is a loss that the ledger names.
  private func checkCounts(_ tally: Tally, _ ledger: LedgerDocument) async throws {
    let report = try await execute(
      Places.salvage, ["report", recording.string, "-f", "lcov"], environment: Places.environment,
      directory: directory)
    // 1: every process was lost, and nothing is left to report.
    let isReported =
      report.status == .exit(0)
      || report.status == .exit(1) && report.errors.contains("nothing to report")
    #expect(isReported, "salvage report: \(report.errors)")
    let counts = LineCounts(lcov: report.output)
    var isMissing = false
    for line in try item.fixture.markedLines() {
      let range = expectation(line.mark, tally)
      let count = counts.files[line.file]?[line.line]
      isMissing = isMissing || (count ?? 0) < range.lowerBound
      if count == nil && range.contains(0) { continue }  // its file was in no process
      let lower = loses(line.mark) ? 0 : range.lowerBound
      let mark = Mark(rawValue: line.mark).map { "\($0)" } ?? "\(line.mark)"
      #expect(
        (lower...range.upperBound).contains(count ?? 0),
        "\(mark) (\(line.file):\(line.line)) ran \(range), reported \(count.map(String.init) ?? "-")"
      )
    }
    // Nobody sees, privately, what threads count behind the copy, or a fork that passes no hook.
    guard !(isPrivate && (item.row.isBounded || item.row.death == "inline-fork")) else { return }
    #expect(!isMissing || !ledger.slugs.isEmpty, "counts are missing, and the ledger names no loss")
  }

  private func loses(_ mark: Int) -> Bool {
    item.row.loses.contains(mark) || isPrivate && item.row.privateLoses.contains(mark)
  }

  /// The counts that a mark's line has, where nothing is lost.
  private func expectation(_ number: Int, _ tally: Tally) -> ClosedRange<UInt64> {
    let low = tally.counts[number]
    let high = item.row.isBounded ? max(low, tally.attempts[number]) : low
    guard item.fixture.isSingleByte else { return low...high }
    // An 8-bit counter that is caught at a multiple of 256 is 0.
    return item.fixture.wraps && high > 255 ? 0...1 : min(low, 1)...min(high, 1)
  }

  private func readLedger() async throws -> LedgerDocument {
    let ledger = try await execute(
      Places.salvage, ["ledger", recording.string, "--json"], environment: Places.environment,
      directory: directory)
    #expect(ledger.status == .exit(0), "salvage ledger: \(ledger.errors)")
    return try JSONDecoder().decode(LedgerDocument.self, from: Data(ledger.output.utf8))
  }

  /// The Swift and the Rust program end by exit() where the C program returns from main.
  private func inLanguage(_ ends: [String: Int]) -> [String: Int] {
    guard item.fixture.language == .swift || item.fixture.language == .rust else { return ends }
    return ends.reduce(into: [:]) {
      $0[$1.key.replacing("returned", with: "exit"), default: 0] += $1.value
    }
  }

  private func checkLedger(_ ledger: LedgerDocument) {
    if let ends = item.row.ends { #expect(ledger.ends == inLanguage(ends)) }
    if isPrivate {
      // Nobody looks for a slot there.
      #expect(ledger.slugs.isSuperset(of: item.row.losses.subtracting(["no-slot"])))
    } else {
      #expect(ledger.slugs.subtracting(item.row.mayLose) == item.row.losses)
    }
  }
}
