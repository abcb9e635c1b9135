import Foundation
import SystemPackage
import Testing

/// What is left to libgcov, and what programs ask it for.
@Suite struct GcovRuntimeTests {
  private static func source(_ name: String) -> FilePath {
    Places.fixtures.appending("gcov").appending(name)
  }

  /// Compiles a file of `Tests/Fixtures/gcov` in the run's directory.
  private static func build(
    _ name: String, _ file: String, by compiler: [String], in run: Recorded
  ) async throws -> String {
    let result = run.directory.appending(name).string
    try await Tools.run(
      compiler + [source(file).string, "-o", result, "-pthread", "-ldl"], in: run.directory)
    return result
  }

  private static func counts(
    _ names: [String], of file: String, _ run: Recorded
  ) async throws -> [UInt64?] {
    let lines = try await run.lines().files[source(file).string] ?? [:]
    return try names.map { lines[try markedLine($0, of: source(file))] }
  }

  /// The only counter file of a recording, to be damaged.
  private static func counterFile(of run: Recorded) throws -> FileHandle {
    let user = run.recording.appending("u\(geteuid())")
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: user.string).first {
        $0.hasSuffix(".cnt")
      })
    return try #require(FileHandle(forUpdatingAtPath: user.appending(name).string))
  }

  /// Four bytes of its header. (docs/RecordingFormat.md)
  private static func word(_ offset: UInt64, of file: FileHandle) throws -> UInt64 {
    try file.seek(toOffset: offset)
    return try #require(try file.read(upToCount: 4)).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func data(in folder: FilePath) -> [FilePath] {
    // By URL: by path, Foundation's enumerator takes the folder's own path out of names that repeat it.
    let files = FileManager.default.enumerator(
      at: URL(filePath: folder.string), includingPropertiesForKeys: nil)
    return (files?.compactMap { ($0 as? URL)?.path } ?? []).filter { $0.hasSuffix(".gcda") }
      .sorted().map { FilePath($0) }
  }

  // MARK: Programs that dump and reset

  /// A dump finds nothing to do, for all is there at each moment; what runs after it counts too. A
  /// reset forgets nothing, neither of this life nor of the others that had its slot, and that is said.
  @Test(arguments: ["gcc-11", "gcc-12"]) func dumpAndReset(_ compiler: String) async throws {
    if skips("dumpAndReset \(compiler)", without: [compiler]) { return }
    let run = try Recorded("gcov-calls-\(compiler)")
    let data = run.directory.appending("data")
    let environment = ["GCOV_PREFIX": data.string]
    for (name, options, loss) in [("dumps", [], []), ("resets", ["-DRESETS"], ["gcov-reset"])] {
      let program = try await Self.build(
        name, "calls.c", by: [compiler, "--coverage"] + options, in: run)
      for what in ["plain", "plain", "reset", "reset-kill", "reset-dump", "fork", "service"] {
        let bare = try await run.bare([program, what], environment: environment)
        #expect(!Self.data(in: data).isEmpty || what == "reset-kill", "\(what) of libgcov")
        try? FileManager.default.removeItem(atPath: data.string)
        let salvaged = try await run.run(
          [program, what], options: what == "plain" ? [] : ["--append"], environment: environment)
        #expect(salvaged.status == bare.status)
        #expect(Self.data(in: data) == [])
        if what == "service" {
          #expect(try await Self.counts(["early", "late"], of: "calls.c", run) == [6, 7])
        }
      }
      #expect(try await run.ledger().slugs == Set(loss))
    }
  }

  /// The cure: libgcov does as the program says, and its file is what it is without us.
  @Test func resetOfLibgcov() async throws {
    if skips("resetOfLibgcov", without: ["gcc-12"]) { return }
    let run = try Recorded("gcov-calls-left")
    let program = try await Self.build(
      "resets", "calls.c", by: ["gcc-12", "--coverage", "-DRESETS"], in: run)
    var files: [Data] = []
    for isRecorded in [false, true] {
      let folder = run.directory.appending("data-\(isRecorded)")
      let environment = ["GCOV_PREFIX": folder.string]
      let command = [program, "reset-dump"]
      let outcome =
        isRecorded
        ? try await run.run(command, options: ["--leave-gcov"], environment: environment)
        : try await run.bare(command, environment: environment)
      #expect(outcome.status == .exit(0))
      let data = Self.data(in: folder)
      try #require(data.count == 1)
      files.append(try Data(contentsOf: URL(filePath: data[0].string)))
    }
    #expect(files[0] == files[1] && !files[0].isEmpty)
    #expect(try await run.ledger().slugs == [])
  }

  /// Each way in which a call of the function stands in a file; a stripped library tells too.
  @Test(arguments: [
    ["gcc-11"], ["gcc-12", "-O2"], ["gcc-12", "-O2", "-fno-plt"], ["gcc-12", "-fuse-ld=gold"],
  ]) func resetIsSeen(_ compiler: [String]) async throws {
    if skips("resetIsSeen \(compiler)", without: [compiler[0], "strip", "ld.gold"]) { return }
    let run = try Recorded("gcov-reset-\(compiler.joined())")
    let program = try await Self.build("load", "load.c", by: ["gcc"], in: run)
    for (options, isStripped, loss) in [
      (["-DRESETS"], false, ["gcov-reset"]), (["-DRESETS"], true, ["gcov-reset"]), ([], false, []),
      // What gcc puts in the place of exec calls it too.
      (["-DEXECS"], false, []), (["-DEXECS"], true, []),
    ] {
      let library = try await Self.build(
        "plugged.so", "plugged.c",
        by: compiler + ["--coverage", "-fPIC", "-shared"] + options, in: run)
      if isStripped { try await Tools.run(["strip", library], in: run.directory) }
      // The second process finds it in the index.
      for append in [[], ["--append"]] {
        #expect(try await run.run([program, library], options: append).status == .exit(4))
      }
      let ledger = try await run.ledger()
      #expect(ledger.slugs == Set(loss), "\(options) \(isStripped)")
      #expect(ledger.losses.count == 2 * loss.count)
    }
    let fixed = try await Self.build(
      "fixed", "calls.c", by: compiler + ["--coverage", "-DRESETS", "-fno-pie", "-no-pie"], in: run)
    _ = try await run.run([fixed, "plain"])
    #expect(try await run.ledger().slugs == ["gcov-reset"])
  }

  // MARK: Objects that are met too late

  /// A plugin without the compiler's start files, which does not tell that it has come.
  @Test(arguments: ["gcc-11", "gcc-12"]) func pluginWithoutStartFiles(_ compiler: String)
    async throws
  {
    if skips("pluginWithoutStartFiles", without: [compiler]) { return }
    let run = try Recorded("gcov-late-plugin-\(compiler)")
    let program = try await Self.build("load", "load.c", by: ["gcc"], in: run)
    let library = try await Self.build(
      "plugged.so", "plugged.c",
      by: [compiler, "--coverage", "-fPIC", "-shared", "-nostartfiles"], in: run)
    let data = run.directory.appending("data")
    let outcome = try await run.run([program, library], environment: ["GCOV_PREFIX": data.string])
    #expect(outcome.status == .exit(4))
    #expect(try await run.ledger().slugs == ["gcov-late"])
    #expect(Self.data(in: data).count == 1)
    // Left to libgcov on purpose, it is no loss.
    _ = try await run.run([program, library], options: ["--leave-gcov"])
    #expect(try await run.ledger().slugs == [])
  }

  /// Another preloaded library that wants to be first: the constructors of the program's libraries run
  /// before ours. What libgcov knows of is taken from it; what it does not know of yet, the program, is its own,
  /// and what it writes of that is what it writes without us.
  @Test func anotherLibraryIsFirst() async throws {
    if skips("anotherLibraryIsFirst", without: ["gcc"]) { return }
    let run = try Recorded("gcov-late-first")
    let library = try await Self.build(
      "libplugged.so", "plugged.c", by: ["gcc", "--coverage", "-fPIC", "-shared"], in: run)
    let program = try await Self.build(
      "calls", "calls.c",
      by: ["gcc", "--coverage", "-Wl,--no-as-needed", library], in: run)
    let first = run.directory.appending("first.so").string
    try await Tools.run(
      ["gcc", "-fPIC", "-shared", "-Wl,-z,initfirst", "-x", "c", "/dev/null", "-o", first],
      in: run.directory)
    var files: [[String: Data]] = []
    for isRecorded in [false, true] {
      let folder = run.directory.appending("data-\(isRecorded)")
      let environment = ["LD_PRELOAD": first, "GCOV_PREFIX": folder.string]
      let outcome =
        isRecorded
        ? try await run.run([program, "plain"], environment: environment)
        : try await run.bare([program, "plain"], environment: environment)
      #expect(outcome.status == .exit(0))
      files.append(
        try Self.data(in: folder).reduce(into: [:]) {
          $0[$1.lastComponent?.string ?? ""] = try Data(contentsOf: URL(filePath: $1.string))
        })
    }
    #expect(files[0].count == 2)
    #expect(files[1] == files[0].filter { $0.key.contains("-calls") })
    #expect(try await Self.counts(["plugged"], of: "plugged.c", run) == [0])
    #expect(try await run.ledger().slugs == ["gcov-late"])
  }

  // MARK: dlopen while threads run

  /// No store beside counters is lost, and the counters are live: the library tells of itself before
  /// its constructor can start a thread.
  @Test(arguments: [
    ["gcc-11", "--coverage"], ["gcc-12", "--coverage", "-O2"],
    ["clang", "-fprofile-instr-generate", "-fcoverage-mapping"],
    ["clang-14", "--coverage"], ["clang-19", "--coverage", "-O2"],
  ]) func loadedWhileThreadsRun(_ compiler: [String]) async throws {
    if skips("loadedWhileThreadsRun \(compiler)", without: [compiler[0]]) { return }
    let run = try Recorded("gcov-threads-\(compiler[0])")
    let library = try await Self.build(
      "hammer.so", "hammer.c", by: compiler + ["-fPIC", "-shared"], in: run)
    let program = try await Self.build("rounds", "rounds.c", by: ["gcc", "--coverage"], in: run)
    let outcome = try await run.run([program, library, "200"])
    #expect(outcome.output == "200 rounds, 0 bad\n" && outcome.status == .signal(SIGKILL))
    #expect(try await run.ledger().slugs == [])
    #expect(try await Self.counts(["start"], of: "hammer.c", run) != [0])
    let starts = try await Self.counts(["start"], of: "hammer.c", run)
    #expect(starts[0].map { $0 >= 200 } == true, "\(starts)")
    #expect(try await Self.counts(["end"], of: "rounds.c", run) == [1])
  }

  // MARK: Data files that are elsewhere

  /// `-fprofile-dir` puts data elsewhere, by names that lead back to where the notes are. They are kept
  /// when the program runs, so that the build tree may go.
  @Test(
    arguments: [
      "-fprofile-dir=data", "-fprofile-dir=$D/data", "-fprofile-dir=data/%p",
      "-fprofile-dir=$D/%q{HOME}", "-fprofile-dir=$D/a#b",
      "-fprofile-dir=data -fprofile-prefix-path=$D",
    ], ["build/calls.o", "$D/build/calls.o"])
  func dataElsewhere(_ option: String, _ object: String) async throws {
    if skips("dataElsewhere", without: ["gcc", "gcov"]) { return }
    let run = try Recorded("gcov-elsewhere-\((option + object).filter(\.isLetter))")
    let home = run.directory.string
    let options = option.replacing("$D", with: home).split(separator: " ").map(String.init)
    let object = object.replacing("$D", with: home)
    try await Tools.run(["mkdir", "build"], in: run.directory)
    try await Tools.run(
      ["gcc", "--coverage"] + options + ["-c", Self.source("calls.c").string, "-o", object],
      in: run.directory)
    try await Tools.run(["gcc", "--coverage", object, "-o", "calls"], in: run.directory)
    _ = try await run.run([run.directory.appending("calls").string, "service"])
    try FileManager.default.removeItem(atPath: run.directory.appending("build").string)
    #expect(try await Self.counts(["early", "late"], of: "calls.c", run) == [1, 1])
    let out = run.directory.appending("out")
    let export = try await run.salvage(
      ["export", run.recording.string, "--format", "gcda", "-o", out.string])
    #expect(export.status == .exit(0) && Self.data(in: out).count == 1, "\(export.errors)")
    let elsewhere = Self.data(in: run.directory).filter { !$0.starts(with: out) }
    #expect(elsewhere == [])
    // Where a process would have written depends on the process.
    if option.contains("%") || !option.contains("=$D") {
      let inPlace = try await run.salvage(
        ["export", run.recording.string, "--format", "gcda", "--in-place"])
      #expect(inPlace.status == .exit(1) && inPlace.errors.contains("has no place of its own"))
    }
  }

  /// A pipe where the notes should be: nobody writes to it, and nobody waits for that.
  @Test func notesArePipe() async throws {
    if skips("notesArePipe", without: ["gcc", "gcov"]) { return }
    let run = try Recorded("gcov-pipe")
    let object = run.directory.appending("calls.o").string
    try await Tools.run(
      ["gcc", "--coverage", "-c", Self.source("calls.c").string, "-o", object], in: run.directory)
    try await Tools.run(["gcc", "--coverage", object, "-o", "calls"], in: run.directory)
    try await Tools.run(["rm", "calls.gcno"], in: run.directory)
    try await Tools.run(["mkfifo", "calls.gcno"], in: run.directory)
    let outcome = try await run.run([run.directory.appending("calls").string, "plain"])
    #expect(outcome.status == .exit(0))
    let report = try await run.salvage(["report", run.recording.string])
    #expect(report.output.contains("calls.gcno cannot be read"))
  }

  /// What gcc itself counts wrongly is told where it can have mattered: a process became another program.
  @Test(arguments: [("", true, 1), ("-std=c17", true, 0), ("", false, 0)])
  func aroundExec(_ dialect: String, _ execs: Bool, _ remarks: Int) async throws {
    if skips("aroundExec", without: ["gcc", "gcov"]) { return }
    let run = try Recorded("gcov-exec\(dialect)-\(execs)")
    let source = run.directory.appending("x.c").string
    let text = """
      #include <unistd.h>
      int main(int c, char **v) {
        return c > 1 ? execl("/bin/true", "true", (char *)0) : 0;
      }

      """
    try text.write(toFile: source, atomically: true, encoding: .utf8)
    let compiler = ["gcc", "--coverage"] + (dialect.isEmpty ? [] : [dialect])
    try await Tools.run(compiler + [source, "-o", "x"], in: run.directory)
    let outcome = try await run.run(
      [run.directory.appending("x").string] + (execs ? ["exec"] : []))
    #expect(outcome.status == .exit(0))
    let report = try await run.salvage(["report", run.recording.string])
    let told = report.errors.split(separator: "\n").filter { $0.contains("/x calls exec, around") }
    #expect(told.count == remarks, "\(report.errors)")
  }

  /// Later lives read the list of arrays that the first one wrote: one that was damaged meanwhile ends
  /// nobody, and what is not counted then is said.
  @Test(arguments: ["regions", "runs"]) func damagedList(_ which: String) async throws {
    if skips("damagedList", without: ["gcc", "gcov"]) { return }
    let run = try Recorded("gcov-list-\(which)")
    let program = try await Self.build("calls", "calls.c", by: ["gcc", "--coverage"], in: run)
    let first = try await run.run([program, "plain"])
    #expect(try await run.ledger().slugs == [])
    let file = try Self.counterFile(of: run)
    let regions = try 16 * Self.word(120, of: file)
    if which == "regions" {
      try file.seek(toOffset: 4096)
      try file.write(contentsOf: Data(repeating: 0xff, count: 16))
    } else {  // one page further on, so that all sizes are still right
      for bound in [4096 + regions, 4096 + regions + 8] {
        let moved = UInt32(try Self.word(bound, of: file) + 4096)
        try file.seek(toOffset: bound)
        try file.write(contentsOf: withUnsafeBytes(of: moved.littleEndian) { Data($0) })
      }
    }
    try file.close()
    let second = try await run.run([program, "plain"], options: ["--append"])
    #expect(second.status == first.status)
    #expect(second.output == first.output)
    #expect(try await run.ledger().slugs == ["no-slot", "damaged-file"])
  }

  /// The same for its list of units, which later lives take over: where that is wrong, each is looked for,
  /// and nothing is lost; libgcov writes no file.
  @Test(arguments: ["twice": nil, "code": [0x10, 0x1010], "outside": [0xffff_ffff_ffff_fff8, 0]])
  func damagedUnits(_ name: String, _ units: [UInt64]?) async throws {
    if skips("damagedUnits", without: ["gcc", "gcov"]) { return }
    let run = try Recorded("gcov-units-\(name)")
    let other = run.directory.appending("other.c").string
    try "int other(void) { return 1; }\n".write(toFile: other, atomically: true, encoding: .utf8)
    let program = try await Self.build(
      "calls", "calls.c", by: ["gcc", "--coverage", other], in: run)
    _ = try await run.run([program, "plain"])
    let file = try Self.counterFile(of: run)
    #expect(try Self.word(128, of: file) == 2)
    let listed = try 4096 + 16 * (Self.word(120, of: file) + Self.word(124, of: file))
    try file.seek(toOffset: listed)
    let before = try #require(try file.read(upToCount: 16))
    let first = before[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    let after = units ?? [first, first]
    try file.seek(toOffset: listed)
    for unit in after {
      try file.write(contentsOf: withUnsafeBytes(of: unit.littleEndian) { Data($0) })
    }
    try file.close()
    _ = try await run.run([program, "plain"], options: ["--append"])
    let counts = try await Self.counts(["early", "late"], of: "calls.c", run)
    #expect(counts == [2, 0])
    #expect(try await run.ledger().slugs == [])
    #expect(Self.data(in: run.directory) == [])
  }

  /// A private life that has the list from the file does not mind when that is cut off.
  @Test func cutOff() async throws {
    if skips("cutOff", without: ["gcc", "gcov"]) { return }
    let run = try Recorded("gcov-cut")
    let program = try await Self.build("cut", "cut.c", by: ["gcc", "--coverage", "-O0"], in: run)
    let files = run.recording.appending("u\(geteuid())").string
    let first = try await run.run([program], options: ["--private"])
    #expect(first.status == .exit(7))
    #expect(try await Self.counts(["early", "late"], of: "cut.c", run) == [1, 1])
    let second = try await run.run([program, files], options: ["--private", "--append"])
    #expect(second.status == .exit(7))
    #expect(try await run.ledger().slugs.contains("damaged-file"))
  }

  /// A tree that was built elsewhere, as GCOV_PREFIX and GCOV_PREFIX_STRIP tell libgcov.
  @Test func movedTree() async throws {
    if skips("movedTree", without: ["gcc", "gcov"]) { return }
    let run = try Recorded("gcov-moved")
    let moved = run.directory.appending("moved")
    try await Tools.run(["mkdir", "-p", "build/deep"], in: run.directory)
    let object = run.directory.appending("build/deep/calls.o").string
    try await Tools.run(
      ["gcc", "--coverage", "-c", Self.source("calls.c").string, "-o", object], in: run.directory)
    try await Tools.run(["gcc", "--coverage", object, "-o", "build/calls"], in: run.directory)
    try await Tools.run(["mv", "build", moved.string], in: run.directory)
    let program = moved.appending("calls").string
    let strip = "\(run.directory.components.count + 1)"
    _ = try await run.run(
      [program, "plain"], environment: ["GCOV_PREFIX": moved.string, "GCOV_PREFIX_STRIP": strip])
    #expect(try await Self.counts(["early", "late"], of: "calls.c", run) == [1, 0])
    // Nobody says where it is now: a loss, with the place where it was.
    _ = try await run.run([program, "plain"])
    let report = try await run.salvage(["report", run.recording.string])
    #expect(report.output.contains("build/deep/calls.gcno, which says what its counters mean"))
  }
}
