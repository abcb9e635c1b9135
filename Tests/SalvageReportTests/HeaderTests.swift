import SalvageSystem
import SystemPackage
import Testing

@testable import SalvageCoverage
@testable import SalvageReport

/// Headers that several programs share, each of which uses a part of them.
@Suite(.enabled("needs clang and llvm-cov of one toolchain") { Toolchain.hasClang })
struct HeaderTests {
  private static let cxxHeader = """
    #pragma once
    #include <string>
    #include <vector>
    namespace app {
    template <class T> T parse(const std::string &text, T otherwise) {

      // A comment in a template.
      if (text.empty()) {
        return otherwise;
      }

      return static_cast<T>(text.size());
    }
    class App {
      std::vector<int> list_;

     public:
      inline int add(int value) {
        // A comment in a function that ran.

        if (value > 3 && value < 9) {
          list_.push_back(value);
        }

        /* Another one. */
        return static_cast<int>(list_.size());
      }
      int never() {

        // Not called by any program.
        return 0;
      }
      template <class F> int each(F &&body) {
        int sum = 0;
        for (int value : list_) {
          sum += body(value);
        }
        return sum;
      }
    };
    inline int only(int x) {

      // Called by one program.
      return x ? 1 : 2;
    }
    }
    """

  private static let cHeader = """
    static inline int shared(int x) {

      // A comment.
      if (x > 2) {
        return x * 2;
      }

      return x;
    }
    """

  private func run(
    _ name: String, _ language: TestProgram.Language, _ source: String, in folder: TemporaryFolder
  ) async throws -> NormalRun {
    let program = TestProgram(name: name, language: language, source: source)
    return try await NormalRun(try await program.build(in: folder), in: folder.path)
  }

  /// Not a tool of LLVM is at hand.
  static let noTools = ToolSearch(llvm: LLVMToolSearch { _ in nil })

  /// llvm-cov's merged export of all programs has the header as we have it: a dummy of a program that only
  /// includes it says nothing where another one has the real function.
  @Test func sharedHeaderIsThatOfTheMergedExport() async throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.cxxHeader, to: "app.hpp")
    let begin = "#include \"app.hpp\"\nint main() {\n  app::App app;\n"
    let sources = [
      begin + "  app.add(4);\n  app.add(1);\n  return app.each([](int v) { return v - 4; });\n}\n",
      "#include \"app.hpp\"\nint main() {\n  return 0;\n}\n",
      begin
        + "  app::parse<long>(\"a\", 3);\n  app::parse<int>(\"\", 3);\n  return app.add(9);\n}\n",
      begin + "  return app::only(0) - 2 + app.each([](int v) { return v; });\n}\n",
    ]
    var runs: [NormalRun] = []
    for (number, source) in sources.enumerated() {
      runs.append(try await run("h\(number)", .cxx, source, in: folder))
    }
    let collected = try await collectCoverage(
      of: runs.map(\.counters), content: [.lines, .regions], search: Self.noTools)
    #expect(collected.problems.map(\.description) == [])
    let ours = try LCOVWriter().bytes(of: Report(coverage: collected.coverage))
    let merged = try await Self.merged(runs, in: folder.path)
    let records = [ours, merged].map { Self.record("app.hpp", in: $0) }
    #expect(records[0] == records[1])
    #expect(records[0].contains("FNF:5\n"), "\(records[0])")
    let header = try #require(collected.coverage.files.first { $0.path.hasSuffix("app.hpp") })
    #expect(header.regions?.lines == header.lines)
    // The order of the programs does not matter.
    let reversed = try await collectCoverage(of: runs.reversed().map(\.counters))
    let other = try #require(reversed.coverage.files.first { $0.path.hasSuffix("app.hpp") })
    #expect(other.lines == header.lines && other.totals == header.totals)
    // Text, json and gates go by the same totals.
    #expect(header.totals.functions == Tally(found: 5, hit: 4))
  }

  /// A static function has another name in each unit: the place decides.
  @Test func staticFunctionsGiveWayByPlace() async throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.cHeader, to: "shared.h")
    let uses = "#include \"shared.h\"\nint main(void) { return shared(1) - 1; }\n"
    let includes = "#include \"shared.h\"\nint main(void) { return 0; }\n"
    let first = try await run("uses", .c, uses, in: folder)
    let second = try await run("includes", .c, includes, in: folder)
    for order in [[first, second], [second, first]] {
      let collected = try await collectCoverage(
        of: order.map(\.counters), search: Self.noTools)
      let file = try #require(collected.coverage.files.first { $0.path.hasSuffix("shared.h") })
      #expect(
        file.lines.filter { $0.count == 0 }.map(\.number) == [5, 6], "\(file.lines)")
      #expect(file.functions.map(\.count) == [1])
    }
    // Where no program uses it, the dummies are all that is known.
    let alone = try await collectCoverage(of: [second.counters], search: Self.noTools)
    let file = try #require(alone.coverage.files.first { $0.path.hasSuffix("shared.h") })
    #expect(file.functions.map(\.count) == [0] && file.lines.allSatisfy { $0.count == 0 })
  }

  /// One export of all programs, as the tools make it.
  private static func merged(_ runs: [NormalRun], in folder: FilePath) async throws -> [UInt8] {
    let tools = try #require(Toolchain.tools)
    let profile = folder.appending("merged.profdata").string
    try await Toolchain.run(
      tools.profdata, ["merge", "-o", profile] + runs.map(\.profile.string), in: folder)
    return try await Toolchain.run(
      tools.cov,
      ["export", "-format=lcov", "-instr-profile=" + profile, runs[0].program.string]
        + runs.dropFirst().flatMap { ["-object", $0.program.string] }, in: folder)
  }

  private static func record(_ file: String, in lcov: [UInt8]) -> String {
    let lines = String(decoding: lcov, as: UTF8.self).split(separator: "\n")
    guard let start = lines.firstIndex(where: { $0.hasPrefix("SF:") && $0.hasSuffix(file) }) else {
      return ""
    }
    return lines[start...].prefix { $0 != "end_of_record" }.map { $0 + "\n" }.joined()
  }
}
