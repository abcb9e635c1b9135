import Foundation
import SystemPackage
import Testing

/// Deaths and places that need more than the program itself: memory groups, namespaces, roots,
/// full disks, debuggers.
@Suite struct PlaceTests {
  /// The kernel's out-of-memory killer, in a memory group of our own (cgroup v1 or v2).
  @Test func outOfMemory() async throws {
    if skips("outOfMemory", without: ["root"]) { return }
    let v1 = "/sys/fs/cgroup/memory"
    let root = FilePath(v1).isThere ? v1 : "/sys/fs/cgroup"
    let limit = FilePath(v1).isThere ? "memory.limit_in_bytes" : "memory.max"
    let group = "\(root)/salvage-test-\(getpid())"
    guard mkdir(group, 0o755) == 0,
      (try? "33554432".write(toFile: "\(group)/\(limit)", atomically: false, encoding: .utf8))
        != nil
    else {
      rmdir(group)
      print("skipped: outOfMemory: no memory group can be made here")
      return
    }
    defer { rmdir(group) }
    let program = try await FixtureBuilder.shared.program(.c)
    let run = try Recorded("out-of-memory")
    let script = "echo $$ > \(group)/cgroup.procs && exec \"$@\""
    let outcome = try await run.run(
      ["/bin/sh", "-c", script, "sh", program.string, run.tally.string, "out-of-memory"])
    #expect(outcome.status == .signal(9))
    #expect(try Tally(readingFrom: run.tally).marks == [.entry, .before])
    try await run.expectExactCounts(of: .c)
    #expect(try await run.ledger().ends == ["exec": 1, "SIGKILL": 1])
  }

  /// A whole tree as pid 1 of a namespace, by a foreign tool.
  @Test(arguments: [["-pf"], ["-pf", "--kill-child"], ["-Urpf"]])
  func namespaces(_ options: [String]) async throws {
    if skips("namespaces", without: ["unshare", "root"]) { return }
    let program = try await FixtureBuilder.shared.program(.c)
    let run = try Recorded("namespaces\(options.joined())")
    let outcome = try await run.run(
      ["unshare"] + options + [program.string, run.tally.string, "fork", "kill"])
    #expect(outcome.status == .exit(40))
    #expect(outcome.output == "child: signal 9\nparent: neighbours 7 to 7\n")
    try await run.expectExactCounts(of: .c)
  }

  /// Another root with its own loader and libc: nothing of Salvage is there, nothing complains.
  @Test func otherRoot() async throws {
    if skips("otherRoot", without: ["root", "/lib64/ld-linux-x86-64.so.2"]) { return }
    let program = try await FixtureBuilder.shared.program(.c)
    let run = try Recorded("other-root")
    let script = """
      mkdir -p root/lib64 root/lib && cp -L /lib64/ld-linux-x86-64.so.2 root/lib64/ &&
      for l in $(ldd '\(program)' | sed -n 's/.*=> \\([^ ]*\\).*/\\1/p'); do
        mkdir -p root$(dirname $l) && cp -L $l root$l; done &&
      cp '\(program)' root/deaths && truncate -s 4096 root/tally && chmod 666 root/tally
      """
    try await Tools.run(["sh", "-c", script], in: run.directory)
    let outcome = try await run.run(
      [program.string, run.tally.string, "chroot-exec", run.directory.appending("root").string])
    #expect(outcome.status == .exit(51))
    let complaints = outcome.errors.split(separator: "\n").filter { !$0.hasPrefix("salvage: ") }
    #expect(complaints.isEmpty, "\(complaints)")
    #expect(try await run.ledger().slugs == ["unreachable"])
    try await run.expectExactCounts(of: .c)
  }

