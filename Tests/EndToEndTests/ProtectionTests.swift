import Foundation
import SystemPackage
import Testing

/// Programs that change the protection of their own data, which lies beside counters.
@Suite struct ProtectionTests {
  static let ways: [[String]] = [
    ["clang", "-fprofile-instr-generate", "-fcoverage-mapping"], ["gcc", "--coverage"],
  ]
  static let options: [[String]] = [[], ["--private"], ["--per-process"]]

  /// A fork child can run the code that its parent put there, and made executable.
  @Test(arguments: ways, options) func executableData(_ way: [String], _ options: [String])
    async throws
  {
    if skips("executableData", without: [way[0]]) { return }
    let run = try Recorded("executable-\(way[0])\(options.joined())")
    let source = run.directory.appending("main.c").string
    try """
    #include <stdint.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/wait.h>
    #include <unistd.h>
    #if defined(__x86_64__)
    static unsigned char code[16] = {0xb8, 42, 0, 0, 0, 0xc3};
    #else
    static uint32_t code[2] __attribute__((aligned(8))) = {0x52800540, 0xd65f03c0};
    #endif
    static int run(void) {
      return ((int (*)(void))(void *)code)(); // line "run"
    }
    int main(void) {
      int status;
      uintptr_t page = (uintptr_t)code & -(uintptr_t)sysconf(_SC_PAGESIZE);
      if (mprotect((void *)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) return 1;
      __builtin___clear_cache((char *)code, (char *)code + sizeof code);
      int own = run();
      if (fork() == 0) _exit(run());
      wait(&status);
      printf("%d %d\\n", own, status);
      return 0;
    }

    """.write(toFile: source, atomically: true, encoding: .utf8)
    let program = run.directory.appending("main").string
    try await Tools.run(way + [source, "-o", program], in: run.directory)
    let outcome = try await run.run([program], options: options)
    #expect(outcome.output == "42 \(42 << 8)\n")
    #expect(outcome.status == .exit(0))
    let lines = try await run.lines().files[source]
    #expect(lines?[try markedLine("run", of: FilePath(source))] == 2)
    #expect(try await run.ledger().slugs == [])
  }
}
