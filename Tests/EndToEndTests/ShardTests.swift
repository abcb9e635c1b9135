import Foundation
import SystemPackage
import Testing

/// A job in shards: each recorded on its own, archived and merged. The report is that of one recording of all.
@Suite struct ShardTests {
  private static let fixtures = Places.fixtures.appending("shards")
  private static let source = fixtures.appending("work.c").string
  private static let job = fixtures.appending("job.py").string
  private static let environment = ["SOURCE_DATE_EPOCH": "1000000000"]

  /// Builds the program by both compilers.
  private func build(_ run: Recorded, _ source: String = source) async throws {
    for (name, compiler) in [
      ("by-gcc", ["gcc", "--coverage"]),
      ("by-clang", ["clang", "-fprofile-instr-generate", "-fcoverage-mapping"]),
    ] {
      try await Tools.run(compiler + ["-O0", source, "-o", name], in: run.directory)
    }
  }

  private func command(_ number: Int) -> [String] {
    let python = Python.all.last { $0.minor >= 12 }.map {
      "; '\($0.program)' \(Self.job) \(number)"
    }
    return ["sh", "-c", "./by-gcc \(number); ./by-clang \(number)\(python ?? "")"]
  }

  private func record(_ run: Recorded, _ number: Int, into name: String, options: [String] = [])
    async throws
  {
    let outcome = try await run.salvage(
      ["run", "-o", name] + options + ["--"] + command(number))
    #expect(outcome.status == .exit(0), "\(outcome.errors)")
  }

