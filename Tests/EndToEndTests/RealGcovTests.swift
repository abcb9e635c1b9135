import Foundation
import SystemPackage
import Testing

/// SQLite as one file of 240,000 lines, built by gcc --coverage, and its own speed test.
@Suite struct RealGcovTests {
  /// A second main: the speed test's is renamed. With `wait` it tells when its work is complete, and
  /// waits for the end; with `again` it goes on with the same work.
  private static let main = """
    #include <stdio.h>
    #include <string.h>
    #include <unistd.h>
    int speedtest_main(int argc, char **argv);
    int main(int argc, char **argv) {
      int waits = argc > 1 && strcmp(argv[1], "wait") == 0;
      int again = argc > 1 && strcmp(argv[1], "again") == 0;
      int status = speedtest_main(argc - waits - again, argv + waits + again);
      if (waits || again) {
        puts("done");
        fflush(stdout);
        if (waits) pause();
        for (;;) speedtest_main(argc - 1, argv + 1);
      }
      return status;
    }

    """

  private static func build(options: [String]) async throws -> FilePath {
    let flags = options.joined(separator: " ")
    let key = RealBuild.key([main, flags, "2"])
    // In place: the names of the data files are in the program.
    return try await RealBuild.shared.directory("sqlite", key: key, isMovable: false) { home in
      try await DebianSource.download("sqlite3", into: home)
      try Data(main.utf8).write(to: URL(filePath: home.appending("main.c").string))
      let script = """
        set -e
        mkdir source
        tar xf sqlite3_*.orig.tar.* -C source --strip-components=1
        cd source
        ./configure
        make sqlite3.c
        cc() { gcc --coverage \(flags) -I. "$@"; }
        # By absolute names, so that gcov finds them from wherever it runs.
        cc -c "$PWD/sqlite3.c" -o ../sqlite3.o
        cc -Dmain=speedtest_main -c "$PWD/test/speedtest1.c" -o ../speedtest1.o
        cd ..
        cc -c main.c -o main.o
        cc sqlite3.o speedtest1.o main.o -o speed -lm -lpthread -ldl
        """
      try await Tools.run(["sh", "-c", script], in: home)
    }
  }

  private static let arguments = ["--memdb", "--size", "5", "--testset", "main"]

  private func tree(_ name: String, options: [String]) async throws -> GcovTree? {
    if skips("SQLite \(name)", without: ["gcc", "gcov", "make", "tclsh", "lcov"]) { return nil }
    do {
      let build = try await Self.build(options: options)
      return GcovTree(build: build, run: try Recorded("real-sqlite-\(name)"))
    } catch let error as Unavailable {
      print("skipped: SQLite \(name): needs \(error)")
      return nil
    }
  }

  private static func work(_ output: String) -> [Substring] {
    // Times of day are at the ends of the lines.
    output.split(separator: "\n").map { $0.prefix { $0 != "." } }
  }

  /// Zero lines differ between gcov of libgcov's files and ours; lcov and gcovr read ours.
  @Test(arguments: ["-O0", "-O2"]) func sameAsLibgcov(_ level: String) async throws {
    guard let tree = try await tree("normal\(level)", options: [level]) else { return }
    let command = [tree.build.appending("speed").string] + Self.arguments
    let bare = try await tree.bare(command)
    let salvaged = try await tree.run.run(command)
    #expect(bare.status == .exit(0) && salvaged.status == bare.status)
    #expect(Self.work(salvaged.output) == Self.work(bare.output))
    try tree.expectNoDataInBuild()
    #expect(try await tree.expectSameGcov() > 240_000)
    try await tree.expectSameAsLCOV(tree.exported)
    if skips("gcovr of SQLite", without: ["gcovr"]) { return }
    let gcovr = try await Tools.run(
      ["gcovr", "--root", tree.build.appending("source").string, tree.exported.string, "--csv"],
      in: tree.run.directory)
    let row = gcovr.output.split(whereSeparator: \.isNewline).first { $0.hasPrefix("sqlite3.c,") }
    let columns = try #require(row).split(separator: ",").map { Int($0) ?? 0 }
    let report = try await tree.run.salvage(
      ["report", tree.run.recording.string, "-f", "json", "--include", "sqlite3.c"])
    let totals = try JSONDecoder().decode(Document.self, from: Data(report.output.utf8)).totals
    // gcovr leaves lines without code words, such as `}`, out of those that did not run.
    #expect(columns[2] == totals.lines.hit && columns[1] <= totals.lines.found)
    #expect(columns[4] == totals.branches.found && columns[5] == totals.branches.hit)
    #expect(columns[7] == totals.functions.found && columns[8] == totals.functions.hit)
    #expect(totals.lines.found > 30_000)
  }

  /// The totals of our own JSON.
  private struct Document: Decodable {
    struct Totals: Decodable {
      var lines, functions, branches: Tally
    }
    struct Tally: Decodable {
      var found, hit: Int
    }
    var totals: Totals
  }

  /// Killed when it has told that its work is complete: all of it is there, line by line.
  @Test func killedWhenComplete() async throws {
    guard let tree = try await tree("killed", options: ["-O0"]) else { return }
    let program = tree.build.appending("speed").string
    let bare = try await tree.bare([program] + Self.arguments)
    #expect(bare.status == .exit(0))
    let killed = try await tree.run.run(
      ["bash", "-c", Self.killer, program, "wait"] + Self.arguments)
    #expect(killed.output == "137\n", "\(killed.errors)")
    let whole = try await self.whole(tree)
    let ours = try await tree.run.lines()
    for name in ["sqlite3.c", "test/speedtest1.c"] {
      let path = tree.build.appending("source").appending(name).string
      let expected = try #require(whole.files[path])
      let differing = expected.filter { ours.files[path]?[$0.key] != $0.value }
      #expect(differing.isEmpty, "\(name): \(differing.count), \(differing.first ?? (0, 0))")
      #expect(expected.count > 1000)
    }
    #expect(try await tree.run.ledger().slugs == [])
  }

  /// Killed in the middle of more work: what was complete is there, and more.
  @Test func killedAtWork() async throws {
    guard let tree = try await tree("at-work", options: ["-O0"]) else { return }
    let program = tree.build.appending("speed").string
    _ = try await tree.bare([program] + Self.arguments)
    let killed = try await tree.run.run(
      ["bash", "-c", Self.killer, program, "again"] + Self.arguments)
    #expect(killed.output == "137\n", "\(killed.errors)")
    let whole = try await self.whole(tree)
    let path = tree.build.appending("source/sqlite3.c").string
    let ours = try #require(try await tree.run.lines().files[path])
    let fewer = try #require(whole.files[path]).filter { ours[$0.key] ?? 0 < $0.value }
    #expect(fewer.isEmpty, "\(fewer.count), \(fewer.first ?? (0, 0))")
  }

  /// Kills the program with its own shell when it says `done`, and tells its status.
  private static let killer = """
    mkfifo out
    "$0" "$@" >out & pid=$!
    while read -r line; do [ "$line" = done ] && kill -9 $pid; done <out
    wait $pid
    echo $?
    """

  /// The lines of the run without us, as lcov finds them in libgcov's files.
  private func whole(_ tree: GcovTree) async throws -> LineCounts {
    let info = tree.run.directory.appending("whole.info").string
    try await Tools.run(
      ["lcov", "-q", "-c", "-d", tree.run.directory.appending("bare").string, "-o", info],
      in: tree.run.directory)
    return LineCounts(lcov: try String(contentsOfFile: info, encoding: .utf8))
  }
}
