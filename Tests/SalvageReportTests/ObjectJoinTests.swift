import SalvageSystem
import SystemPackage
import Testing

@testable import SalvageCoverage
@testable import SalvageRecord
@testable import SalvageReport

/// Real programs that share a header: the report of both is the sum of the reports of each.
@Suite(.enabled("needs clang and llvm-cov of one toolchain") { Toolchain.hasClang })
struct ObjectJoinTests {
  private static let header = """
    #include <stdio.h>
    static inline int shared(int x) {
      if (x > 2) {
        return x * 2;
      }
      return x;
    }
    """

  private func program(
    _ name: String, _ body: String, _ folder: TemporaryFolder
  ) async throws -> NormalRun {
    _ = try folder.write(Self.header, to: "shared.h")
    let program = TestProgram(
      name: name, language: .c, flags: ["-fcoverage-mcdc"],
      source: "#include \"shared.h\"\nint main(void) {\n  \(body)\n  return 0;\n}\n")
    return try await NormalRun(try await program.build(in: folder), in: folder.path)
  }

  @Test func sharedHeader() async throws {
    let folder = try TemporaryFolder()
    let first = try await program("first", "for (int i = 0; i < 5; i++) shared(i);", folder)
    let second = try await program("second", "puts(\"x\"); shared(1);", folder)
    let both = [first.counters, second.counters]
    let collected = try await collectCoverage(of: both, content: [.lines, .regions])
    #expect(collected.problems.isEmpty)
    let files = collected.coverage.files
    #expect(files.map(\.path.fileName) == ["first.c", "second.c", "shared.h"])
    // Lines 2 to 7: 5 and 1 calls, of which 2 and 0 take the branch.
    #expect(files[2].lines.map(\.count) == [6, 6, 2, 2, 4, 6])
    #expect(files[2].functions.map(\.count) == [5, 1], "static: one in each program's file")
    #expect(files[2].branches.map(\.count) == [2, 4])
    #expect(files[2].regions?.lines == files[2].lines)
    #expect(collected.coverage.functions.map(\.name).filter { $0 == "main" }.count == 2)
    // What only one of them has is as in its own report.
    let text = String(
      decoding: try LCOVWriter().bytes(of: Report(coverage: collected.coverage)), as: UTF8.self)
    for run in [first, second] {
      let own = String(decoding: try await run.toolsOwn("lcov", in: folder.path), as: UTF8.self)
      let records = own.split(separator: "SF:")
      #expect(records.count == 2)
      #expect(text.contains("SF:" + records[0]), "\(run.program)")
    }
  }

  /// Equal-shaped functions of two programs must not show each other's counts.
  @Test func namesakesStayApart() async throws {
    let folder = try TemporaryFolder()
    let first = try await program("first", "shared(3);", folder)
    var second = try await program("second", "shared(3);", folder)
    let cells = second.counters.regions[0].bytes.count
    second.counters.regions[0].bytes = [UInt8](repeating: 0, count: cells)
    let collected = try await collectCoverage(of: [first.counters, second.counters])
    #expect(collected.coverage.files[0].functions.map(\.count) == [1])
    #expect(collected.coverage.files[1].functions.map(\.count) == [0])
  }

  /// One object that is gone does not take the other with it.
  @Test func oneIsGone() async throws {
    let folder = try TemporaryFolder()
    let run = try await program("first", "shared(3);", folder)
    var gone = run.counters
    gone.identity = 1
    gone.origin = "/proc/nonexistent/program"
    var stripped = run.counters
    stripped.identity = 2
    stripped.origin = nil
    stripped.keptObject = try await KeptObject.make(
      of: run.program, keeping: KeptObject.sections.filter { !KeptObject.mapping.contains($0) },
      as: "stripped.obj", in: folder.path)
    let collected = try await collectCoverage(of: [gone, run.counters, stripped])
    #expect(collected.problems.map(\.kind) == [.missing, .noMapping])
    #expect(collected.coverage.files.count == 2)
    // The unstripped program where it was recorded helps.
    stripped.origin = run.program
    let helped = try await collectCoverage(of: [stripped])
    #expect(helped.problems.map(\.description) == [])
    #expect(helped.coverage.files.count == 2)
  }

  /// Counts of two contexts or users of one object add up before the tools see them.
  @Test func oneObjectTwice() async throws {
    let folder = try TemporaryFolder()
    let run = try await program("first", "shared(3);", folder)
    let once = try await collectCoverage(of: [run.counters])
    let twice = try await collectCoverage(of: [run.counters, run.counters])
    #expect(
      twice.coverage.files.map { $0.lines.map(\.count) }
        == once.coverage.files.map { $0.lines.map { $0.count * 2 } })
  }

  /// A program of many functions: every one of them, and the same bytes.
  @Test func manyFunctions() async throws {
    let folder = try TemporaryFolder()
    var source = "#include <stdlib.h>\n"
    for number in 0..<2_000 {
      source += """
        int f\(number)(int a, int b) {
          int s = \(number);
          for (int i = 0; i < a; ++i) {
            if (i % 2 == 0) { s += i; } else if (b > i) { s -= b; } else { s ^= i; }
          }
          return s > 100 && b ? s : a;
        }

        """
    }
    source += "int main(int c, char **v) {\n  int t = 0;\n"
    for number in stride(from: 0, to: 2_000, by: 3) { source += "  t += f\(number)(c, t);\n" }
    source += "  return t == 42;\n}\n"
    let program = TestProgram(name: "many", language: .c, source: source)
    let run = try await NormalRun(try await program.build(in: folder), in: folder.path)
    let collected = try await collectCoverage(of: [run.counters], content: [.lines, .regions])
    let report = Report(coverage: collected.coverage)
    #expect(collected.coverage.totals.functions == Tally(found: 2_001, hit: 668))
    let lcov = try await run.toolsOwn("lcov", in: folder.path)
    #expect(try LCOVWriter().bytes(of: report) == lcov)
    let json = try await run.toolsOwn("text", in: folder.path)
    #expect(try LLVMJSONWriter().bytes(of: report) == json)
  }
}

extension String {
  fileprivate var fileName: Substring {
    self[(lastIndex(of: "/").map(index(after:)) ?? startIndex)...]
  }
}