  private func bytes(_ run: Recorded, _ name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: run.directory.appending(name).string))
  }

  /// A command that must succeed: what it wrote.
  @discardableResult
  private func succeed(_ run: Recorded, _ arguments: [String]) async throws -> String {
    let outcome = try await run.salvage(arguments, environment: Self.environment)
    #expect(outcome.status == .exit(0), "\(arguments): \(outcome.errors)")
    return outcome.output
  }

  private func reports(_ run: Recorded, _ names: [String]) async throws -> [String] {
    var result: [String] = []
    for format in ["lcov", "json", "text", "cobertura", "llvm-json"] {
      result.append(try await succeed(run, ["report", "-f", format] + names))
    }
    return result
  }

  @Test func theSumIsTheReportOfAll() async throws {
    if skips("shards", without: ["gcc", "clang"]) { return }
    let run = try Recorded("shards")
    try await build(run)
    for number in 1...4 {
      try await record(run, number, into: "\(number).salvage")
      try await record(run, number, into: "all", options: number > 1 ? ["--append"] : [])
      try await succeed(run, ["archive", "\(number).salvage", "-o", "\(number)"])
    }
    try await succeed(run, ["merge", "1", "2", "3", "4", "-o", "a"])
    try await succeed(run, ["merge", "4", "2.salvage", "1", "3", "-o", "b"])
    try await succeed(run, ["merge", "3", "1", "-o", "half"])
    try await succeed(run, ["merge", "4", "half", "2", "half", "1", "-o", "c"])
    let sum = try bytes(run, "a")
    #expect(try bytes(run, "b") == sum)
    #expect(try bytes(run, "c") == sum)
    let expected = try await reports(run, ["all"])
    #expect(expected[0].contains("work.c"))
    #expect(try await reports(run, ["a"]) == expected)
    #expect(try await reports(run, ["4.salvage", "half", "2"]) == expected)
    // Without the recordings, everything of them is there, and who died how.
    for name in ["1", "2", "3", "4"] {
      try FileManager.default.removeItem(
        atPath: run.directory.appending(name + ".salvage").string)
    }
    #expect(try await reports(run, ["a"]) == expected)
    let ledger = try JSONDecoder().decode(
      LedgerDocument.self,
      from: Data(try await succeed(run, ["ledger", "--json", "a"]).utf8))
    let whole = try JSONDecoder().decode(
      LedgerDocument.self, from: Data(try await succeed(run, ["ledger", "--json", "all"]).utf8))
    #expect(ledger.ends == whole.ends && ledger.ends["SIGKILL"] == 4)
    #expect(ledger.slugs == [])
    let text = try await succeed(run, ["ledger", "--json", "a"])
    #expect(text.contains("\"machine\""))
  }

  /// All commands that read take an archive for its recording, which is no more.
  @Test func everyCommandReadsAnArchive() async throws {
    if skips("commands on archives", without: ["gcc", "clang"]) { return }
    let run = try Recorded("shards-commands")
    try await build(run)
    try await record(run, 3, into: "rec")
    let file = run.directory.appending("rec")
    let commands = [
      ["report", "rec"], ["ledger", "rec"], ["ledger", "--json", "rec"],
      ["uncovered", "-r", "rec"],
      ["show", "-r", "rec", "work.c"], ["diff", "rec", "rec"],
      ["patch", "-r", "rec", "--diff-file", "/dev/null"],
      ["open", "-r", "rec", "--no-browser", "-o", "pages"],
      ["export", "-f", "profraw", "-o", "raw", "rec"],
    ]
    var before: [String] = []
    for command in commands { before.append(try await succeed(run, command)) }
    let page = try bytes(run, "pages/index.html")
    try await succeed(run, ["archive", "rec", "-o", "packed"])
    try FileManager.default.removeItem(atPath: file.string)
    try FileManager.default.moveItem(
      atPath: run.directory.appending("packed").string, toPath: file.string)
    for (command, expected) in zip(commands, before) {
      #expect(try await succeed(run, command) == expected, "\(command)")
    }
    #expect(try bytes(run, "pages/index.html") == page)
    // By another name too.
    try FileManager.default.createSymbolicLink(
      atPath: run.directory.appending("link").string, withDestinationPath: "rec")
    #expect(try await succeed(run, ["ledger", "link"]) == before[1])
    try await succeed(run, ["merge", "link", "-o", "copy"])
    #expect(try bytes(run, "copy") == bytes(run, "rec"))
    let shown = try await succeed(run, ["inspect", "rec"])
    #expect(shown.contains("archive") && shown.contains("objects"), "\(shown)")
    // Those that change a recording say what it is.
    for command in [["archive", "rec", "-o", "x"], ["collect", "rec"]] {
      let outcome = try await run.salvage(command)
      #expect(outcome.status == .exit(1) && outcome.errors.contains("archive"), "\(outcome.errors)")
    }
    let recorded = try await run.salvage(["run", "-o", "rec", "--", "true"])
    #expect(recorded.status != .exit(0), "an archive was replaced by a recording")
  }

  /// With its sources an archive is shown where they are not; without, that is said.
  @Test func sourcesTravel() async throws {
    if skips("sources in archives", without: ["gcc", "clang"]) { return }
    let run = try Recorded("shards-sources")
    let source = run.directory.appending("work.c")
    try FileManager.default.copyItem(atPath: Self.source, toPath: source.string)
    try await build(run, source.string)
    try await record(run, 1, into: "rec")
    let before = try await succeed(run, ["show", "-r", "rec", "work.c"])
    let report = try await succeed(run, ["report", "-f", "lcov", "rec"])
    try await succeed(run, ["archive", "rec", "--sources", "-o", "with"])
    try await succeed(run, ["archive", "rec", "-o", "without"])
    try FileManager.default.removeItem(atPath: source.string)
    #expect(try await succeed(run, ["show", "-r", "with", "work.c"]) == before)
    // The line that a marker excludes.
    #expect(try await succeed(run, ["report", "-f", "lcov", "with"]) == report)
    let mapped = try await succeed(
      run, ["show", "-r", "with", "--path-map", "\(run.directory)=/elsewhere", "work.c"])
    #expect(mapped.contains("never(void)"))
    let missing = try await run.salvage(["show", "-r", "without", "work.c"])
    #expect(missing.status == .exit(1) && missing.errors.contains("cannot be read here"))
    // A sum keeps them.
    try await succeed(run, ["merge", "without", "with", "-o", "sum"])
    #expect(try await succeed(run, ["report", "-f", "total", "sum"]) != "")
  }

  @Test func whatCannotBeAddedIsRefused() async throws {
    if skips("refused archives", without: ["gcc", "clang"]) { return }
    let run = try Recorded("shards-refused")
    try await build(run)
    try await record(run, 1, into: "rec")
    try await succeed(run, ["archive", "rec", "-o", "good"])
    let good = try bytes(run, "good")
    func write(_ data: Data, _ name: String) throws {
      try data.write(to: URL(filePath: run.directory.appending(name).string))
    }
    try write(good.dropLast(40), "cut")
    var altered = good
    altered[good.count / 3] ^= 4
    try write(altered, "altered")
    var newer = good
    newer[8] = 9
    try write(newer, "newer")
    try write(Data("before".utf8), "out")
    for (name, word) in [("cut", "cut off"), ("altered", "altered"), ("newer", "upgrade")] {
      for command in [
        ["report", name], ["ledger", name], ["merge", "good", name, "-o", "out"],
        ["show", "-r", name, "work.c"], ["diff", "good", name], ["inspect", name],
      ] {
        let outcome = try await run.salvage(command)
        #expect(outcome.status == .exit(1), "\(command): \(outcome.output)")
        #expect(outcome.errors.contains(name) && outcome.errors.contains(word), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
      }
    }
    // Two copies that were both recorded into.
    try FileManager.default.copyItem(
      atPath: run.directory.appending("rec").string,
      toPath: run.directory.appending("copy").string)
    try await record(run, 2, into: "rec", options: ["--append"])
    try await record(run, 1, into: "copy", options: ["--append"])
    for command in [["merge", "rec", "copy", "-o", "out"], ["report", "copy", "rec"]] {
      let outcome = try await run.salvage(command)
      #expect(outcome.status == .exit(1) && outcome.errors.contains("count twice"))
      #expect(outcome.errors.contains("rec") && outcome.errors.contains("copy"))
    }
    let few = try await run.salvage(["merge", "--expect", "2", "good", "-o", "out"])
    #expect(few.status == .exit(1) && few.errors.contains("--expect 2"), "\(few.errors)")
    #expect(try bytes(run, "out") == Data("before".utf8), "something was written")
    try await succeed(run, ["merge", "--expect", "1", "good", "good", "-o", "one"])
    // What went on contains what was before.
    let outcome = try await run.salvage(["merge", "good", "rec", "-o", "out"])
    #expect(outcome.status == .exit(0))
    #expect(outcome.errors.contains("good is left out: rec contains it"), "\(outcome.errors)")
  }

  /// A recording in use: the archive is of one moment, says so, and is contained in a later one.
  @Test func aRecordingInUse() async throws {
    if skips("archive of a recording in use", without: ["gcc", "clang"]) { return }
    let run = try Recorded("shards-running")
    try await build(run)
    let outcome = try await run.salvage([
      "run", "-o", "rec", "--", "sh", "-c",
      "./by-gcc 1; \(Places.salvage) archive rec -o early; ./by-gcc 2",
    ])
    #expect(outcome.status == .exit(0) && outcome.errors.contains("still running"))
    let early = try await run.salvage(["report", "-f", "lcov", "early"])
    #expect(early.errors.contains("were running when"), "\(early.errors)")
    let line = try markedLine(of: "int rounds = count")
    #expect(LineCounts(lcov: early.output).files[Self.source]?[line] == 1)
    try await succeed(run, ["merge", "early", "rec", "-o", "late"])
    let late = try await succeed(run, ["report", "-f", "lcov", "late"])
    #expect(LineCounts(lcov: late).files[Self.source]?[line] == 2)
  }

  private func markedLine(of text: String) throws -> Int {
    let lines = try String(contentsOfFile: Self.source, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
    return 1 + (lines.firstIndex { $0.contains(text) } ?? -1)
  }

  /// Shards of two checkouts: a source has two paths, and one name in the report.
  @Test func twoCheckouts() async throws {
    if skips("shards of two checkouts", without: ["gcc", "clang"]) { return }
    let run = try Recorded("shards-checkouts")
    for (name, number) in [("one", 1), ("two", 2)] {
      let folder = run.directory.appending(name)
      try FileManager.default.createDirectory(
        atPath: folder.string, withIntermediateDirectories: true)
      let source = folder.appending("work.c").string
      try FileManager.default.copyItem(atPath: Self.source, toPath: source)
      for (program, compiler) in [
        ("g", ["gcc", "--coverage"]),
        ("l", ["clang", "-fprofile-instr-generate", "-fcoverage-mapping"]),
      ] {
        try await Tools.run(
          compiler + [source, "-o", folder.appending(program).string], in: folder)
      }
      let script = "\(folder)/g \(number); \(folder)/l \(number)"
      try await succeed(run, ["run", "-o", name + ".rec", "--", "sh", "-c", script])
      try await succeed(run, ["archive", name + ".rec", "-o", name + ".archive"])
    }
    try await succeed(run, ["merge", "one.archive", "two.archive", "-o", "sum"])
    let maps = ["one", "two"].flatMap { ["--path-map", "\(run.directory.appending($0))=/src"] }
    let report = LineCounts(lcov: try await succeed(run, ["report", "-f", "lcov", "sum"] + maps))
    let line = try markedLine(of: "int rounds = count")
    #expect(report.files.keys.sorted() == ["/src/work.c"])
    #expect(report.files["/src/work.c"]?[line] == 4)
  }

  /// The cells of a matrix build one path with different macros: all that ran is in the report. A recording that
  /// has both builds reports the newest, as ever. Programs and recordings are gone by then.
  @Test(arguments: [
    ["gcc", "--coverage"], ["clang", "-fprofile-instr-generate", "-fcoverage-mapping"],
  ]) func cellsOfAMatrix(_ compiler: [String]) async throws {
    if skips("cells of a matrix", without: [compiler[0]]) { return }
    let run = try Recorded("shards-matrix-\(compiler[0])")
    let source = run.directory.appending("app.c")
    try Data(
      """
      #ifdef WIDE
      int wide(int x) { return x * 8; }
      #else
      int narrow(int x) { return x; }
      #endif
      int main(void) {
      #ifdef WIDE
        return wide(0);
      #else
        return narrow(0);
      #endif
      }

      """.utf8
    ).write(to: URL(filePath: source.string))
    let program = run.directory.appending("app")
    for (name, options) in [("wide", ["-DWIDE"]), ("narrow", [])] {
      try await Tools.run(
        compiler + options + [source.string, "-o", program.string], in: run.directory)
      try await succeed(run, ["run", "-o", name + ".rec", "--", program.string])
      try await succeed(
        run, ["run", "-o", "both", "--append", "--", program.string])
      try await succeed(run, ["archive", name + ".rec", "-o", name])
      try FileManager.default.removeItem(atPath: program.string)
      try FileManager.default.removeItem(atPath: run.directory.appending(name + ".rec").string)
    }
    try await succeed(run, ["merge", "wide", "narrow", "-o", "sum"])
    for names in [["sum"], ["narrow", "wide"]] {
      let report = try await run.salvage(["report", "-f", "lcov"] + names)
      let lines = LineCounts(lcov: report.output).files[source.string] ?? [:]
      #expect(lines[2] == 1 && lines[4] == 1, "\(report.output)\(report.errors)")
      #expect(!report.errors.contains("builds of it"), "\(report.errors)")
    }
    let one = try await run.salvage(["report", "-f", "lcov", "both"])
    #expect(LineCounts(lcov: one.output).files[source.string]?[2] == nil, "\(one.output)")
    #expect(one.errors.contains("2 builds of it"), "\(one.errors)")
    try await succeed(run, ["archive", "both", "-o", "packed"])
    #expect(try await succeed(run, ["report", "-f", "lcov", "packed"]) == one.output)
  }
}

