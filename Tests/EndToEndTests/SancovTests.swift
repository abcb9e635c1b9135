import Foundation
import SystemPackage
import Testing

/// What is particular to clang's -fsanitize-coverage; the deaths are in the table.
@Suite struct SancovTests {
  static let source = Places.fixtures.appending("other/sancov.c")
  static let stub = Places.tests.removingLastComponent().appending("CShim/Cooperate/sancov.c")
    .string
  static let bare = "-fno-sanitize-link-runtime"

  /// Builds sources of `Tests/Fixtures/other` in the run's directory.
  static func build(
    _ name: String, _ kind: String, _ options: [String] = [], in run: Recorded
  ) async throws -> FilePath {
    let program = run.directory.appending(name)
    let source = Places.fixtures.appending("other/\(name).c").string
    try await Tools.run(
      ["clang", "-g", "-O0", "-fsanitize-coverage=\(kind)", source] + options
        + ["-o", program.string], in: run.directory)
    return program
  }

  /// Without the option, for linking with.
  static func object(_ source: String, in run: Recorded) async throws -> String {
    let object = run.directory.appending("callbacks.o").string
    try await Tools.run(["clang", "-O1", "-fPIC", "-c", source, "-o", object], in: run.directory)
    return object
  }

  static func counts(
    _ names: [String], _ run: Recorded, of source: FilePath = source
  ) async throws -> [UInt64?] {
    let lines = try await run.lines().files[source.string] ?? [:]
    return try names.map { lines[try markedLine($0, of: source)] }
  }

  /// After 256 calls an 8-bit counter is 0. Where another block of the function tells better, it is
  /// believed; a function of one block looks as if it had not run.
  @Test func countersWrap() async throws {
    let run = try Recorded("sancov-wrap")
    let program = try await Self.build("sancov", "inline-8bit-counters,pc-table", in: run)
    let names = ["branchy", "odd", "leaf", "never"]
    _ = try await run.run([program.string, "256", "kill"])
    #expect(try await Self.counts(names, run) == [1, 1, 0, 0])
    _ = try await run.run([program.string, "257"], options: ["--append"])
    #expect(try await Self.counts(names, run) == [1, 1, 1, 0])
    // What was seen stays seen, whatever later lives leave in the counters.
    _ = try await run.run([program.string, "256"], options: ["--append"])
    #expect(try await Self.counts(names, run) == [1, 1, 1, 0])
    #expect(try await run.ledger().slugs == [])
  }

  /// The line of `if (n < 0) return -1;` ran, and its second block did not: the line has no count. In a
  /// function that never ran nothing did.
  @Test func aBlockWithinALine() async throws {
    let run = try Recorded("sancov-middle")
    let program = try await Self.build("sancov", "inline-bool-flag,pc-table", in: run)
    _ = try await run.run([program.string, "0"])
    #expect(try await Self.counts(["middle", "leaf"], run) == [0, 0])
    _ = try await run.run([program.string, "3"], options: ["--append"])
    #expect(try await Self.counts(["middle", "leaf"], run) == [nil, 1])
  }

