import SystemPackage
import Testing

@testable import SalvageCoverage
@testable import SalvageRecord
@testable import SalvageReport

#if canImport(Glibc)
  import Glibc
#endif

/// For a program that ended normally our exports equal llvm-cov's own, byte for byte.
@Suite struct DifferentialTests {
  @Test(
    .enabled("needs clang and llvm-cov of one toolchain") { Toolchain.hasClang },
    arguments: TestProgram.clang)
  func clang(_ program: TestProgram) async throws { try await compare(program) }

  @Test(
    .enabled("needs swiftc and llvm-cov of one toolchain") { Toolchain.hasSwift },
    arguments: TestProgram.swift)
  func swift(_ program: TestProgram) async throws { try await compare(program) }

  @Test(.enabled("needs rustc") { Toolchain.rustc != nil }, arguments: TestProgram.rust)
  func rust(_ program: TestProgram) async throws { try await compare(program) }

  /// Records of 48 bytes, which today's llvm-profdata refuses. Of LLVM 14's own lcov branches differ: it
  /// left out those of macros that are not the function's own text.
  @Test(
    .enabled("needs clang-14 and its llvm tools") {
      Toolchain.hasClang && Toolchain.clang14 != nil && Toolchain.oldTools != nil
    })
  func clang14() async throws {
    let folder = try TemporaryFolder()
    let old = try #require(Toolchain.oldTools)
    let source = try folder.write(TestProgram.cSource, to: "old.c")
    let program = folder.path.appending("old")
    try await Toolchain.run(
      try #require(Toolchain.clang14),
      ["-fprofile-instr-generate", "-fcoverage-mapping", source.string, "-o", program.string],
      in: folder.path)
    let run = try await NormalRun(program, in: folder.path)
    let collected = try await collectCoverage(of: [run.counters], content: [.lines, .regions])
    #expect(collected.problems.map(\.description) == [])
    let report = Report(coverage: collected.coverage)
    let lcov = try await run.toolsOwn("lcov", in: folder.path, profdata: old.profdata)
    let json = try await run.toolsOwn("text", in: folder.path, profdata: old.profdata)
    let ours = try LCOVWriter().bytes(of: report)
    #expect(ours == lcov)
    #expect(try LLVMJSONWriter().bytes(of: report) == json)
    let own = try await run.toolsOwn("lcov", in: folder.path, profdata: old.profdata, cov: old.cov)
    #expect(Self.withoutBranches(ours) == Self.withoutBranches(own))
  }

  private static func withoutBranches(_ lcov: [UInt8]) -> [Substring] {
    String(decoding: lcov, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("BR") }
  }

  private func compare(_ program: TestProgram) async throws {
    let folder = try TemporaryFolder()
    let run = try await NormalRun(try await program.build(in: folder), in: folder.path)
    let lcov = try await run.toolsOwn("lcov", in: folder.path)
    let json = try await run.toolsOwn("text", in: folder.path)
    #expect(lcov.count > 100 && json.count > 100)
    // From the program itself, then from what a recording keeps while the program is gone.
    var kept = run.counters
    kept.keptObject = try await KeptObject.make(of: run.program, as: "kept.obj", in: folder.path)
    kept.origin = "/proc/nonexistent"
    for counters in [run.counters, kept] {
      let collected = try await collectCoverage(
        of: [counters], content: [.lines, .regions], search: HeaderTests.noTools)
      #expect(collected.problems.map(\.description) == [])
      #expect(collected.notes == [])
      let report = Report(coverage: collected.coverage)
      #expect(try LCOVWriter().bytes(of: report) == lcov)
      #expect(try LLVMJSONWriter().bytes(of: report) == json)
      try checkModel(collected.coverage)
    }
  }

  /// Both levels of detail say the same about lines and functions.
  private func checkModel(_ coverage: Coverage) throws {
    for file in coverage.files {
      #expect(try #require(file.regions).lines == file.lines, "\(file.path)")
      let named = coverage.functions.filter { $0.fileNames.first == file.path }
      #expect(named.map(\.name) == file.functions.map(\.name))
      #expect(named.map(\.count) == file.functions.map(\.count))
    }
  }
}

extension ConditionTrait {
  /// Skips with a reason that the test run prints.
  static func enabled(_ reason: Comment, _ condition: @escaping @Sendable () -> Bool) -> Self {
    .enabled(if: condition(), reason)
  }
}
