import Foundation
import SystemPackage
import Testing

/// What a life costs whoever reads a ledger of 100,000: the difference between two sizes.
@Suite struct LargeLedgerTests {
  private static let generator = Places.tests.removingLastComponent()
    .appending("Benchmarks/ledgers.py").string
  private static let peak = Places.fixtures.appending("ledgers/peak.py").string
  private static let reads = Places.fixtures.appending("ledgers/reads.py").string
  private static let most = 300.0

  /// Two recordings of one program: of few lives, and of 100,000 more.
  private func recordings(_ run: Recorded) async throws {
    let source = run.directory.appending("a.c")
    try "int main(void) { return 0; }\n".write(
      toFile: source.string, atomically: true, encoding: .utf8)
    try await Tools.run(
      ["clang", "-fprofile-instr-generate", "-fcoverage-mapping", "a.c", "-o", "a"],
      in: run.directory)
    for (name, count) in [("few", 1000), ("many", 101_000)] {
      let outcome = try await run.salvage(["run", "-q", "-o", name, "--", "./a"])
      #expect(outcome.status == .exit(0), "\(outcome.errors)")
      try await Tools.run(["python3", Self.generator, name, "\(count)"], in: run.directory)
    }
  }

  /// What a script prints of a command: bytes of memory that it took at most, or those that it read.
  private func bytes(
    _ script: String, _ run: Recorded, _ arguments: [String]
  ) async throws -> Double {
    let outcome = try await run.bare(["python3", script, Places.salvage.string] + arguments)
    #expect(outcome.status == .exit(0), "\(outcome.errors)")
    return try #require(Double(outcome.output.dropLast()))
  }

  @Test func aLifeTakesFewBytes() async throws {
    if skips("large ledgers", without: ["clang", "python3"]) { return }
    let run = try Recorded("large-ledger")
    try await recordings(run)
    let commands: [[String]] = [
      ["report", "NAME", "-f", "lcov"], ["report", "NAME", "-f", "html", "-o", "pages"],
      ["ledger", "NAME"], ["ledger", "--deaths", "NAME"],
      ["run", "--append", "-o", "NAME", "--", "./a"], ["archive", "NAME", "-o", "NAME.archive"],
      ["report", "NAME.archive", "-f", "lcov"], ["ledger", "NAME.archive"],
      ["merge", "NAME.archive", "NAME", "-o", "merged"],
    ]
    for command in commands {
      var sizes: [Double] = []
      for name in ["few", "many"] {
        let words = command.map { $0.replacingOccurrences(of: "NAME", with: name) }
        sizes.append(try await bytes(Self.peak, run, words))
      }
      let each = (sizes[1] - sizes[0]) / 100_000
      #expect(each <= Self.most, "\(command): \(each) bytes a life")
    }
  }

  /// Once for its checksum, and once for what is in it.
  @Test func anArchiveIsReadTwice() async throws {
    if skips("large ledgers", without: ["clang", "python3"]) { return }
    let run = try Recorded("large-ledger-reads")
    try await recordings(run)
    let commands: [[String]] = [
      ["report", "-f", "lcov"], ["ledger"], ["export", "--format", "profraw", "-o", "out"],
    ]
    var sizes: [Double] = []
    for name in ["few", "many"] {
      let archived = try await run.salvage(["archive", name, "-o", "\(name).archive"])
      #expect(archived.status == .exit(0), "\(archived.errors)")
      let file = run.directory.appending("\(name).archive")
      sizes.append(Double(try Data(contentsOf: URL(filePath: file.string)).count))
    }
    for command in commands {
      var reads: [Double] = []
      for name in ["few", "many"] {
        reads.append(try await bytes(Self.reads, run, command + ["\(name).archive"]))
      }
      let each = (reads[1] - reads[0]) / (sizes[1] - sizes[0])
      #expect(each < 2.1, "\(command): each byte was read \(each) times")
    }
  }

  /// All are there, in both, as they were written.
  @Test func allAreThere() async throws {
    if skips("large ledgers", without: ["clang", "python3"]) { return }
    let run = try Recorded("large-ledger-lives")
    try await recordings(run)
    let archived = try await run.salvage(["archive", "many", "-o", "archive"])
    #expect(archived.status == .exit(0), "\(archived.errors)")
    let text = try await run.salvage(["ledger", "many"]).output
    let lines = text.split(separator: "\n")
    #expect(lines.count == 101_000 + 3)
    #expect(lines[50_000].contains("cc -O2 -c -o build/0049998.o src/0049998.c"))
    #expect(lines.count { $0.contains("SIGKILL") } == 1010)
    #expect(try await run.salvage(["ledger", "archive"]).output == text)
    let some = try await run.salvage(["ledger", "--json", "--losses", "many"])
    #expect(some.output.contains("\"lives\" : ["))
  }
}
