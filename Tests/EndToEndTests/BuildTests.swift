import Foundation
import SystemPackage
import Testing

/// Several builds of one program in one recording.
@Suite struct BuildTests {
  /// How a source is built to `p` and run.
  enum Kind: String, CaseIterable, CustomTestStringConvertible {
    case llvm, gcov, sancov, python
    var testDescription: String { rawValue }

    var build: String {
      switch self {
      case .llvm: "clang -fprofile-instr-generate -fcoverage-mapping a.c -o p"
      case .gcov: "gcc --coverage a.c -o p"
      case .sancov: "clang -g -fsanitize-coverage=inline-8bit-counters,pc-table a.c -o p"
      case .python: "true"
      }
    }
    var run: String { self == .python ? "python3 a.py" : "./p" }
    var source: String { self == .python ? "a.py" : "a.c" }
    var comment: String { self == .python ? "#" : "//" }
    var tools: [String] {
      switch self {
      case .llvm: ["clang"]
      case .gcov: ["gcc"]
      case .sancov: ["clang", "llvm-symbolizer"]
      case .python: ["python3"]
      }
    }
    var text: String {
      guard self == .python else {
        return """
          #include <stdio.h>
          int unused(int x) { return x + 1; }
          int main(int c, char **v) {
            if (c > 1) {
              puts("more");
            }
            return 0;
          }

          """
      }
      return "import sys\nif len(sys.argv) > 1:\n    print('more')\n"
    }
  }

  private static let prelude = "set -e; S=\(Places.salvage.string)\n"

  private func sh(_ run: Recorded, _ script: String) async throws -> Outcome {
    let outcome = try await run.bare(["bash", "-c", Self.prelude + script])
    #expect(outcome.status == .exit(0), "\(script): \(outcome.errors)")
    return outcome
  }

