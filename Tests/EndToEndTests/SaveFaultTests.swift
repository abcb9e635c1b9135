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
  /// `parent`: of a child that begins in trouble. `masked`: with all signals blocked. `handled`: saved before a
  /// handler too. `killed`: by a child that began before.
  static let ends = [
    "term", "fault", "racing", "_exit", "exec", "masked", "handled", "parent", "killed",
  ]

  @Test(arguments: [Trouble.none, .small], ends) func saved(_ trouble: Trouble, _ end: String)
    async throws
  {
    try await check(trouble, end, Self.privately(end), count: 7)
  }

  /// What led to the fork of its killer is in the snapshot of that place, but there is no child of it where the
  /// files are cut off.
  @Test(arguments: [Trouble.unreadable, .truncated], ends) func unsaved(
    _ trouble: Trouble, _ end: String
  )
    async throws
  {
    let known = trouble == .unreadable && end == "killed"
    try await check(trouble, end, Self.privately(end), count: known ? 7 : 0, lost: true)
  }

  /// Where nothing has to be saved nothing can go wrong, whoever may read the counters; but for a fork, which has
  /// to read the program's data beside them. (docs/Transparency.md)
  @Test(arguments: [Trouble.unreadable, .small], ends.filter { $0 != "parent" })
  func live(_ trouble: Trouble, _ end: String) async throws {
    try await check(trouble, end, [], count: 7)
  }

  /// A process that kills one with nothing to save does not look at it, nor wait for it.
  @Test func nobodyIsAsked() async throws {
    if skips("nobodyIsAsked", without: ["strace"]) { return }
    let run = try Recorded("saves-nobody-asked")
    let program = try await build(in: run)
    let trace = run.directory.appending("trace").string
    let strace = ["strace", "-f", "-e", "trace=kill,openat,futex,rt_sigqueueinfo", "-o", trace]
    _ = try await run.run(strace + [program, "none", "killed", "/nowhere"])
    let calls = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
    let kill = try #require(calls.firstIndex { $0.contains(" kill(") && $0.contains("SIGKILL") })
    let killer = calls[kill].prefix { $0 != " " }
    #expect(!calls[..<kill].contains { $0.contains("rt_sigqueueinfo(") })
    let its = calls[..<kill].filter { $0.hasPrefix(killer) }
    #expect(!its.contains { $0.contains("/status\"") || $0.contains("futex(") })
  }

  private static func privately(_ end: String) -> [String] {
    ["--private"] + (end == "handled" ? ["--save-before", "USR1"] : [])
  }

  private func build(in run: Recorded) async throws -> String {
    let program = run.directory.appending("saves").string
    try await Tools.run(
      [
        "clang", "-g", "-fprofile-instr-generate", "-fcoverage-mapping", "-Wl,-z,now", "-pthread",
        Self.source.string, "-o", program,
      ], in: run.directory)
    return program
  }

  private func check(
    _ trouble: Trouble, _ end: String, _ options: [String], count: UInt64, lost: Bool = false
  ) async throws {
    let run = try Recorded("saves-\(trouble)-\(end)\(options.joined())")
    let program = try await build(in: run)
    func command(_ directory: String) -> [String] { [program, trouble.rawValue, end, directory] }
    let bare = try await run.bare(
      command("/nowhere"), environment: ["LLVM_PROFILE_FILE": "/dev/null"])
    let files = run.recording.appending("u\(geteuid())").string
    let outcome = try await run.run(command(files), options: options)
    #expect(outcome.status == bare.status)
    #expect(outcome.output == bare.output)
    let missing: Set =
      trouble == .truncated ? ["private-killed", "damaged-file"] : ["private-killed"]
    #expect(try await run.ledger().slugs == (lost ? missing : []))
    let line = try markedLine("reached", of: Self.source)
    #expect((try await run.lines().files[Self.source.string]?[line] ?? 0) == count)
  }
}
