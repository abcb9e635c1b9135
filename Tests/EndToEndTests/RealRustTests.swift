import Foundation
import SystemPackage
import Testing

/// A Rust program of several modules (Tests/Fixtures/real/rust), optimised.
@Suite struct RealRustTests {
  static let sources = Places.fixtures.appending("real/rust")
  static let script = sources.appending("script.calc").string

  /// The program, or nothing where there is no rustc.
  private func program(for test: String) async throws -> FilePath? {
    if skips("a Rust program of several modules, \(test)", without: ["rustc"]) { return nil }
    let command = [
      "rustc", "-g", "-O", "--edition", "2021", "-C", "instrument-coverage",
      Self.sources.appending("main.rs").string,
    ]
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.sources.string).sorted()
    let texts = try names.map {
      try String(contentsOfFile: Self.sources.appending($0).string, encoding: .utf8)
    }
    let home = try await RealBuild.shared.directory("rust", key: RealBuild.key(command + texts)) {
      try await Tools.run(command + ["-o", $0.appending("calc").string], in: $0)
    }
    return home.appending("calc")
  }

  /// Caught panics and reported errors; an uncaught panic; a script: the process ends by itself.
  @Test(arguments: [["selftest"], ["run", script], ["panic", script]])
  func sameBytes(_ arguments: [String]) async throws {
    guard let program = try await program(for: arguments[0]) else { return }
    let run = try Recorded("real-rust-\(arguments[0])")
    let command = [program.string] + arguments
    let bare = try await run.bare(command, environment: ["LLVM_PROFILE_FILE": "bare.profraw"])
    let salvaged = try await run.run(command)
    #expect(bare.status == .exit(arguments[0] == "panic" ? 101 : 0))
    #expect(salvaged.status == bare.status)
    #expect(salvaged.output == bare.output)
    try await run.expectReports(of: program, equal: run.profiles("bare"))
  }

  /// abort() in the middle: nothing is left without us, and all of it with us.
  @Test func abort() async throws {
    guard let program = try await program(for: "abort") else { return }
    let run = try Recorded("real-rust-abort")
    let command = [program.string, "abort", Self.script]
    let bare = try await run.bare(command, environment: ["LLVM_PROFILE_FILE": "bare.profraw"])
    #expect(bare.status == .signal(SIGABRT))
    for profile in try run.profiles("bare") {
      #expect(try Data(contentsOf: URL(filePath: profile.string)).isEmpty)
    }
    let salvaged = try await run.run(command)
    #expect(salvaged.status == bare.status)
    #expect(try await run.ledger().slugs == [])
    let crash = Self.sources.appending("crash.rs")
    let lines = try await run.lines().files[crash.string] ?? [:]
    #expect(lines[try markedLine("gives up", of: crash)] == 1)
    #expect(lines[try markedLine("never", of: crash)] == 0)
  }

  /// 150 processes (500 in `scripts/test --full`), each killed by SIGKILL at a random instant of its
  /// first 4 ms, from before its first instruction to the middle of its work. What each of them told in shared memory before
  /// and after an answer encloses the counter of the answer: a kill may come between the two.
  @Test func killedAtRandomInstants() async throws {
    guard let program = try await program(for: "kill loop") else { return }
    // A machine under load needs most of a second for each.
    let isFull = ProcessInfo.processInfo.environment["SALVAGE_TEST_STORM"] != nil
    let runs = isFull ? 500 : 150
    let run = try Recorded("real-rust-kills")
    try Data(count: 16 * runs).write(to: URL(filePath: run.tally.string))
    let seed = UInt64.random(in: 1...UInt64.max)
    let outcome = try await run.run(
      [program.string, "drive", run.tally.string, "\(runs)", "\(seed)", Self.script],
      seconds: 900)
    #expect(outcome.status == .exit(0), "\(outcome.errors)")
    #expect(outcome.output == "\(runs) killed\n")
    let words = try Data(contentsOf: URL(filePath: run.tally.string)).withUnsafeBytes {
      Array($0.bindMemory(to: UInt64.self))
    }
    let begun = stride(from: 0, to: words.count, by: 2).reduce(0) { $0 + words[$1] }
    let given = stride(from: 1, to: words.count, by: 2).reduce(0) { $0 + words[$1] }
    let source = Self.sources.appending("drive.rs")
    let counted = try await run.lines().files[source.string]?[markedLine("answer", of: source)]
    let word = "seed \(seed): \(given) given, \(begun) begun"
    #expect(given > 2 * UInt64(runs), "too little happened; \(word)")
    #expect((given...begun).contains(counted ?? 0), "counted \(counted ?? 0); \(word)")
    let ledger = try await run.ledger()
    #expect(ledger.lives.count == runs + 1)
    #expect(ledger.ends["SIGKILL"] == runs)
    // Those that were killed in the dynamic loader are named, not forgotten.
    #expect(ledger.slugs.isSubset(of: ["not-started"]))
    let answering = stride(from: 0, to: words.count, by: 2).count { words[$0] > 0 }
    let unstarted = ledger.lives.count { !$0.losses.isEmpty }
    #expect(answering + unstarted <= runs)
    print("kill loop: \(counted ?? 0) counted, \(word), \(unstarted) killed before their start")
  }
}