  private func write(_ text: String, _ name: String, in run: Recorded) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: run.directory.appending(name).string))
  }

  /// The newest alone is reported, as if nothing else had been recorded, and the other one is told.
  @Test(arguments: Kind.allCases) func theNewestIsReported(_ kind: Kind) async throws {
    if skips("builds of \(kind)", without: kind.tools) { return }
    let run = try Recorded("builds-\(kind)")
    try write(kind.text, kind.source, in: run)
    _ = try await sh(run, "\(kind.build); $S run -q -o r -- \(kind.run) x")
    let moved = String(repeating: "\(kind.comment) moved\n", count: 3) + kind.text
    try write(moved, kind.source, in: run)
    _ = try await sh(
      run,
      "\(kind.build); $S run -q -o r --append -- \(kind.run); $S run -q -o one -- \(kind.run)")
    let both = try await sh(run, "$S report r -f lcov")
    let one = try await sh(run, "$S report one -f lcov")
    #expect(both.output == one.output)
    #expect(one.errors == "")
    let program = kind == .python ? "a.py: 2 versions" : "p: 2 builds"
    #expect(both.errors.contains("\(program) of it were recorded"), "\(both.errors)")
    // Another one, by the id that was named; and all.
    let words = both.errors.split { $0 == " " || $0 == "," || $0 == ":" }
    let at = try #require(words.firstIndex(of: "not"), "\(both.errors)")
    let older = try await sh(run, "$S report r -f lcov --build \(words[at + 1])")
    #expect(older.output != one.output)
    let all = try await sh(run, "$S report r -f lcov --build all")
    #expect(LineCounts(lcov: all.output).files.values.contains { $0.count > 6 || kind != .llvm })
    #expect(!all.errors.contains("were recorded"), "\(all.errors)")
    for command in ["show \(kind.source)", "uncovered", "patch --diff-file /dev/null"] {
      let told = try await sh(run, "$S \(command) -r r")
      #expect(told.errors.contains("of it were recorded"), "\(command): \(told.errors)")
    }
    let diff = try await sh(run, "$S diff one r")
    #expect(diff.output.hasPrefix("the same lines run") && diff.errors.contains("recorded"))
    let unknown = try await run.salvage([
      "report", run.directory.appending("r").string, "--build", "0000beef",
    ])
    #expect(unknown.status == .exit(1))
    #expect(unknown.errors.contains("--build 0000beef: no program"), "\(unknown.errors)")
  }

  /// What lies there now is what the sources are of, though another one was built meanwhile.
  @Test func aBuildThatCameBack() async throws {
    if skips("a build that came back", without: ["gcc"]) { return }
    let run = try Recorded("builds-back")
    let text = Kind.gcov.text
    let build = "gcc --coverage -frandom-seed=1 -Wl,--build-id a.c -o p"
    for source in [text, "//\n" + text, text] {
      try write(source, "a.c", in: run)
      _ = try await sh(run, "\(build); $S run -q -o r --append -- ./p")
    }
    let report = try await sh(run, "$S report r -f lcov")
    #expect(report.output.contains("DA:3,2\n"), "\(report.output) \(report.errors)")
  }

  /// What are not two builds of one program, or say the same of what they share: nothing is left out or told.
  @Test(
    arguments: [
      // Two programs that share a header.
      """
      printf '#include "h.h"\\nint main(void) { return f(0); }\\n' > a.c
      printf '#include "h.h"\\n\\nint main(int c, char **v) { return c > 1 ? f(1) : 0; }\\n' > b.c
      for p in a b; do $CC $p.c -o $p; $S run -q -o r --append -- ./$p; done
      """,
      // Tests that are compiled to one path, with a library's source, and one of them does not use the header.
      """
      printf 'int lib(int x) {\\n  return x;\\n}\\n' > lib.c
      for n in 1 2 3; do
        test $n = 2 && h= || h='#include "h.h"'
        printf '%s\\nint lib(int);\\nint main(void) { return lib(0); }\\n' "$h" > t$n.c
        $CC t$n.c lib.c -o t; $S run -q -o r --append -- ./t
      done
      $S report r -f lcov | grep -q '^DA:2,3'; $S report r -f lcov | grep -c '^SF:.*t.[.]c' | grep -q 3
      """,
      // The same build once more.
      """
      printf 'int main(void) { return 0; }\\n' > a.c
      for n in 1 2; do $CC a.c -o a; $S run -q -o r --append -- ./a; done
      $S report r -f lcov | grep -q '^DA:1,2'
      """,
      // A function more, behind the others.
      """
      printf 'int main(void) {\\n  return 0;\\n}\\n' > a.c
      $CC a.c -o a; $S run -q -o r --append -- ./a
      printf 'int g(void) {\\n  return 0;\\n}\\n' >> a.c; touch -d '1 hour ago' a.c
      $CC a.c -o a; $S run -q -o r --append -- ./a
      $S report r -f lcov | grep -q '^DA:2,2'; touch -d '2 hours ago' a.c
      """,
    ], [Kind.llvm, .gcov])
  func noFalseAlarm(_ script: String, _ kind: Kind) async throws {
    if skips("builds that are none", without: kind.tools) { return }
    let run = try Recorded("builds-none-\(script.utf8.count)-\(kind)")
    try write("static inline int f(int x) {\n\n  return x + 1;\n}\n", "h.h", in: run)
    let compiler = kind.build.components(separatedBy: " a.c")[0]
    let prepared = try await run.bare([
      "bash", "-c",
      Self.prelude + "CC='\(compiler)'\n"
        + script.replacing("return f(0)", with: "return f(0) - 1"),
    ])
    #expect(prepared.status == .exit(0), "\(prepared.errors)")
    let report = try await sh(run, "$S report r -f lcov")
    #expect(report.errors == "", "\(script)")
  }

  /// A library that was built again is told, and the program that uses it is not.
  @Test func aLibraryAlone() async throws {
    if skips("a library's builds", without: ["clang"]) { return }
    let run = try Recorded("builds-library")
    try write("int lib(int);\nint main(void) { return lib(0); }\n", "a.c", in: run)
    _ = try await sh(
      run,
      """
      CC='clang -fprofile-instr-generate -fcoverage-mapping'
      printf 'int lib(int x) { return x; }\\n' > lib.c
      $CC -shared -fPIC lib.c -o liblib.so; $CC a.c -o a -L. -llib -Wl,-rpath,$PWD
      $S run -q -o r -- ./a
      printf '\\n\\nint lib(int x) { return x; }\\n' > lib.c
      $CC -shared -fPIC lib.c -o liblib.so; $S run -q -o r --append -- ./a
      """)
    let report = try await sh(run, "$S report r -f lcov")
    let lines = LineCounts(lcov: report.output).files
    #expect(lines[run.directory.appending("a.c").string] == [2: 2])
    #expect(lines[run.directory.appending("lib.c").string] == [3: 1])
    #expect(report.errors.contains("liblib.so: 2 builds") && !report.errors.contains("/a: "))
    let exported = try await sh(run, "$S export r -f profraw -o profiles; ls profiles | wc -l")
    #expect(exported.output == "2\n" && exported.errors.contains("liblib.so: 2 builds"))
  }

  /// A source that is newer than what was measured; a selection that leaves it out leaves out the warning.
  @Test(arguments: [Kind.llvm, .gcov, .sancov]) func aNewerSource(_ kind: Kind) async throws {
    if skips("a newer source", without: kind.tools) { return }
    let run = try Recorded("builds-newer-\(kind)")
    try write(kind.text, "a.c", in: run)
    _ = try await sh(run, "\(kind.build); touch -d '+1 minute' a.c; $S run -q -o r -- ./p")
    let report = try await sh(run, "$S report r -f lcov")
    #expect(report.errors.contains("a.c: changed after "), "\(report.errors)")
    let all = try await sh(run, "$S report r -f total --exclude '*/a.c' || test $? = 1")
    #expect(!all.errors.contains("changed after"), "\(all.errors)")
    // A date that a build set for all says nothing.
    _ = try await sh(run, "touch -d @1 p; rm -rf r; $S run -q -o r -- ./p")
    #expect(try await sh(run, "$S report r -f lcov").errors == "")
  }

  /// Counts that were kept elsewhere while programs ran, and a copy without dates.
  @Test func theOrderIsKeptInCopies() async throws {
    if skips("builds in a copy", without: ["gcc"]) { return }
    let run = try Recorded("builds-copy")
    for source in [Kind.gcov.text, "//\n" + Kind.gcov.text] {
      try write(source, "a.c", in: run)
      _ = try await sh(run, "gcc --coverage a.c -o p; $S run -q -o r --append -- ./p")
    }
    let report = try await sh(run, "$S report r -f lcov; rm p")
    let copy = try await sh(
      run,
      """
      mkdir c; for f in $(cd r; find . -type f | sort -r); do mkdir -p c/$(dirname $f)
      cat r/$f > c/$f; done; chmod 700 c/u*; $S report c -f lcov
      """)
    #expect(copy.output == report.output, "\(copy.errors)")
  }
}
