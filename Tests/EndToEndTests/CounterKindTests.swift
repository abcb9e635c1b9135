import Foundation
import SystemPackage
import Testing

/// Counters that are hard to find: kept, or a loss that says why; and what has none is no loss.
@Suite struct CounterKindTests {
  private static let source = Places.fixtures.appending("other/ended.c")
  private static let clang = ["clang", "-fprofile-instr-generate", "-fcoverage-mapping"]

  private static func build(
    _ command: [String], _ sources: [FilePath] = [source], in run: Recorded,
    as name: String = "program"
  ) async throws -> String {
    let program = run.directory.appending(name).string
    try await Tools.run(
      command + sources.map(\.string) + ["-o", program, "-pthread"], in: run.directory)
    return program
  }

  private static func counts(_ run: Recorded) async throws -> UInt64? {
    try await run.lines().files[source.string]?[try markedLine("work", of: source)]
  }

  /// gcc's counters are found without the file, which LLVM's are not.
  @Test(arguments: ["gcc", "clang"], [[], ["--private"], ["--per-process"]])
  func unreadable(_ compiler: String, _ mode: [String]) async throws {
    guard geteuid() == 0 else { return print("skipped: unreadable: needs root") }
    let run = try Recorded("unreadable-\(compiler)\(mode.joined())")
    chmod(run.directory.string, 0o777)
    let program = try await Self.build(
      compiler == "gcc" ? ["gcc", "--coverage"] : Self.clang, in: run)
    chmod(program, 0o711)
    let user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    let outcome = try await run.run(
      user + [program, mode == ["--private"] ? "_exit" : "kill"], options: mode)
    #expect(outcome.status == (mode == ["--private"] ? .exit(0) : .signal(9)))
    if compiler == "gcc" {
      #expect(try await run.ledger().slugs == [])
      #expect(try await Self.counts(run) == 1)
    } else {
      #expect(try await run.ledger().slugs == ["unreadable"])
    }
  }

  /// Limits that leave room for the program leave room for looking into it.
  @Test(arguments: ["gcc", "clang"], ["-d 2000", "-v 4000"])
  func limits(_ compiler: String, _ limit: String) async throws {
    let run = try Recorded("limits-\(compiler)\(limit.filter { $0 != " " })")
    let program = try await Self.build(
      compiler == "gcc" ? ["gcc", "--coverage"] : Self.clang, in: run)
    let outcome = try await run.run(["sh", "-c", "ulimit \(limit); exec \(program) kill"])
    #expect(outcome.status == .signal(9))
    #expect(try await run.ledger().slugs == [])
    #expect(try await Self.counts(run) == 1)
  }

  @Test(arguments: ["gcc", "clang"]) func withoutSectionHeaders(_ compiler: String) async throws {
    let run = try Recorded("no-sections-\(compiler)")
    let program = try await Self.build(
      compiler == "gcc" ? ["gcc", "--coverage"] : Self.clang, in: run)
    var bytes = try Data(contentsOf: URL(filePath: program))
    // e_shoff, e_shentsize, e_shnum, e_shstrndx (elf(5))
    for at in Array(0x28..<0x30) + Array(0x3a..<0x40) { bytes[at] = 0 }
    try bytes.write(to: URL(filePath: program))
    chmod(program, 0o755)
    _ = try await run.run([program, "kill"])
    #expect(try await run.ledger().slugs == (compiler == "gcc" ? [] : ["no-sections"]))
    if compiler == "gcc" { #expect(try await Self.counts(run) == 1) }
  }

  /// Parts of a program whose records have two sizes. Its own runtime takes all for one size.
  @Test(arguments: [true, false]) func twoVersions(_ isOldFirst: Bool) async throws {
    if skips("twoVersions", without: ["clang-14"]) { return }
    let run = try Recorded("two-versions-\(isOldFirst)")
    let part = Places.fixtures.appending("other/part.c")
    let options = Array(Self.clang.dropFirst())
    let old = run.directory.appending("old.o")
    let new = run.directory.appending("new.o")
    for (compiler, from, to) in [("clang-14", part, old), ("clang", Self.source, new)] {
      try await Tools.run(
        [compiler] + options + ["-DPARTS", "-c", from.string, "-o", to.string], in: run.directory)
    }
    let program = try await Self.build(
      Self.clang, isOldFirst ? [old, new] : [new, old], in: run)
    _ = try await run.run([program, "kill"])
    #expect(try await run.ledger().slugs == [])
    #expect(try await Self.counts(run) == 1)
    #expect(
      try await run.lines().files[part.string]?[try markedLine("part", of: part)] == 3)
  }

  /// What cannot be kept is named, and left to the program's own runtime.
  @Test(arguments: [
    (["clang", "--coverage", "-mcmodel=large"], "clang-gcov"),
    (clang + ["-mllvm", "-profile-correlate=binary"], "correlated"),
    (clang + ["-g", "-mllvm", "-profile-correlate=debug-info"], "correlated"),
  ]) func named(_ build: [String], _ loss: String) async throws {
    let run = try Recorded("named-\(build.last ?? "")")
    let program = try await Self.build(build, in: run)
    for options in [[], ["--append"], ["--append"]] {
      _ = try await run.run([program, "_exit"], options: options)
    }
    let ledger = try await run.ledger()
    #expect(ledger.slugs == [loss])
    #expect(ledger.lives.filter { $0.losses == [loss] }.count == 3)
    let doctor = try await run.salvage(["doctor", program])
    #expect(doctor.status != .exit(0), "\(doctor.output)")
    _ = try await run.run([program, "return"], options: ["--append"])
    let names = try FileManager.default.contentsOfDirectory(atPath: run.directory.string)
    #expect(names.contains { $0.hasSuffix(".profraw") || $0.hasSuffix(".gcda") }, "\(names)")
  }

