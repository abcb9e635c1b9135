import Foundation
import SystemPackage
import Testing

/// Builds that put `.` in the place of the project's folder.
@Suite struct RelativePathTests {
  private static let llvm = "clang -fprofile-instr-generate -fcoverage-mapping"

  private func sh(_ run: Recorded, _ script: String) async throws -> Outcome {
    let outcome = try await run.bare([
      "bash", "-c", "set -e; S=\(Places.salvage.string)\n" + script,
    ])
    #expect(outcome.status == .exit(0), "\(script): \(outcome.errors)")
    return outcome
  }

  /// Two projects' `main.c` are two files, whatever wrote their names.
  @Test(arguments: [
    ("\(llvm) -ffile-prefix-map=$PWD=.", ["clang"]),
    ("\(llvm) -fcoverage-compilation-dir=.", ["clang"]),
    ("gcc --coverage -ffile-prefix-map=$PWD=.", ["gcc"]),
    (
      "clang -g -fsanitize-coverage=inline-8bit-counters,pc-table -ffile-prefix-map=$PWD=.",
      ["clang", "llvm-symbolizer"]
    ),
  ]) func twoProjects(_ compiler: String, _ tools: [String]) async throws {
    if skips("relative paths", without: tools) { return }
    let run = try Recorded("relative-\(compiler.utf8.count)")
    _ = try await sh(
      run,
      """
      mkdir one two
      printf 'int main(void) {\\n  return 0;\\n}\\n' > one/main.c
      printf '\\n\\nint main(int c, char **v) {\\n  return c > 3;\\n}\\n' > two/main.c
      for d in one two; do (cd $d; \(compiler) main.c -o p; $S run -q --append -o ../r -- ./p); done
      """)
    let report = try await sh(run, "$S report r -f lcov")
    let files = LineCounts(lcov: report.output).files
    let paths = ["one", "two"].map { run.directory.appending("\($0)/main.c").string }
    #expect(files.keys.sorted() == paths, "\(report.output)")
    #expect(files[paths[0]]?.keys.max() ?? 0 <= 3 && files[paths[1]]?.keys.min() == 3)
    #expect(report.errors == "")
  }

  /// The project is above the program. Where it is not, names stay, and --path-map says where they are.
  @Test func aBuildFolderAndAnInstalledProgram() async throws {
    if skips("relative paths", without: ["clang"]) { return }
    let run = try Recorded("relative-folders")
    _ = try await sh(
      run,
      """
      mkdir -p project/src project/build/bin elsewhere; cd project
      printf 'int main(void) { return 0; }\\n' > src/main.c
      \(Self.llvm) -ffile-prefix-map=$PWD=. $PWD/src/main.c -o build/bin/p
      $S run -q -o ../r -- build/bin/p
      mv build/bin/p ../elsewhere/p; $S run -q -o ../moved -- ../elsewhere/p
      """)
    let source = run.directory.appending("project/src/main.c").string
    let found = try await sh(run, "$S report r -f lcov; $S show project/src/main.c -r r >/dev/null")
    #expect(found.output.contains("SF:\(source)\n"))
    let moved = try await sh(run, "$S report moved -f lcov")
    #expect(moved.output.contains("SF:src/main.c\n"))
    let mapped = try await sh(run, "$S report moved -f lcov --path-map src=$PWD/project/src")
    #expect(mapped.output == found.output)
  }
}
