import Foundation
import SystemPackage
import Testing

/// Programs with more shared libraries than any table of the injected library has room for.
@Suite struct ManyObjectsTests {
  /// `count` copies of one library, which the loader takes for as many libraries.
  private static func libraries(
    _ count: Int, of source: String, options: [String] = [], in directory: FilePath
  ) async throws -> [String] {
    let file = directory.appending("library.c").string
    try source.write(toFile: file, atomically: true, encoding: .utf8)
    let paths = (0..<count).map { directory.appending("library\($0).so").string }
    try await Tools.run(
      ["clang", "-shared", "-fPIC"] + options + [file, "-o", paths[0]], in: directory)
    for path in paths.dropFirst() {
      try FileManager.default.copyItem(atPath: paths[0], toPath: path)
    }
    return paths
  }

  private static let counted = ["-fprofile-instr-generate", "-fcoverage-mapping"]

  /// What our hooks stand in front of must be found behind all of them: libc is the last.
  @Test(arguments: [191, 192, 1000]) func withoutCounters(_ count: Int) async throws {
    let run = try Recorded("libraries-\(count)")
    let libraries = try await Self.libraries(
      count, of: "int nothing;\n", options: ["-nostdlib"], in: run.directory)
    let source = run.directory.appending("main.c").string
    try "int main(void) { return 7; }\n".write(toFile: source, atomically: true, encoding: .utf8)
    let program = run.directory.appending("main").string
    try await Tools.run(
      ["clang"] + Self.counted + [source, "-o", program, "-Wl,--no-as-needed"] + libraries,
      in: run.directory)
    #expect(try await run.run([program]).status == .exit(7))
    #expect(try await run.lines().files[source] == [1: 1])
    #expect(try await run.ledger().slugs == [])
  }

  /// 1,000 come with the program, the others by dlopen, and then a child is killed.
  @Test func withCounters() async throws {
    let run = try Recorded("counted-libraries")
    let libraries = try await Self.libraries(
      1040, of: "__attribute__((constructor)) static void work(void) {}\n", options: Self.counted,
      in: run.directory)
    let source = run.directory.appending("main.c").string
    try """
    #include <dlfcn.h>
    #include <signal.h>
    #include <sys/wait.h>
    #include <unistd.h>
    int main(int argc, char **argv) {
      void *last;
      for (int i = 1; i < argc; i++)
        if ((last = dlopen(argv[i], RTLD_NOW)) == 0) return 1;
      dlclose(last);
      if (fork() == 0) {
        kill(getpid(), 9); // line "child"
      }
      wait(0);
      return 7; // line "parent"
    }

    """.write(toFile: source, atomically: true, encoding: .utf8)
    let program = run.directory.appending("main").string
    try await Tools.run(
      ["clang"] + Self.counted + [source, "-o", program, "-Wl,--no-as-needed"] + libraries[..<1000],
      in: run.directory)
    let outcome = try await run.run([program] + libraries[1000...], seconds: 900)
    #expect(outcome.status == .exit(7))
    let files = try await run.lines().files
    #expect(files[run.directory.appending("library.c").string] == [1: 1040])
    #expect(files[source]?[try markedLine("child", of: FilePath(source))] == 1)
    #expect(files[source]?[try markedLine("parent", of: FilePath(source))] == 1)
    #expect(try await run.ledger().slugs == [])
  }

  /// What refuses our library says so in a dynamic section of any length.
  @Test func refusingBehindMany() async throws {
    if skips("refusingBehindMany", without: ["gcc"]) { return }
    let run = try Recorded("refusing-libraries")
    let libraries = try await Self.libraries(
      100, of: "int nothing;\n", options: ["-nostdlib"], in: run.directory)
    let source = run.directory.appending("main.c").string
    try """
    const char *__asan_default_options(void) { return "detect_leaks=0"; }
    int main(void) { return 7; }

    """.write(toFile: source, atomically: true, encoding: .utf8)
    let program = run.directory.appending("main").string
    try await Tools.run(
      ["gcc", "-fsanitize=address", source, "-o", program, "-Wl,--no-as-needed"] + libraries,
      in: run.directory)
    let outcome = try await run.run(["sh", "-c", "'\(program)'; exit $?"])
    #expect(outcome.status == .exit(7), "\(outcome.errors)")
    #expect(try await run.ledger().slugs == ["asan-options"])
  }
}
