import Foundation
import SystemPackage
import Testing

/// Beside LLVM's own runtime: its files where the user asked for them, its numbers where it works.
@Suite struct ProfileTests {
  /// The user's own LLVM_PROFILE_FILE keeps working, with right numbers, and we record as well.
  @Test(arguments: [Language].all) func ownProfileFile(_ language: Language) async throws {
    let fixture = Fixture.plain(language)
    if skips("ownProfileFile \(language)", without: fixture.needs) { return }
    let program = try await FixtureBuilder.shared.program(fixture)
    let run = try Recorded("own-profile-\(language)")
    for _ in 0..<3 {
      let outcome = try await run.run(
        [program.string, run.tally.string, "normal"], options: ["--append"],
        environment: ["LLVM_PROFILE_FILE": "own-%p.profraw"])
      #expect(outcome.status == .exit(0))
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: run.directory.string)
    let profiles = names.filter { $0.hasPrefix("own-") && $0.hasSuffix(".profraw") }
    #expect(profiles.count == 3, "\(names)")
    #expect(!names.contains("default.profraw"))
    try await run.expectExactCounts(of: fixture)
    // One of them alone has the counts of one run.
    let own = LineCounts(
      lcov: try await LLVM.lcov(
        of: program, profiles: [run.directory.appending(profiles[0])], in: run.directory))
    for line in try fixture.markedLines() where line.mark != Mark.destroyed.rawValue {
      let expected: UInt64 = line.mark < 2 ? 1 : 0
      #expect(own.files[line.file]?[line.line] ?? 0 == expected, "\(line)")
    }
  }

  /// For a run that ends normally our reports are those of llvm-cov, byte for byte.
  @Test(arguments: ["c", "c-O2", "swift", "rust"]) func sameBytes(_ build: String) async throws {
    let run = try Recorded("same-bytes-\(build)")
    let (program, arguments) = try await normalProgram(build, run)
    guard let program else { return }
    let bare = try await run.bare(
      [program.string] + arguments, environment: ["LLVM_PROFILE_FILE": "bare.profraw"])
    let salvaged = try await run.run([program.string] + arguments)
    #expect(bare.status == salvaged.status)
    #expect(bare.output == salvaged.output)
    let profiles = [run.directory.appending("bare.profraw")]
    for format in ["lcov", "llvm-json"] {
      let expected = try await LLVM.export(
        format == "lcov" ? "lcov" : "text", of: program, profiles: profiles, in: run.directory)
      let report = try await run.salvage(["report", run.recording.string, "-f", format])
      #expect(report.status == .exit(0), "\(report.errors)")
      #expect(report.output == expected, "\(format) differs")
    }
  }

