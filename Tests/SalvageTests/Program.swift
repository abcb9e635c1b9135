import Glibc
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A fresh directory and, where there is a clang, a small program with counters in it.
final class Workplace: Sendable {
  private let folder: TemporaryDirectory
  var path: FilePath { folder.path }

  init() throws { folder = try TemporaryDirectory() }

  /// Builds a program that ends as its first argument says; nil, with the reason, without a clang.
  func program() async throws -> FilePath? {
    let source = path.appending("p.c")
    let text = """
      #include <signal.h>
      #include <stdlib.h>
      #include <unistd.h>
      int main(int count, char **words) {
        if (count > 1 && words[1][0] == 'k')
          kill(getpid(), SIGKILL);
        if (count > 1)
          return atoi(words[1]);
        return 0;
      }
      """
    let file = try FileDescriptor.open(
      source, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll(text.utf8) }
    let program = path.appending("p")
    do {
      let result = try await Subprocess.run(
        .name("clang"),
        arguments: [
          "-fprofile-instr-generate", "-fcoverage-mapping", source.string, "-o", program.string,
        ],
        output: .discarded, error: .string(limit: 4096))
      if result.terminationStatus == .exited(0) { return program }
      print("skipped: clang cannot build a program with counters: \(result.standardError)")
    } catch {
      print("skipped: no clang to build a program with counters")
    }
    return nil
  }

  func remove() async { folder.remove() }
}
