import SalvageCoverage

/// A program that runs scripts of a language whose lines Salvage does not count.
package struct Interpreter: Sendable, Hashable {
  /// What it runs, for sentences: "shell scripts".
  package let runs: String
  /// A tool that counts those.
  package let tool: String

  private static let all: [(Interpreter, names: Set<String>)] = [
    (
      Interpreter(runs: "shell scripts", tool: "kcov"),
      ["sh", "ash", "bash", "busybox", "dash", "fish", "ksh", "mksh", "yash", "zsh"]
    ),
    (Interpreter(runs: "JavaScript", tool: "c8"), ["node", "nodejs"]),
    (Interpreter(runs: "JavaScript", tool: "deno test --coverage"), ["deno"]),
    (Interpreter(runs: "JavaScript", tool: "bun test --coverage"), ["bun"]),
    (Interpreter(runs: "classes of the JVM", tool: "JaCoCo"), ["java"]),
    (Interpreter(runs: ".NET", tool: "dotnet-coverage"), ["dotnet", "mono"]),
    (Interpreter(runs: "Perl", tool: "Devel::Cover"), ["perl"]),
    (Interpreter(runs: "Ruby", tool: "SimpleCov"), ["ruby"]),
    (Interpreter(runs: "PHP", tool: "Xdebug"), ["php", "php-cgi", "php-fpm"]),
    (Interpreter(runs: "Lua", tool: "LuaCov"), ["lua", "luajit"]),
    (Interpreter(runs: "R", tool: "covr"), ["R", "Rscript"]),
    (Interpreter(runs: "Erlang and Elixir", tool: "cover of OTP"), ["beam.smp", "erl"]),
    (Interpreter(runs: "Python of PyPy", tool: "coverage.py"), ["pypy"]),
  ]

  /// An interpreter of Python that was not entered (a Python that was, counts).
  package static func python(isLeftOut: Bool) -> Interpreter {
    Interpreter(
      runs: isLeftOut ? "Python with --no-python" : "a Python that is not \(recordedPythons)",
      tool: "coverage.py")
  }

  /// The one at a path, told by its file's name: `perl5.36.0`, `ksh93` and `lua-5.4` are as `perl`, `ksh` and `lua`.
  package static func at(_ path: String) -> Interpreter? {
    let name = path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
    var stem = name
    while let last = stem.last, last.isASCII, last.isNumber || last == "." || last == "-" {
      stem.removeLast()
    }
    return all.first { $0.names.contains(String(name)) || $0.names.contains(String(stem)) }?.0
  }

  /// For a person who asks why a script is in no report.
  package var sentence: String { "Salvage counts no lines of \(runs); \(tool) does" }
}
