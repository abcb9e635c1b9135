import Glibc
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Runs bash scripts in a fresh directory, with the command that was built beside this test as
/// `$S`, a program with counters as `$P` where there is a clang, and helpers to wait for events.
struct Shell {
  struct Result {
    var output: String
    var errors: String
    var status: TerminationStatus
  }

  private let folder: TemporaryDirectory
  var directory: FilePath { folder.path }

  /// The directory of the test bundle, where the command is too.
  static let products: FilePath = {
    var room = [CChar](repeating: 0, count: Int(PATH_MAX))
    _ = readlink("/proc/self/exe", &room, room.count - 1)
    return FilePath(platformString: room).removingLastComponent()
  }()

  static let command = products.appending("salvage")

  init() throws { folder = try TemporaryDirectory() }

  /// `until_true CMD…` waits for an event, for half a minute at most.
  private static let prelude = """
    exec {idle}<> <(:); export idle
    until_true() { for _ in {1..6000}; do "$@" 2>/dev/null && return 0; read -rt 0.02 -u $idle; done
      echo "waited in vain for: $*" >&2; return 1; }
    state() { sed -n 's/^State:\\t\\(.\\).*/\\1/p' /proc/$1/status 2>/dev/null; }
    is_state() { [[ $(state $1) == "$2" ]]; }
    child_of() { cat /proc/$1/task/$1/children 2>/dev/null; }

    """

  func run(_ script: String, environment: [Environment.Key: String] = [:]) async throws -> Result {
    var variables: [Environment.Key: String?] = [
      "S": Self.command.string, "D": directory.string, "LLVM_PROFILE_FILE": nil,
      "SALVAGE_RECORDING": nil, "LD_PRELOAD": nil,
    ]
    for (name, value) in environment { variables[name] = value }
    let result = try await Subprocess.run(
      .path("/bin/bash"), arguments: ["-c", Self.prelude + script],
      environment: .inherit.updating(variables), workingDirectory: directory,
      output: .string(limit: 1 << 22), error: .string(limit: 1 << 20))
    return Result(
      output: result.standardOutput, errors: result.standardError,
      status: result.terminationStatus)
  }

  func remove() async { folder.remove() }

  /// A program that counts, forks a child that is killed, and returns 0. Nil without a clang.
  func program() async throws -> FilePath? {
    let source = """
      #include <signal.h>
      #include <stdio.h>
      #include <sys/wait.h>
      #include <unistd.h>
      static int twice(int n) { return n * 2; }
      int main(int count, char **words) {
        pid_t child = fork();
        if (child == 0) {
          twice(1);
          kill(getpid(), SIGKILL);
        }
        waitpid(child, 0, 0);
        if (count > 5)
          puts("never");
        return twice(count - count);
      }
      """
    let built = try await run(
      """
      command -v clang >/dev/null || exit 9
      cat > p.c <<'C'
      \(source)
      C
      clang -fprofile-instr-generate -fcoverage-mapping p.c -o p
      """)
    guard built.status == .exited(0) else {
      print("skipped: no clang to build a program with counters: \(built.errors)")
      return nil
    }
    return directory.appending("p")
  }
}
