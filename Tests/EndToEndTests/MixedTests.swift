import Foundation
import SalvageSystem
import SystemPackage
import Testing

/// Trees of several compilers: one recording, one report.
@Suite struct MixedTests {
  private static let fixtures = Places.fixtures.appending("mixed")

  /// The counts that `// N` comments of a source name for their lines.
  private func expectCounts(
    of source: String, in report: LineCounts, atMost most: UInt64 = .max,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let path = Self.fixtures.appending(source).string
    let lines = try String(contentsOfFile: path, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
    var found = 0
    for (index, line) in lines.enumerated() {
      guard let match = line.firstMatch(of: /\/\/ (\d+)$/) else { continue }
      found += 1
      #expect(
        report.files[path]?[index + 1] == UInt64(match.1).map { min($0, most) },
        "\(source):\(index + 1)",
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

  /// A way to count, and how the compiler is called.
  private static let ways: [(name: String, compiler: [String])] = [
    ("llvm", ["clang", "-fprofile-instr-generate", "-fcoverage-mapping"]),
    ("gcov", ["gcc", "--coverage"]),
    (
      "sancov",
      ["clang", "-fsanitize-coverage=inline-bool-flag,pc-table", "-fno-sanitize-link-runtime"]
    ),
    (
      "guards",
      ["clang", "-fsanitize-coverage=trace-pc-guard,pc-table", "-fno-sanitize-link-runtime"]
    ),
  ]

  /// Three ways of counting in one process: in the program, in a library that it is linked with, in one
  /// that it loads; each in each place, with symbols and stripped. It forks, and both are killed.
  @Test(arguments: 0..<4, [false, true]) func threeWaysInOneProcess(
    _ first: Int, _ isStripped: Bool
  )
    async throws
  {
    let name = "\(first)-\(isStripped)"
    if skips("threeWaysInOneProcess \(name)", without: ["gcc", "gcov", "strip", "objcopy"]) {
      return
    }
    let run = try Recorded("mixed-three-\(name)")
    let callbacks = Places.tests.removingLastComponent().appending("CShim/Cooperate/sancov.c")
      .string
    try await Tools.run(
      ["clang", "-O1", "-fPIC", "-c", callbacks, "-o", "sancov.o"], in: run.directory)
    let parts = [
      ("linked", ["-shared", "-fPIC", "-o", "liblinked.so"]),
      ("loaded", ["-shared", "-fPIC", "-o", "libloaded.so"]),
      ("whole", ["-L.", "-llinked", "-ldl", "-Wl,-rpath,$ORIGIN", "-o", "whole"]),
    ]
    for (index, (source, options)) in parts.enumerated() {
      let way = Self.ways[(first + index) % 4]
      let isBlocks = way.name == "sancov" || way.name == "guards"
      try await Tools.run(
        way.compiler + ["-g", "-Wl,--build-id", path(source + ".c")]
          + (isBlocks ? ["-Xlinker", "sancov.o"] : []) + options, in: run.directory)
      guard isStripped, let file = options.last else { continue }
      try await Tools.run(
        ["objcopy", "--only-keep-debug", file, file + ".debug"], in: run.directory)
      try await Tools.run(["strip", file], in: run.directory)
    }
    let outcome = try await run.run(
      [run.directory.appending("whole").string, run.directory.appending("libloaded.so").string])
    #expect(outcome.status == .signal(SIGKILL), "\(outcome.errors)")
    #expect(outcome.errors.contains("3 objects, nothing lost"), "\(outcome.errors)")
    let report = try await run.lines()
    for (index, (source, _)) in parts.enumerated() {
      let isFlags = (first + index) % 4 > 1
      try expectCounts(of: source + ".c", in: report, atMost: isFlags ? 1 : .max)
    }
  }
}
