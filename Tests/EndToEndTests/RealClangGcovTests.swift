import Foundation
import SystemPackage
import Testing

/// SQLite as one file of 240,000 lines, built by clang --coverage, and its own speed test: our files and our report
/// against those of clang's runtime and `llvm-cov gcov`.
@Suite struct RealClangGcovTests {
  private static let main = """
    int speedtest_main(int argc, char **argv);
    int main(int argc, char **argv) { return speedtest_main(argc, argv); }

    """

  /// In place, for the names of the data files are in the program: by clang, and by gcc in a folder of its own.
  private static func build(_ level: String) async throws -> FilePath {
    let key = RealBuild.key([main, level, "clang 2"])
    return try await RealBuild.shared.directory("sqlite-clang", key: key, isMovable: false) {
      home in
      try await DebianSource.download("sqlite3", into: home)
      try Data(main.utf8).write(to: URL(filePath: home.appending("main.c").string))
      let script = """
        set -e
        mkdir source clang gcc
        tar xf sqlite3_*.orig.tar.* -C source --strip-components=1
        cd source
        ./configure
        make sqlite3.c
        cp sqlite3.c test/speedtest1.c ..
        cd ..
        for by in clang-14 gcc; do
          to=$PWD/${by%-14}
          $by --coverage \(level) -Isource -c "$PWD/sqlite3.c" -o $to/sqlite3.o
          $by --coverage \(level) -Isource -Dmain=speedtest_main -c "$PWD/speedtest1.c" -o $to/speedtest1.o
          $by --coverage \(level) -c "$PWD/main.c" -o $to/main.o
          $by --coverage $to/*.o -o $to/speed -lm -lpthread -ldl
        done
        """
      try await Tools.run(["bash", "-c", script], in: home)
    }
  }

  private struct Counts {
    var lines: [String: [Int: UInt64]] = [:]
    var functions: [String: UInt64] = [:]
  }

  /// Its notes have names that are relative to where it was compiled.
  private static func name(_ path: String) -> String {
    FilePath(path).lastComponent?.string ?? path
  }

  /// What gcov prints for machines, of the files below a folder.
  private static func counts(_ tool: [String], below folder: FilePath) async throws -> Counts {
    var counts = Counts()
    let script =
      "cd \"$0\" && for f in *.gcda; do \(tool.joined(separator: " ")) $f >/dev/null; done"
    try await Tools.run(["bash", "-c", script, folder.string], in: folder)
    for told in try FileManager.default.contentsOfDirectory(atPath: folder.string)
    where told.hasSuffix(".gcov") {
      var file = ""
      let text = try String(contentsOfFile: folder.appending(told).string, encoding: .utf8)
      for line in text.split(separator: "\n") {
        let field = line.split(separator: ":", maxSplits: 1)
        guard field.count == 2 else { continue }
        let values = field[1].split(separator: ",")
        switch field[0] {
        case "file": file = name(String(field[1]))
        case "lcount": counts.lines[file, default: [:]][Int(values[0]) ?? 0] = UInt64(values[1])
        case "function": counts.functions[String(values[2])] = UInt64(values[1])
        default: break
        }
      }
    }
    return counts
  }

  /// How often gcc says that functions of SQLite were called: `function NAME called N returned …`.
  private static func calls(_ text: String) -> [String: UInt64] {
    text.split(separator: "\n").reduce(into: [:]) {
      let words = $1.split(separator: " ")
      if words.first == "function", words.count > 3 { $0[String(words[1])] = UInt64(words[3]) }
    }
  }

  @Test func sameAsItsRuntime() async throws {
    let needs = ["clang-14", "llvm-cov-14", "gcc", "gcov", "make", "tclsh"]
    if skips("SQLite by clang", without: needs) { return }
    let build: FilePath
    do {
      build = try await Self.build("-O0")
    } catch let error as Unavailable {
      print("skipped: SQLite by clang: needs \(error)")
      return
    }
    let tree = GcovTree(build: build.appending("clang"), run: try Recorded("real-sqlite-clang"))
    let command = [
      tree.build.appending("speed").string, "--memdb", "--size", "5", "--testset", "main",
    ]
    let bare = try await tree.bare(command)
    let salvaged = try await tree.run.run(command)
    #expect(bare.status == .exit(0) && salvaged.status == bare.status)
    #expect(try await tree.run.ledger().slugs == [])
    try tree.expectNoDataInBuild()
    try await tree.export()
    try tree.expectSameBytes()

    let folder = FilePath(tree.run.directory.appending("bare").string + tree.build.string)
    let theirs = try await Self.counts(["llvm-cov-14", "gcov", "-i"], below: folder)
    let report = try await tree.run.salvage(
      ["report", tree.run.recording.string, "-f", "lcov", "--all"])
    let lines = LineCounts(lcov: report.output).files.reduce(into: [:]) {
      $0[Self.name($1.key)] = $1.value
    }
    let functions = report.output.split(separator: "\n").filter { $0.hasPrefix("FNDA:") }
      .reduce(into: [String: UInt64]()) {
        let field = $1.dropFirst(5).split(separator: ",", maxSplits: 1)
        $0[String(field[1])] = UInt64(field[0])
      }
    #expect(lines.keys.sorted() == theirs.lines.keys.sorted() && lines.count == 3)
    #expect(functions.keys.sorted() == theirs.functions.keys.sorted() && functions.count > 2400)

    // Where they differ clang left an arc out of its notes, and gcc's counts of the same run are ours.
    let gcc = try await tree.run.bare(
      [build.appending("gcc/speed").string] + command.dropFirst(),
      environment: ["GCOV_PREFIX": tree.run.directory.appending("gcc").string])
    #expect(gcc.status == .exit(0))
    let data = FilePath(tree.run.directory.appending("gcc").string + build.string + "/gcc")
    let said = try await Tools.run(
      [
        "bash", "-c",
        "cp \"$0\"/*.gcno . && for f in *.gcda; do gcov -t -b -c $f | grep ^function; done",
        build.appending("gcc").string,
      ], in: data)
    let called = Self.calls(said.output)
    let others = functions.filter { theirs.functions[$0.key] != $0.value }
    #expect(others.count <= 10 && others.allSatisfy { called[$0.key] == $0.value }, "\(others)")
    var differing = 0
    for (file, counts) in theirs.lines {
      let other = counts.filter { lines[file]?[$0.key] != $0.value }
      #expect(lines[file]?.count == counts.count, "\(file)")
      differing += other.count
    }
    let all = lines.values.reduce(0) { $0 + $1.count }
    print(
      "SQLite by clang: \(all) lines, \(functions.count) functions; \(differing), \(others.count) differ"
    )
    #expect(all > 50_000 && differing < all / 200)
  }
}
