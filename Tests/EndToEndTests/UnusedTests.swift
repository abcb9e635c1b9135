import Foundation
import SystemPackage
import Testing

/// Objects of which no function is in use: their compiler leaves a mapping and no counters. A report shows
/// their lines as llvm-cov does, at 0.
@Suite struct UnusedTests {
  private static let library = """
    static int nobody(int x) {
      return x > 3
        ? x : 1;
    }
    int shared = 1;

    """
  private static let program = """
    extern int shared;
    int main(void) {
      return shared - 1;
    }

    """
  private static let crate = """
    pub fn nobody(x: i32) -> i32 {
        if x > 3 {
            x
        } else {
            1
        }
    }

    """

  private func write(_ texts: [String: String], _ run: Recorded) throws {
    for (name, text) in texts {
      try text.write(
        toFile: run.directory.appending(name).string, atomically: true, encoding: .utf8)
    }
  }

  /// Of what the program's own runtime wrote in a run without us.
  private func oracle(_ objects: [String], _ run: Recorded) async throws
    -> LineCounts
  {
    let bare = try await run.bare([
      "bash", "-c",
      """
      set -e; cd "$1"; LLVM_PROFILE_FILE=$PWD/bare-%m.profraw ./\(objects[0])
      \(LLVM.tool("llvm-profdata")) merge bare-*.profraw -o bare.profdata
      \(LLVM.tool("llvm-cov")) export -format=lcov -instr-profile bare.profdata \
        \(objects[0]) \(objects.dropFirst().map { "-object \($0)" }.joined(separator: " "))
      """, "bash", run.directory.string,
    ])
    #expect(bare.status == .exit(0), "\(bare.errors)")
    return LineCounts(lcov: bare.output)
  }

  @Test func libraryOfUnusedFunctions() async throws {
    let run = try Recorded("unused-library")
    try write(["library.c": Self.library, "program.c": Self.program], run)
    let clang = ["clang", "-fprofile-instr-generate", "-fcoverage-mapping", "-w"]
    try await Tools.run(
      clang + ["-fPIC", "-shared", "library.c", "-o", "libunused.so"], in: run.directory)
    try await Tools.run(
      clang + ["program.c", "-o", "program", "-L.", "-lunused", "-Wl,-rpath,$ORIGIN"],
      in: run.directory)
    let oracle = try await oracle(["program", "libunused.so"], run)
    // The second life knows it by the index.
    let program = run.directory.appending("program").string
    let outcome = try await run.run(["sh", "-c", "\(program) && \(program)"])
    #expect(outcome.status == .exit(0) && outcome.errors.contains("2 objects, nothing lost"))
    try FileManager.default.removeItem(atPath: run.directory.appending("libunused.so").string)
    let lines = try await run.lines()
    let path = run.directory.appending("library.c").string
    #expect(lines.files[path] == oracle.files[path])
    #expect(lines.files[path]?.isEmpty == false)
    // An archive has it, too.
    let archive = run.directory.appending("a.salvage").string
    let packed = try await run.salvage(["archive", run.recording.string, "-o", archive])
    #expect(packed.status == .exit(0), "\(packed.errors)")
    let report = try await run.salvage(["report", archive, "-f", "lcov", "--all"])
    #expect(LineCounts(lcov: report.output).files[path] == oracle.files[path])
    // For LLVM's tools there is nothing of it.
    let out = run.directory.appending("out").string
    let export = try await run.salvage(
      ["export", run.recording.string, "--format", "profraw", "-o", out])
    #expect(export.status == .exit(0), "\(export.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: out).count == 1)
  }

  /// The test program of a crate without tests, which cargo builds and runs.
  @Test func crateWithoutTests() async throws {
    if skips("a crate without tests", without: ["rustc"]) { return }
    let run = try Recorded("unused-crate")
    try write(["lib.rs": Self.crate], run)
    try await Tools.run(
      ["rustc", "--test", "-C", "instrument-coverage", "lib.rs", "-o", "tests"], in: run.directory)
    let source = run.directory.appending("lib.rs").string
    let outcome = try await run.run(["sh", "-c", "cd \"$0\" && ./tests", run.directory.string])
    #expect(outcome.status == .exit(0) && outcome.errors.contains("1 object, nothing lost"))
    let counts = try await run.lines().files.first { $0.key.hasSuffix("lib.rs") }?.value
    #expect(counts == [1: 0, 2: 0, 3: 0, 5: 0, 7: 0], "\(source)")
    // Its runtime leaves no empty profile where it ran, and it is not among what was not counted.
    let left = try FileManager.default.contentsOfDirectory(atPath: run.directory.string)
    #expect(left.filter { $0.hasSuffix(".profraw") } == [])
    let ledger = try await run.salvage(["ledger", run.recording.string])
    #expect(!ledger.output.contains("tests (1)"), "\(ledger.output)")
    let doctor = try await run.salvage([
      "doctor", "--", run.directory.appending("tests").string,
    ])
    #expect(doctor.output.contains("ok   counters: LLVM's mapping and no counters"))
  }
}