  /// LLVM's runtime merges a pool into its counters at exit: the recording has what ran in it, the pool
  /// what it has without us.
  @Test(arguments: ["clang", "clang -fcoverage-mcdc", "clang-14", "rustc"], ["%m", "%4m"])
  func pool(_ compiler: String, _ pattern: String) async throws {
    let words = compiler.split(separator: " ").map(String.init)
    if skips("pool \(compiler)", without: [words[0]]) { return }
    for mode in [[], ["--private"], ["--per-process"]] {
      let run = try Recorded("pool-\(compiler)\(pattern.dropFirst())\(mode.joined())")
      let program = run.directory.appending("program").string
      let isRust = compiler == "rustc"
      let source = Places.fixtures.appending(isRust ? "other/pool.rs" : "other/pool.c")
      let options =
        isRust
        ? ["-C", "instrument-coverage"] : ["-fprofile-instr-generate", "-fcoverage-mapping"]
      try await Tools.run(
        words + options + [source.string, "-o", program], in: run.directory)
      // An earlier run, of which nothing may be in the recording.
      func pool(_ name: String) -> [String: String] {
        ["LLVM_PROFILE_FILE": "\(name)-\(pattern).profraw"]
      }
      for name in ["bare", "recorded"] {
        _ = try await run.bare([program, "earlier"], environment: pool(name))
      }
      for number in 0..<3 {
        let bare = try await run.bare([program], environment: pool("bare"))
        let recorded = try await run.run(
          [program], options: mode + (number > 0 ? ["--append"] : []),
          environment: pool("recorded"))
        #expect(recorded.status == bare.status && recorded.output == bare.output)
      }
      #expect(try await run.ledger().slugs == [])
      let lines = try await run.lines().files[source.string] ?? [:]
      #expect(lines[try markedLine("work", of: source)] == 3)
      #expect(lines[try markedLine("earlier", of: source)] == 0)
      #expect(lines[try markedLine("at the end", of: source)] == 3)
      let names = try FileManager.default.contentsOfDirectory(atPath: run.directory.string)
      let totals = try ["bare", "recorded"].map { name in
        let files = names.filter { $0.hasPrefix(name + "-") }
        return try files.map {
          try RawCounters.of(Data(contentsOf: URL(filePath: run.directory.appending($0).string)))
        }
        .reduce([0, 0, 0, 0, 0]) { sum, one in zip(sum, one).map(+) }
      }
      #expect(totals[0] == totals[1], "the pool of \(compiler) \(pattern) \(mode)")
    }
  }

  private func normalProgram(_ build: String, _ run: Recorded) async throws -> (
    FilePath?, [String]
  ) {
    if build.hasPrefix("c") {
      let program = run.directory.appending("differential")
      let source = Places.fixtures.appending("other/differential.c").string
      try await Tools.run(
        [
          "clang", build == "c" ? "-O0" : "-O2", "-fprofile-instr-generate", "-fcoverage-mapping",
          source, "-o", program.string,
        ], in: run.directory)
      return (program, [])
    }
    let fixture = build == "swift" ? Fixture.swift : Fixture.rust
    if skips("sameBytes \(build)", without: fixture.needs) { return (nil, []) }
    return (try await FixtureBuilder.shared.program(fixture), [run.tally.string, "normal"])
  }
}

/// The toolchain's own reports.
enum LLVM {
  /// Beside the resolved clang: a tool of another version refuses the profile.
  static func tool(_ name: String) -> String {
    let clang = Tools.find("clang").flatMap { realpath($0.string, nil) }
    defer { free(clang) }
    let directory =
      clang.map { FilePath(String(cString: $0)).removingLastComponent() } ?? "/usr/bin"
    return directory.appending(name).string
  }

  static func lcov(of program: FilePath, profiles: [FilePath], in directory: FilePath) async throws
    -> String
  {
    try await export("lcov", of: program, profiles: profiles, in: directory)
  }

  static func export(
    _ format: String, of program: FilePath, profiles: [FilePath], in directory: FilePath
  ) async throws -> String {
    let merged = directory.appending("merged.profdata").string
    try await Tools.run(
      [tool("llvm-profdata"), "merge", "-o", merged] + profiles.map(\.string), in: directory)
    return try await Tools.run(
      [tool("llvm-cov"), "export", "-format=\(format)", "-instr-profile", merged, program.string],
      in: directory
    ).output
  }
}

enum RawCounters {
  /// All counters of a raw profile: the layout is LLVM's InstrProfData.inc, versions 8 to 10.
  static func of(_ bytes: Data) -> [UInt64] {
    let words = (0..<bytes.count / 8).map { at in
      bytes[8 * at..<8 * at + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    // magic, version, size of build ids, records, padding, counters, …: these are behind the records
    let isNew = words[1] & 0xff >= 9
    let header = isNew ? (words[1] & 0xff >= 10 ? 16 : 14) : 11
    let start = header + Int(words[2]) / 8 + Int(words[3]) * (isNew ? 8 : 6) + Int(words[4]) / 8
    return Array(words[start..<start + Int(words[5])])
  }
}
