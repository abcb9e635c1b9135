import Foundation
import SystemPackage
import Testing

/// Programs that only their coverage mapping tells apart: a `main` of the same shape in each.
@Suite struct TwinTests {
  /// Writes `name.c`, whose body stands on `line`, and builds it.
  private func program(_ name: String, line: Int, padding: Int, in directory: FilePath) async throws
    -> FilePath
  {
    let source = directory.appending(name + ".c").string
    let text = String(repeating: "\n", count: line - 1)
    try "\(text)char text[\(padding)] = \"\(name)\"; int main(void) { return text[0] == 0; }\n"
      .write(toFile: source, atomically: true, encoding: .utf8)
    let program = directory.appending(name)
    try await Tools.run(
      [
        "clang", "-fprofile-instr-generate", "-fcoverage-mapping", source, "-o", program.string,
      ], in: directory)
    return program
  }

  /// With the same layout their counters would fit each other; with another they would not.
  @Test(arguments: [8, 20_000]) func twoSources(_ padding: Int) async throws {
    let run = try Recorded("twins-\(padding)")
    let first = try await program("first", line: 3, padding: 8, in: run.directory)
    let second = try await program("other", line: 7, padding: padding, in: run.directory)
    let outcome = try await run.run([
      "sh", "-c", "for i in 1 2 3; do ./first; done; for i in 1 2; do ./other; done",
    ])
    #expect(outcome.status == .exit(0))
    #expect(try await run.ledger().slugs == [])
    let files = try await run.lines().files
    #expect(files[first.string + ".c"]?[3] == 3)
    #expect(files[second.string + ".c"]?[7] == 2)
    #expect(files.count == 2)
    // Where the kept sections are damaged the programs themselves are read, if they are the recorded
    // ones: the identity that the library gave is the one that the report finds.
    let damage = """
      for o in recording/u*/*.obj; do
        \(LLVM.tool("llvm-objcopy")) -R __llvm_covmap -R __llvm_covfun -R __llvm_prf_data $o; done
      """
    try await Tools.run(["sh", "-c", damage], in: run.directory)
    #expect(try await run.lines().files == files)
  }

  /// Where the sections could not be kept at all, the programs that ran are looked at: the recorded
  /// one is found, and a rebuilt one is no other's.
  @Test func nothingKept() async throws {
    let run = try Recorded("twins-lost")
    let first = try await program("first", line: 3, padding: 8, in: run.directory)
    let outcome = try await run.run(["sh", "-c", "./first; ./first"])
    #expect(outcome.status == .exit(0))
    try await Tools.run(["sh", "-c", "rm recording/u*/*.obj"], in: run.directory)
    #expect(try await run.lines().files == [first.string + ".c": [3: 2]])
    _ = try await program("first", line: 4, padding: 8, in: run.directory)
    let report = try await run.salvage(["report", run.recording.string])
    let said = report.output + report.errors
    #expect(said.contains("\(first): was rebuilt since it was recorded"), "\(said)")
  }

  /// Rebuilt with a line more above, in one recording: the newest is reported, and each build's lines are its own.
  @Test func rebuilt() async throws {
    let run = try Recorded("twins-rebuilt")
    for line in [3, 4] {
      let program = try await program("first", line: line, padding: 8, in: run.directory)
      let outcome = try await run.run([program.string], options: ["--append"])
      #expect(outcome.status == .exit(0))
    }
    #expect(try await run.ledger().slugs == [])
    let source = run.directory.appending("first.c").string
    #expect(try await run.lines().files[source] == [4: 1])
    let all = try await run.salvage([
      "report", run.recording.string, "-f", "lcov", "--build", "all",
    ])
    #expect(LineCounts(lcov: all.output).files[source] == [3: 1, 4: 1])
  }
}