extension ShardTests {
  /// Examples/shards: Dask reduces a tree of archives, a worker is killed in the middle of it, and the sum has
  /// the bytes of one merge.
  @Test func daskReducesATreeWhileAWorkerIsKilled() async throws {
    if skips("Dask over archives", without: ["clang", "python3"]) { return }
    let root = Places.build.appending("pythons").appending("dask")
    let python = root.appending("bin/python3")
    let environment = ProcessInfo.processInfo.environment
    let done = root.appending("complete-1")
    if !done.isThere {
      try? FileManager.default.removeItem(atPath: root.string)
      let script = """
        python3 -m venv "$0" && \
        "$0/bin/pip" install -q --disable-pip-version-check --retries 1 'dask[distributed]' && : > "$0/complete-1"
        """
      let made = try await execute(
        "/bin/sh", ["-c", script, root.string], environment: environment, directory: "/",
        seconds: 1800)
      guard made.status == .exit(0) else {
        print("skipped: Dask over archives: \(made.errors)")
        return
      }
    }
    let folder = try Places.fresh("shards-dask")
    let check = ExampleTests.folder.appending("shards/check.py")
    let outcome = try await execute(
      python, [check.string, folder.string],
      environment: environment.merging(["SALVAGE": Places.salvage.string]) { $1 },
      directory: folder, seconds: 1800)
    #expect(outcome.status == .exit(0), "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("a worker was killed"))
  }
}
