import Foundation
import SystemPackage
import Testing

/// The first life of a program in a recording looks into it, so that later ones need not. It does so in the file:
/// what it touches of the program's data stays in memory, and each fork copies it.
@Suite struct FirstLifeTests {
  /// Prints how much of its own data is in memory, in KiB (`Rss` of the mapping, proc_pid_smaps(5)).
  private static let main = """
    #include <stdio.h>
    #include <string.h>
    int main(int argc, char **argv) {
      char line[512], name[256];
      int ours = 0, size;
      FILE *maps = fopen("/proc/self/smaps", "r");
      while (fgets(line, sizeof line, maps) != NULL) {
        if (strstr(line, " rw-p ") != NULL)
          ours = sscanf(line, "%*s %*s %*s %*s %*s %255s", name) == 1 && strcmp(name, argv[0]) == 0;
        else if (strchr(line, '-') != NULL && strstr(line, "p ") != NULL) ours = 0;
        if (ours && sscanf(line, "Rss: %d", &size) == 1) printf("%d\\n", size);
      }
      return 0;
    }

    """

  @Test func touchesNoMoreData() async throws {
    if skips("touchesNoMoreData", without: ["clang"]) { return }
    let run = try Recorded("first-life")
    // 256 KiB of records.
    let functions = (0..<4000).map { "int f\($0)(void) { return \($0); }\n" }.joined()
    let source = run.directory.appending("many.c").string
    try (functions + Self.main).write(toFile: source, atomically: true, encoding: .utf8)
    let program = run.directory.appending("many").string
    try await Tools.run(
      ["clang", "-fprofile-instr-generate", "-fcoverage-mapping", source, "-o", program],
      in: run.directory)
    // The least of several: what the kernel maps around a fault depends on what else the machine does.
    var first: [Int] = []
    var later: [Int] = []
    for _ in 0..<5 {
      first.append(try #require(Int(try await run.run([program]).output.dropLast())))
      let again = try await run.run([program], options: ["--append"])
      later.append(try #require(Int(again.output.dropLast())))
      #expect(try await run.ledger().slugs == [])
    }
    // Who looked at the records in memory would have touched 256 KiB; one fault more or less brings a few pages.
    let more = try #require(first.min()) - (try #require(later.min()))
    #expect(more < 64, "\(first), \(later)")
  }
}