  /// A program that asks for the variable without such counters is answered as without us.
  @Test func variable() async throws {
    let run = try Recorded("profile-variable")
    let program = try await Self.build(["gcc", "--coverage"], in: run)
    #expect(try await run.run([program, "variable"]).output == "unset\n")
    #expect(try await run.ledger().slugs == [])
  }

  /// A fork at a place that is not known is no loss.
  @Test(arguments: ["gcc", "clang"]) func forkDeepInThread(_ compiler: String) async throws {
    let run = try Recorded("deep-\(compiler)")
    let program = try await Self.build(
      compiler == "gcc" ? ["gcc", "--coverage"] : Self.clang, in: run)
    #expect(try await run.run([program, "deep"]).status == .exit(0))
    let report = try await run.salvage(["report", run.recording.string, "--fail-on-loss"])
    #expect(report.status == .exit(0), "\(report.errors)")
    #expect(!"\(report.output)\(report.errors)".contains("open failed"))
    #expect(try await Self.counts(run) == 2)
  }

  /// Programs that the library can't be in: those without counters lose nothing.
  @Test(arguments: [
    (["gcc", "-static"], false), (["gcc", "-static", "--coverage"], true),
    (clang + ["-static"], true), (["gcc"], false), (["gcc", "--coverage"], true), (clang, true),
  ]) func notEntered(_ build: [String], _ isLoss: Bool) async throws {
    let run = try Recorded("not-entered-\(build.joined())")
    let isStatic = build.contains("-static")
    let program = try await Self.build(build, in: run)
    guard isStatic || geteuid() == 0 else { return print("skipped: notEntered: needs root") }
    if !isStatic {
      chown(program, 65534, 65534)
      chmod(program, 0o4755)
    }
    for options in [[], ["--append"]] {
      let outcome = try await run.run(
        ["sh", "-c", "\(program) return; \(program) return"], options: options)
      #expect(outcome.status == .exit(0))
    }
    #expect(try await run.ledger().slugs == (isLoss ? [isStatic ? "static" : "secure"] : []))
    let report = try await run.salvage(["ledger", run.recording.string, "--json"])
    #expect(report.status == .exit(0))
  }

  /// The loader runs an ifunc resolver before anything else, also one whose counter is amid many others.
  @Test(arguments: [[], ["--per-process"]]) func resolver(_ mode: [String]) async throws {
    let run = try Recorded("resolver\(mode.joined())")
    let some = (0..<1500).map { "int name\($0)(int x) { return x > \($0) ? x : 0; }\n" }
    let text =
      some.joined() + "int work(int x) { return x; }\n"
      + "int (*pick(void))(int) { return work; }\nint chosen(int) __attribute__((ifunc(\"pick\")));\n"
      + some.joined().replacing("name", with: "more") + "int main(void) { return chosen(0); }\n"
    let source = run.directory.appending("many.c")
    try text.write(toFile: source.string, atomically: true, encoding: .utf8)
    let program = try await Self.build(Self.clang, [source], in: run)
    for options in [[], ["--append"]] {
      #expect(try await run.run([program], options: mode + options).status == .exit(0))
    }
    let lines = try await run.lines().files[source.string] ?? [:]
    #expect(lines[1501] == 2 && lines[1502] == 2, "\(lines[1501] ?? 99) \(lines[1502] ?? 99)")
  }

  /// Source-based counters are not cleared with those that libFuzzer uses.
  @Test func fuzzerWithSourceBasedCounters() async throws {
    let run = try Recorded("fuzzer-source")
    let fuzzed = Places.fixtures.appending("other/fuzzed.c")
    let program = try await Self.build(Self.clang + ["-fsanitize=fuzzer"], [fuzzed], in: run)
    _ = try await run.run([program, "-runs=20", "-seed=1"])
    #expect(try await run.ledger().slugs == [])
    let entry = try markedLine("entry", of: fuzzed)
    #expect((try await run.lines().files[fuzzed.string]?[entry] ?? 0) >= 20)
  }

  /// A namespace of dlmopen has a libc of its own, which we are not in front of.
  @Test(arguments: [(["gcc"], false), (["gcc", "--coverage"], true), (clang, true)])
  func namespace(_ build: [String], _ isLoss: Bool) async throws {
    let run = try Recorded("namespace-\(build.joined())")
    let library = try await Self.build(
      build + ["-fPIC", "-shared"], [Places.fixtures.appending("other/part.c")], in: run,
      as: "library.so")
    let program = try await Self.build(
      ["gcc"], [Places.fixtures.appending("other/namespace.c")], in: run)
    #expect(try await run.bare([program, library]).status == .exit(4))
    #expect(try await run.run([program, library]).status == .exit(4))
    #expect(try await run.ledger().slugs == (isLoss ? ["namespace"] : []))
  }
}
