import Foundation
import SystemPackage
import Testing

/// A generated C++ program of more than 20,000 functions: half a megabyte of counters.
@Suite struct RealLargeTests {
  static let units = 40
  static let functions = 512

  /// One namespace: functions with a branch, a loop and a condition, every 16th of them a template
  /// with a lambda, and one that calls them all.
  private static func unit(_ number: Int) -> String {
    var text = "namespace unit\(number) {\n"
    for index in 0..<functions {
      if index % 16 == 0 {
        text += """
          template <typename T> static T f\(index)(T x) {
            auto twice = [](T y) { return 2 * y; };
            try {
              if (x % 3 == 0) throw x;
            } catch (T y) {
              return twice(y) % 1000;
            }
            return x + \(index);
          }

          """
      } else {
        text += """
          static int f\(index)(int x) {
            if (x % \(index % 7 + 2) == \(index % 3)) {
              return x + \(number);
            }
            for (int i = 0; i < \(index % 4); i++) {
              x += i ^ \(index);
            }
            return x > 0 && x % 2 ? x : -x;
          }

          """
      }
    }
    let calls = (0..<functions).map { "  x = f\($0)(x);\n" }.joined()
    return text + "int all(int x) {\n" + calls + "  return x;\n}\n}\n"
  }

  /// With an argument the program kills itself at the end of main.
  private static let main: String = {
    let declarations = (0..<units).map { "namespace unit\($0) { int all(int); }\n" }.joined()
    let calls = (0..<units).map { "  x = unit\($0)::all(x);\n" }.joined()
    return """
      #include <csignal>
      #include <cstdio>
      \(declarations)
      struct Last {
        ~Last();
      };
      int main(int argc, char **) {
        Last last;
        int x = 3;
      \(calls)
        std::printf("%d\\n", x);
        std::fflush(stdout);
        if (argc > 1) // line "end"
          std::raise(SIGKILL);
        std::puts("behind");
        return 0;
      }
      Last::~Last() {
        std::puts("destroyed");
      }

      """
  }()

  private func program() async throws -> FilePath {
    let texts = (0..<Self.units).map(Self.unit)
    let command = ["clang++", "-O0", "-fprofile-instr-generate", "-fcoverage-mapping"]
    let key = RealBuild.key(command + texts + [Self.main])
    // In place: the sources' paths are in the mapping.
    let home = try await RealBuild.shared.directory("large", key: key, isMovable: false) { home in
      func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: home.appending(name).string))
      }
      for (number, text) in texts.enumerated() { try write(text, "unit\(number).cpp") }
      try write(Self.main, "main.cpp")
      let names = texts.indices.map { "unit\($0).cpp" } + ["main.cpp"]
      try write(names.map { "#include \"\($0)\"\n" }.joined(), "all.cpp")
      try await Tools.run(
        command + [home.appending("all.cpp").string, "-o", home.appending("large").string],
        in: home)
    }
    return home.appending("large")
  }

  @Test func sameBytesAndKilled() async throws {
    if skips("a C++ program of 20,000 functions", without: ["clang++"]) { return }
    let program = try await program()
    let run = try Recorded("real-large")
    let bare = try await run.bare(
      [program.string], environment: ["LLVM_PROFILE_FILE": "bare.profraw"])
    let salvaged = try await run.run([program.string])
    #expect(bare.status == .exit(0))
    #expect(salvaged.status == bare.status)
    #expect(salvaged.output == bare.output)
    #expect(bare.output.hasSuffix("behind\ndestroyed\n"))
    try await run.expectReports(of: program, equal: run.profiles("bare"))
    try await killed(program, run)
  }

  /// Killed at the end of main, all is as in a run that ended well but for the lines behind it.
  private func killed(_ program: FilePath, _ run: Recorded) async throws {
    let report = try await run.salvage(["report", run.recording.string, "-f", "lcov"]).output
    #expect(report.utf8.split(separator: 10).count { $0.starts(with: "FN:".utf8) } > 20_000)
    let whole = LineCounts(lcov: report)
    let outcome = try await run.run([program.string, "kill"])
    #expect(outcome.status == .signal(SIGKILL))
    let kept = try await run.lines()
    let main = program.removingLastComponent().appending("main.cpp")
    let end = try markedLine("end", of: main)
    #expect(kept.files.keys.sorted() == whole.files.keys.sorted())
    var differing: [Int] = []
    for (file, lines) in whole.files {
      let ours = kept.files[file] ?? [:]
      #expect(ours.count == lines.count, "\(file)")
      for (line, count) in lines where ours[line] != count {
        #expect(file == main.string && line > end, "\(file):\(line)")
        differing.append(line)
      }
    }
    let text = try String(contentsOfFile: main.string, encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // The raise() has run now, and the destructor behind the end has not. What follows the raise()
    // in its block is shown as run: compilers count blocks, not lines.
    #expect(differing.contains(end + 1))
    let destructor = 1 + (lines.firstIndex { $0.hasPrefix("Last::~Last()") } ?? -1)
    #expect(differing.contains(destructor + 1))
    #expect(kept.files[main.string]?[destructor + 1] == 0)
  }
}
