import Foundation
import SystemPackage
import Testing

/// Programs that read or set their own counters: they see what they counted themselves, and a reset
/// takes nothing of what others counted.
@Suite struct OwnCountersTests {
  private static let source = Places.fixtures.appending("other/counters.c")
  private static let modes = [[], ["--private"], ["--per-process"]]

  private static func build(_ compiler: [String], in run: Recorded) async throws -> String {
    let program = run.directory.appending("counters").string
    let options = ["-fprofile-instr-generate", "-fcoverage-mapping"]
    try await Tools.run(compiler + options + [source.string, "-o", program], in: run.directory)
    return program
  }

  private static func counts(_ run: Recorded) async throws -> [UInt64?] {
    let lines = try await run.lines().files[source.string] ?? [:]
    return try ["early", "late"].map { lines[try markedLine($0, of: source)] }
  }

  /// What the process itself counted before a reset is a loss with a name; all others have their counts.
  @Test(
    arguments: [
      ["clang", "-DRESETS"], ["clang", "-DRESETS", "-O2", "-fuse-ld=lld"],
      ["clang", "-DRESETS", "-fuse-ld=bfd", "-no-pie", "-fno-pie"], ["clang-14", "-DRESETS"],
      ["clang", "-DCLEARS"], ["clang", "-DCLEARS", "-O2"],
    ], modes)
  func reset(_ compiler: [String], _ mode: [String]) async throws {
    if skips("reset \(compiler)", without: [compiler[0], "ld.lld", "ld.bfd"]) { return }
    let run = try Recorded("own-\((compiler + mode).joined())")
    let program = try await Self.build(compiler, in: run)
    for what in ["plain", "plain", "own", "plain", "fork"] {
      let outcome = try await run.run(
        [program, what],
        options: mode
          + (FileManager.default.fileExists(
            atPath: run.recording.string) ? ["--append"] : []))
      #expect(outcome.status == .exit(0))
    }
    // The process "own" forgets its one.
    #expect(try await Self.counts(run) == [4, 2])
    #expect(try await run.ledger().slugs == ["own-counters"])
  }

  /// A runtime that speaks a second time, of an object whose file is no longer what it was, adds nothing.
  @Test(
    arguments: [
      ["clang", "-fprofile-instr-generate", "-fcoverage-mapping", "-Wl,--build-id=none"],
      ["clang", "-fprofile-instr-generate", "-fcoverage-mapping", "-Wl,--build-id=sha1"],
      ["gcc-12", "--coverage"], ["clang", "--coverage"],
    ], modes)
  func replacedFile(_ compiler: [String], _ mode: [String]) async throws {
    if skips("replaced \(compiler)", without: [compiler[0]]) { return }
    let source = Places.fixtures.appending("other/replaced.c")
    let run = try Recorded("replaced-\((compiler + mode).joined())")
    let program = run.directory.appending("replaced").string
    try await Tools.run(compiler + [source.string, "-o", program], in: run.directory)
    for life in 0..<3 {
      let outcome = try await run.run([program], options: mode + (life > 0 ? ["--append"] : []))
      #expect(outcome.status == .exit(0))
    }
    let lines = try await run.lines().files[source.string] ?? [:]
    #expect(try lines[markedLine("work", of: source)] == 3)
    #expect(try await run.ledger().slugs == [])
  }

  /// A program that writes a profile of its own writes what it counted itself, and loses nothing by it.
  @Test(arguments: ["-DWRITES", "-DDUMPS", "-DGCDA"], modes)
  func read(_ what: String, _ mode: [String]) async throws {
    if skips("read \(what)", without: ["gcc-12"]) { return }
    let run = try Recorded("own-\(what)\(mode.joined())")
    let program: String
    if what == "-DGCDA" {
      program = run.directory.appending("counters").string
      try await Tools.run(
        [
          "gcc-12", "--coverage", "-fprofile-info-section=infos", what, Self.source.string, "-o",
          program,
        ],
        in: run.directory)
    } else {
      program = try await Self.build(["clang", what], in: run)
    }
    func written() throws -> Data? {
      let names = try FileManager.default.contentsOfDirectory(atPath: run.directory.string)
      guard
        let name = names.first(where: {
          ["own.profraw", "default.profraw", "own.gcda"].contains($0)
        })
      else { return nil }
      defer { try? FileManager.default.removeItem(atPath: run.directory.appending(name).string) }
      let data = try Data(contentsOf: URL(filePath: run.directory.appending(name).string))
      // Addresses in a raw profile differ from run to run; its counters do not.
      return name == "own.gcda" ? data : Data(RawCounters.of(data).flatMap { [UInt8($0)] })
    }
    _ = try await run.bare([program, "own"])
    let bare = try written()
    for number in 0..<3 {
      _ = try await run.run(
        [program, number == 2 ? "own" : "plain"], options: mode + (number > 0 ? ["--append"] : []))
    }
    let recorded = try written()
    // With no LLVM_PROFILE_FILE the default profile is not wanted.
    #expect(recorded == (what == "-DDUMPS" ? nil : bare))
    #expect(try await Self.counts(run) == [3, 1])
    #expect(try await run.ledger().slugs == [])
  }
}
