import Foundation
import SystemPackage
import Testing

/// Trees of several compilers: one recording, one report.
@Suite struct MixedTests {
  private static let fixtures = Places.fixtures.appending("mixed")

  /// The counts that `// N` comments of a source name for their lines.
  private func expectCounts(
    of source: String, in report: LineCounts, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let path = Self.fixtures.appending(source).string
    let lines = try String(contentsOfFile: path, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
    var found = 0
    for (index, line) in lines.enumerated() {
      guard let match = line.firstMatch(of: /\/\/ (\d+)$/) else { continue }
      found += 1
      #expect(
        report.files[path]?[index + 1] == UInt64(match.1), "\(source):\(index + 1)",
        sourceLocation: sourceLocation)
    }
    #expect(found > 0, sourceLocation: sourceLocation)
  }

  private func path(_ name: String) -> String { Self.fixtures.appending(name).string }

  /// A library of gcc's in a program of clang's, which is killed.
  @Test func gccLibraryInClangProgram() async throws {
    if skips("a gcc library in a clang program", without: ["gcc", "gcov"]) { return }
    let run = try Recorded("mixed-library")
    try await Tools.run(
      ["gcc", "--coverage", "-fPIC", "-shared", path("tool.c"), "-o", "libtool.so"],
      in: run.directory)
    try await Tools.run(
      [
        "clang", "-fprofile-instr-generate", "-fcoverage-mapping", path("main.c"), "-o", "main",
        "-L.", "-ltool", "-Wl,-rpath,$ORIGIN",
      ], in: run.directory)
    let outcome = try await run.run([run.directory.appending("main").string])
    #expect(outcome.status == .signal(SIGKILL))
    let report = try await run.lines()
    try expectCounts(of: "main.c", in: report)
    try expectCounts(of: "tool.c", in: report)
    #expect(try await run.ledger().slugs == [])
  }

  /// One ELF file with counters of both: a static library of gcc's in a Rust program, which is killed.
  @Test func gccCodeInRustProgram() async throws {
    if skips("gcc's code in a Rust program", without: ["gcc", "gcov", "rustc", "ar"]) { return }
    let run = try Recorded("mixed-rust")
    let directory = run.directory
    try await Tools.run(["gcc", "--coverage", "-c", path("tool.c"), "-o", "tool.o"], in: directory)
    try await Tools.run(["ar", "rcs", "libtool.a", "tool.o"], in: directory)
    try await Tools.run(
      [
        "rustc", "-C", "instrument-coverage", "-L", ".", "-l", "static=tool", "-C",
        "link-arg=-lgcov",
        path("main.rs"), "-o", "main",
      ], in: directory)
    let outcome = try await run.run([directory.appending("main").string])
    #expect(outcome.status == .signal(SIGKILL))
    let report = try await run.lines()
    try expectCounts(of: "main.rs", in: report)
    try expectCounts(of: "tool.c", in: report)
    let ledger = try await run.ledger()
    #expect(ledger.slugs == [])
    // Each of the two has its own files.
    for (format, suffix) in [("gcda", "gcda"), ("profraw", "profraw")] {
      let export = try await run.salvage(
        ["export", run.recording.string, "-f", format, "-o", directory.appending(format).string])
      #expect(export.status == .exit(0), "\(export.errors)")
      let names = FileManager.default.enumerator(atPath: directory.appending(format).string)
      let files = (names?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix("." + suffix) }
      #expect(files.count == 1, "\(files)")
    }
    #expect(outcome.errors.contains("1 object,"), "\(outcome.errors)")
  }

  /// A shell's pipeline: a writer of gcc's, a filter of clang's, a reader of gcc's that ends first.
  @Test func pipeline() async throws {
    if skips("a pipeline of gcc's and clang's programs", without: ["gcc", "gcov"]) { return }
    let run = try Recorded("mixed-pipeline")
    for (name, compiler) in [
      ("writer", ["gcc", "--coverage"]),
      ("filter", ["clang", "-fprofile-instr-generate", "-fcoverage-mapping"]),
      ("reader", ["gcc", "--coverage"]),
    ] {
      try await Tools.run(
        compiler + ["-O0", path(name + ".c"), "-o", name], in: run.directory)
    }
    // The writer dies of SIGPIPE or of the shell's kill, whatever comes first; its work is done before.
    let outcome = try await run.run(["sh", "-c", "./writer | ./filter | ./reader"])
    #expect(outcome.status == .exit(0) && outcome.output == "read 3\n", "\(outcome.errors)")
    let report = try await run.lines()
    for source in ["writer.c", "filter.c", "reader.c"] { try expectCounts(of: source, in: report) }
    let ledger = try await run.ledger()
    #expect(ledger.slugs == [])
    // In every format, all three of them.
    for format in ["text", "json", "llvm-json"] {
      let text = try await run.salvage(["report", run.recording.string, "-f", format]).output
      for source in ["writer.c", "filter.c", "reader.c"] {
        #expect(text.contains(source), "\(format) without \(source)")
      }
    }
  }

  /// The same file by both compilers: its lines, functions and branches add up.
  @Test func oneSourceOfBoth() async throws {
    if skips("one source of two compilers", without: ["gcc", "gcov"]) { return }
    let run = try Recorded("mixed-source")
    for (name, compiler) in [
      ("by-gcc", ["gcc", "--coverage"]),
      ("by-clang", ["clang", "-fprofile-instr-generate", "-fcoverage-mapping"]),
    ] {
      try await Tools.run(compiler + [path("both.c"), "-o", name], in: run.directory)
    }
    _ = try await run.run(["sh", "-c", "./by-gcc; ./by-clang; ./by-clang"])
    try expectCounts(of: "both.c", in: try await run.lines())
    let json = try await run.salvage(["report", run.recording.string, "-f", "json"]).output
    struct Document: Decodable {
      struct File: Decodable {
        struct Function: Decodable {
          var name: String
          var count: Int
        }
        var functions: [Function]
        var branches: [[Int?]]
      }
      var files: [File]
    }
    let file = try #require(
      JSONDecoder().decode(Document.self, from: Data(json.utf8)).files.first)
    let functions = file.functions.sorted { $0.name < $1.name }
    #expect(functions.map(\.count) == [9, 3], "\(functions)")
    #expect(file.branches.map { $0[3] } == [3, 6, 9, 3], "\(file.branches)")
  }
}