  /// A tmpfs with a few pages beyond the library: some processes find no room, none is harmed, all are
  /// accounted for.
  @Test(arguments: [88, 168, 408]) func fullDisk(_ kilobytes: Int) async throws {
    if skips("fullDisk", without: ["root", "unshare", "mount"]) { return }
    let program = try await FixtureBuilder.shared.program(.c)
    let run = try Recorded("full-disk-\(kilobytes)")
    let salvage = Places.salvage.string
    let library = Places.build.appending("salvage_Salvage.resources/libsalvage.so").string
    let script = """
      mkdir small && size=$(($(stat -c %s '\(library)') / 1024 + \(kilobytes))) &&
      mount -t tmpfs -o size=${size}k,mode=755 none small &&
      { '\(salvage)' run -o small/recording -- "$@"; echo "status $?"; }
      '\(salvage)' report small/recording -f lcov >report 2>report.errors; echo "report $?"
      '\(salvage)' ledger small/recording --json >ledger
      """
    let outcome = try await run.bare(
      ["unshare", "-m", "sh", "-c", script, "sh", program.string, run.tally.string, "fork-storm"])
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.first == "storm: 8 reaped, 8 by a signal", "\(outcome)")
    // Where nothing at all found room, the report says so and ends with 1.
    let errors = try String(
      contentsOfFile: run.directory.appending("report.errors").string, encoding: .utf8)
    #expect(
      lines.contains("report 0") || lines.contains("report 1") && !errors.isEmpty, "\(errors)")
    #expect(lines.contains("status 0"), "\(outcome)")
    let tally = try Tally(readingFrom: run.tally)
    let text = try String(
      contentsOfFile: run.directory.appending("report").string, encoding: .utf8)
    let counts = LineCounts(lcov: text)
    var missing = false
    for line in try Fixture.c.markedLines() {
      let count = counts.files[line.file]?[line.line] ?? 0
      #expect(count <= tally.counts[line.mark], "more than ran: \(line)")
      missing = missing || count < tally.counts[line.mark]
    }
    let ledger = try JSONDecoder().decode(
      LedgerDocument.self,
      from: Data(contentsOf: URL(filePath: run.directory.appending("ledger").string)))
    #expect(!missing || !ledger.slugs.isEmpty, "lost silently")
  }

  /// A debugger sees the program's data as it was, also that which shares a page with counters.
  @Test func coreDump() async throws {
    if skips("coreDump", without: ["gdb"]) { return }
    let pattern = try String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)
    guard pattern.hasPrefix("core") else {
      print("skipped: coreDump: core_pattern is \(pattern)")
      return
    }
    let program = try await FixtureBuilder.shared.program(.c)
    let run = try Recorded("core-dump")
    let outcome = try await run.run([program.string, run.tally.string, "core"])
    #expect(outcome.status == .signal(6))
    let names = try FileManager.default.contentsOfDirectory(atPath: run.directory.string)
    guard let core = names.first(where: { $0.hasPrefix("core") }) else {
      print("skipped: coreDump: no core is written here (RLIMIT_CORE)")
      return
    }
    // The recording is gone: what the debugger shows is in the core itself.
    try FileManager.default.moveItem(
      atPath: run.recording.string, toPath: run.directory.appending("moved").string)
    let gdb = try await run.bare([
      "gdb", "-batch", "-nx", "-ex", "print neighbour_data[5]", "-ex", "print neighbour_zero[63]",
      program.string, run.directory.appending(core).string,
    ])
    #expect(gdb.output.contains("$1 = 4242"), "\(gdb.output)")
    #expect(gdb.output.contains("$2 = 4242"), "\(gdb.output)")
  }

  /// The loop that runs when the process is killed may be missing at -O (docs/Deaths.md); what ran
  /// before it never is, and nothing is counted that did not run.
  @Test(arguments: ["-O0", "-O2"]) func promotedLoop(_ level: String) async throws {
    let run = try Recorded("promoted\(level)")
    let source = Places.fixtures.appending("other/promoted.c")
    let program = run.directory.appending("promoted").string
    try await Tools.run(
      [
        "clang", level, "-fprofile-instr-generate", "-fcoverage-mapping", source.string, "-o",
        program,
      ], in: run.directory)
    #expect(try await run.run([program]).status == .signal(14))
    let lines = try await run.lines().files[source.string] ?? [:]
    #expect(lines[try markedLine("before", of: source)] == 1)
    let looped = lines[try markedLine("loop", of: source)] ?? 0
    if level == "-O0" { #expect(looped > 1000) }
  }
}