  /// What a program's own callbacks see of a normal run is what we see, block for block.
  @Test func theProgramsOwnCallbacksSeeTheSame() async throws {
    let run = try Recorded("sancov-differential")
    let callbacks = try await Self.object(
      Places.fixtures.appending("other/callbacks.c").string, in: run)
    let sources = Fixture.c.sources.map(\.string)
    let program = run.directory.appending("deaths").string
    try await Tools.run(
      ["clang", "-g", "-fsanitize-coverage=inline-bool-flag,trace-pc-guard,pc-table", Self.bare]
        + sources + [callbacks, "-o", program, "-pthread", "-ldl", "-lutil"], in: run.directory)
    let command = [program, run.tally.string, "return", "0"]
    let bare = try await run.bare(command)
    let salvaged = try await run.run(command)
    #expect(salvaged.output == bare.output && salvaged.status == .exit(0))
    let told = Set(
      salvaged.output.split(separator: "\n").filter { $0.hasPrefix("block ") }
        .compactMap { UInt64($0.dropFirst(6), radix: 16) })
    #expect(told.count > 10)
    #expect(try await run.ledger().slugs == [])
    let out = run.directory.appending("out")
    let export = try await run.salvage(
      ["export", run.recording.string, "-f", "sancov", "-o", out.string])
    #expect(export.status == .exit(0), "\(export.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: out.string)
    try #require(names.count == 1 && names[0].firstMatch(of: /^deaths\.[0-9]+\.sancov$/) != nil)
    let bytes = try Data(contentsOf: URL(filePath: out.appending(names[0]).string))
    let words = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt64.self)) }
    #expect(words.first == 0xc0bf_ffff_ffff_ff64)
    #expect(Set(words.dropFirst()) == told)
  }

  /// Guards whose callback is not ours are left alone, and that is said.
  @Test func foreignCallbacks() async throws {
    let run = try Recorded("sancov-foreign")
    let guards = "trace-pc-guard,pc-table"
    let callbacks = try await Self.object(
      Places.fixtures.appending("other/callbacks.c").string, in: run)
    for options in [[], [Self.bare, callbacks]] {
      let program = try await Self.build("sancov", guards, options, in: run)
      let bare = try await run.bare([program.string, "3"])
      for _ in 0..<2 {
        let salvaged = try await run.run([program.string, "3"])
        #expect(salvaged.output == bare.output && salvaged.status == bare.status)
        #expect(try await run.ledger().slugs == ["foreign-guards"])
      }
    }
    // The same program with ours linked in.
    let stub = try await Self.object(Self.stub, in: run)
    let program = try await Self.build("sancov", guards, [stub], in: run)
    _ = try await run.run([program.string, "3", "kill"])
    #expect(try await run.ledger().slugs == [])
    #expect(try await Self.counts(["leaf", "never"], run) == [1, 0])
  }

  /// A shared runtime is told all that it would be told without us.
  @Test func sharedRuntime() async throws {
    let run = try Recorded("sancov-shared")
    let library = try await Tools.run(
      ["clang", "-print-file-name=libclang_rt.asan-x86_64.so"], in: run.directory
    ).output.trimmingCharacters(in: .newlines)
    let folder = FilePath(library).removingLastComponent()
    let program = try await Self.build(
      "sancov", "trace-pc-guard,pc-table",
      ["-fsanitize=address", "-shared-libasan", "-Wl,-rpath,\(folder)"], in: run)
    func written(_ salvage: Bool) async throws -> [Int] {
      let place = try Places.fresh("sancov-shared-\(salvage)")
      let environment = ["ASAN_OPTIONS": "coverage=1:coverage_dir=\(place)"]
      let command = [program.string, "3"]
      let outcome =
        salvage
        ? try await run.run(command, environment: environment)
        : try await run.bare(command, environment: environment)
      #expect(outcome.status == .exit(0), "\(outcome.errors)")
      return try FileManager.default.contentsOfDirectory(atPath: place.string).map {
        try Data(contentsOf: URL(filePath: place.appending($0).string)).count
      }
    }
    let bare = try await written(false)
    #expect(bare.count == 1 && bare[0] > 16)
    #expect(try await written(true) == bare)
    #expect(try await run.ledger().slugs == ["foreign-guards"])
  }

  @Test func noTable() async throws {
    let run = try Recorded("sancov-no-table")
    let program = try await Self.build("sancov", "inline-8bit-counters", in: run)
    let salvaged = try await run.run([program.string, "3"])
    #expect(salvaged.status == .exit(0))
    #expect(try await run.ledger().slugs == ["no-pc-table"])
  }

  /// A program that starts under the library only.
  @Test func unresolvedCallbacks() async throws {
    if skips("unresolved callbacks", without: ["ld.lld"]) { return }
    let run = try Recorded("sancov-unresolved")
    let program = try await Self.build(
      "sancov", "trace-pc-guard,pc-table",
      [Self.bare, "-fuse-ld=lld", "-Wl,--unresolved-symbols=ignore-all"], in: run)
    #expect(try await run.bare([program.string, "3"]).status == .exit(127))
    #expect(try await run.run([program.string, "3"]).status == .exit(0))
    #expect(try await Self.counts(["leaf", "never"], run) == [1, 0])
  }

  /// The program is gone, and was stripped besides.
  @Test func gonePrograms() async throws {
    let run = try Recorded("sancov-gone")
    let program = try await Self.build(
      "sancov", "inline-bool-flag,pc-table", ["-Wl,--build-id"], in: run)
    _ = try await run.run([program.string, "3"])
    let unstripped = run.directory.appending("unstripped")
    try FileManager.default.moveItem(atPath: program.string, toPath: unstripped.string)
    #expect(try await Self.counts(["leaf", "never"], run) == [1, 0])
    try await Tools.run(["strip", "-o", program.string, unstripped.string], in: run.directory)
    _ = try await run.run([program.string, "3"])
    try FileManager.default.removeItem(atPath: program.string)
    let report = try await run.salvage(["report", run.recording.string])
    #expect("\(report.output)\(report.errors)".contains("has no line table"), "\(report)")
    // The unstripped build in its place is known by its build id; another one is not.
    try FileManager.default.copyItem(atPath: unstripped.string, toPath: program.string)
    #expect(try await Self.counts(["leaf", "never"], run) == [1, 0])
    _ = try await Self.build(
      "sancov", "inline-bool-flag,pc-table", ["-Wl,--build-id", "-O1"], in: run)
    #expect(try await run.lines().files.isEmpty)
  }

  /// Two ways of counting in one program add up: both are of one object.
  @Test func besideLLVMCounters() async throws {
    let run = try Recorded("sancov-llvm")
    let program = try await Self.build(
      "sancov", "inline-8bit-counters,pc-table",
      ["-fprofile-instr-generate", "-fcoverage-mapping"], in: run)
    _ = try await run.run([program.string, "5", "kill"])
    _ = try await run.run([program.string, "2"], options: ["--append"])
    #expect(try await run.ledger().slugs == [])
    #expect(try await Self.counts(["leaf", "never"], run) == [7 + 1, 0])
  }

  /// libFuzzer clears its counters before each input, so what is there is of the last one.
  @Test func libFuzzer() async throws {
    let run = try Recorded("sancov-fuzzer")
    let source = Places.fixtures.appending("other/fuzzed.c")
    let program = run.directory.appending("fuzzed")
    try await Tools.run(
      ["clang", "-g", "-fsanitize=fuzzer", source.string, "-o", program.string], in: run.directory)
    // What it finds by its counters is what it finds without us.
    func found(_ outcome: Outcome) -> [String] {
      outcome.errors.matches(of: /cov: [0-9]+ ft: [0-9]+/).map { String($0.output) }
    }
    let command = [program.string, "-seed=1", "-runs=3000", "-max_len=2"]
    let bare = found(try await run.bare(command))
    #expect(bare.count > 1)
    #expect(found(try await run.run(command)) == bare)
    #expect(try await run.ledger().slugs == ["cleared"])
    #expect(try await Self.counts(["entry", "bad"], run, of: source) == [1, 0])
    // One input that crashes.
    let input = run.directory.appending("input").string
    try "bad".write(toFile: input, atomically: true, encoding: .utf8)
    let crash = try await run.run([program.string, input])
    #expect(crash.status != .exit(0))
    #expect(
      try await Self.counts(["entry", "bad", "short"], run, of: source) == [1, 1, 0])
  }
}
