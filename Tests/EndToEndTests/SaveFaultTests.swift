import Foundation
import SystemPackage
import Testing

/// Private counters that can hardly be saved: the process ends as it would without us, and what is missing is
/// on the ledger. (`Tests/Fixtures/saves`)
@Suite struct SaveFaultTests {
  enum Trouble: String, CaseIterable {
    case none
    case unreadable  // counters that the program has mprotected
    case truncated  // files of the recording that somebody has cut off
    case small  // an alternate stack of the least size
  }
  static let source = Places.fixtures.appending("saves/saves.c")
  static let ends = ["term", "fault", "racing", "_exit", "exec", "killed"]

  @Test(arguments: Trouble.allCases, ends) func privately(_ trouble: Trouble, _ end: String)
    async throws
  {
    let kept = trouble == .none || trouble == .small
    try await check(trouble, end, ["--private"], kept: kept)
  }

  /// Where nothing has to be saved nothing can go wrong, whoever may read the counters.
  @Test(arguments: [Trouble.unreadable, .small], ends) func live(_ trouble: Trouble, _ end: String)
    async throws
  {
    try await check(trouble, end, [], kept: true)
  }

  private func check(_ trouble: Trouble, _ end: String, _ options: [String], kept: Bool)
    async throws
  {
    let run = try Recorded("saves-\(trouble)-\(end)\(options.joined())")
    let program = run.directory.appending("saves").string
    try await Tools.run(
      [
        "clang", "-g", "-fprofile-instr-generate", "-fcoverage-mapping", "-Wl,-z,now", "-pthread",
        Self.source.string, "-o", program,
      ], in: run.directory)
    func command(_ directory: String) -> [String] { [program, trouble.rawValue, end, directory] }
    let bare = try await run.bare(
      command("/nowhere"), environment: ["LLVM_PROFILE_FILE": "/dev/null"])
    let files = run.recording.appending("u\(geteuid())").string
    let outcome = try await run.run(command(files), options: options)
    #expect(outcome.status == bare.status)
    #expect(outcome.output == bare.output)
    let missing: Set =
      trouble == .truncated ? ["private-killed", "damaged-file"] : ["private-killed"]
    #expect(try await run.ledger().slugs == (kept ? [] : missing))
    let line = try markedLine("reached", of: Self.source)
    let count = try await run.lines().files[Self.source.string]?[line]
    #expect(kept ? count == 7 : (count ?? 0) == 0)
  }
}
