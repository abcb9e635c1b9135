import Foundation
import SystemPackage
import Testing

/// Forks in the middle of functions, beyond the rows of the table.
@Suite struct DerivedTests {
  private func program(_ directory: FilePath) async throws -> [String] {
    [try await FixtureBuilder.shared.program(.c).string, directory.appending("tally").string]
  }

  /// Snapshots of the first run serve the second.
  @Test(arguments: [[], ["--per-process"], ["--private"]])
  func severalRunsAddUp(_ options: [String]) async throws {
    let run = try Recorded("derived-append\(options.joined())")
    let command = try await program(run.directory)
    for death in ["fork-in-loop", "nested-forks", "fork-in-loop", "forks-again", "other-way"] {
      let outcome = try await run.run(command + [death], options: ["--append"] + options)
      #expect(outcome.status == .exit(0), "\(death): \(outcome.errors)")
    }
    #expect(try await run.ledger().slugs == [])
    // Where a slot serves one life, or counters are a process's own, a snapshot holds nothing of others.
    if !options.isEmpty {
      try await run.expectExactCounts(of: .c)
      return
    }
    let counts = try Tally(readingFrom: run.tally)
    let lines = try await run.lines()
    for line in try Fixture.c.markedLines() {
      let reported = lines.files[line.file]?[line.line] ?? 0
      let ran = counts.counts[line.mark]
      #expect((reported > 0) == (ran > 0) && reported >= ran, "\(line.file):\(line.line)")
    }
  }

  /// The limit that docs/Reports.md tells of, line by line.
  @Test(arguments: [
    ("clang -fprofile-instr-generate -fcoverage-mapping", "4 5 6 7 8 9", "10 11 12 13 14 15"),
    ("gcc --coverage", "4 5 6 7 8 10 11 12 14", "13"),
  ]) func aVforkInMidFunction(_ compiler: String, _ ran: String, _ shownAsMissed: String)
    async throws
  {
    if skips("vfork", without: [String(compiler.prefix { $0 != " " })]) { return }
    let run = try Recorded("vfork-\(compiler.prefix(3))")
    let source = run.directory.appending("v.c")
    try Data(
      """
      #include <stdlib.h>
      #include <sys/wait.h>
      #include <unistd.h>
      int main(void) {
        pid_t child = vfork();
        if (child == 0) {
          execl("/bin/true", "true", (char *)0);
          _exit(127);
        }
        int status = 0;
        waitpid(child, &status, 0);
        if (status != 0)
          return 1;
        return 0;
      }

      """.utf8
    ).write(to: URL(fileURLWithPath: source.string))
    let built = try await run.bare(["sh", "-c", "\(compiler) v.c -o p"])
    #expect(built.status == .exit(0), "\(built.errors)")
    #expect(try await run.run(["./p"]).status == .exit(0))
    let lines = try await run.lines().files[source.string] ?? [:]
    func numbers(_ text: String) -> [Int] { text.split(separator: " ").compactMap { Int($0) } }
    #expect(lines.filter { $0.value > 0 }.keys.sorted() == numbers(ran))
    #expect(lines.filter { $0.value == 0 }.keys.sorted() == numbers(shownAsMissed))
  }

  /// All forms but the exported counters say it, and the finer one agrees with the lines.
  @Test func everyReportIsSettled() async throws {
    let run = try Recorded("derived-forms")
    let command = try await program(run.directory)
    _ = try await run.run(command + ["other-way"])
    _ = try await run.run(command + ["else-of-fork"], options: ["--append"])
    let source = Places.fixtures.appending("c/derived.c").string
    let report = try await run.salvage(["report", run.recording.string, "-f", "llvm-json"])
    let document = try JSONSerialization.jsonObject(with: Data(report.output.utf8))
    let data = ((document as? [String: Any])?["data"] as? [[String: Any]])?.first
    let file = (data?["files"] as? [[String: Any]])?.first { $0["filename"] as? String == source }
    let segments = try #require(file?["segments"] as? [[Any]])
    let lines = try await run.lines().files[source] ?? [:]
    for line in try MarkedLine.find(in: FilePath(source)) {
      let last = segments.last {
        let (row, column) = ($0[0] as? Int ?? 0, $0[1] as? Int ?? 0)
        return (row, column) <= (line.line, 1)
      }
      #expect(last?[2] as? Int == lines[line.line].map(Int.init), "line \(line.line)")
    }
    let text = try await run.salvage(["report", run.recording.string])
    #expect(text.errors == "")
    #expect(!text.output.contains("922337203685477") && text.status == .exit(0))
  }

  /// Without the file of snapshots the counts are what they are, and the report says what is missing.
  @Test func aDamagedFileOfSnapshotsIsTold() async throws {
    let run = try Recorded("derived-damaged")
    let command = try await program(run.directory)
    _ = try await run.run(command + ["else-of-fork"])
    let user = run.recording.appending("u\(geteuid())")
    let names = try FileManager.default.contentsOfDirectory(atPath: user.string)
    let name = try #require(names.first { $0.hasSuffix(".forks") })
    for size in [UInt64(4096), 4000] {
      let file = try #require(FileHandle(forWritingAtPath: user.appending(name).string))
      try file.truncate(atOffset: size)
      try file.close()
      let report = try await run.salvage(["report", run.recording.string])
      #expect(report.status == .exit(0))
      #expect((report.output + report.errors).contains(name), "\(report.output) \(report.errors)")
      #expect(report.errors.contains("forked at places that are not known"), "\(report.errors)")
      let child = try markedLine(
        "child of else-of-fork", of: Places.fixtures.appending("c/derived.c"))
      let source = Places.fixtures.appending("c/derived.c").string
      #expect(try await run.lines().files[source]?[child] == 1)
    }
  }
}
