import SalvageCoverage
import SalvageSystem
import Testing

@testable import SalvageReport

/// What is left out by where it lies, and lines that markers exclude.
@Suite struct SelectionTests {
  @Test(arguments: [
    ("/usr/include/c++/12/vector", true), ("/usr/lib/gcc/x86_64-linux-gnu/12/include/x.h", true),
    ("/rustc/abc/library/core/src/x.rs", true), ("/home/me/.cargo/registry/src/x/lib.rs", true),
    ("/home/me/p/.build/checkouts/q/Q.swift", true), ("/home/me/p/.venv/lib/x.py", true),
    ("/home/me/p/.venv/bin/tool", true), ("/opt/swift/usr/lib/swift/shims/x.h", true),
    ("/home/me/p/venv-like/x.py", false), ("/home/me/p/src/a.c", false),
    ("/srv/elsewhere/b.c", false),
    ("/home/me/usr/include/a.h", false), ("relative/a.c", false), ("/home/me/p/build/a.c", false),
  ])
  func foreign(_ path: String, _ isForeign: Bool) {
    let selection = Selection { $0 == "/home/me/p/.venv/pyvenv.cfg" }
    let coverage = Coverage(files: [SourceFile(path: path, lines: [Line(number: 1, count: 1)])])
    let result = selection.apply(to: coverage, sources: .none)
    #expect(result.coverage.files.isEmpty == isForeign)
    #expect(result.foreignFiles == (isForeign ? 1 : 0))
    let all = Selection(isAll: true).apply(to: coverage, sources: .none)
    #expect(all.coverage == coverage)
    let named = Selection(filter: Filter(include: [Glob(path)])).apply(to: coverage, sources: .none)
    #expect(named.coverage.files.isEmpty == (isForeign && !path.hasPrefix("/")))
  }

  /// The lines of ten that are left, and those that have branches left, by the text of the source.
  @Test(arguments: [
    ("a\nb // LCOV_EXCL_LINE\nc\n", [1, 3] as [UInt32], [1, 3] as [UInt32]),
    ("a\n/* GCOVR_EXCL_START */\nc\n// GCOVR_EXCL_STOP\ne\n", [1, 5], [1, 5]),
    ("a\nb // LCOV_EXCL_BR_LINE\nc\n", [1, 2, 3], [1, 3]),
    ("// LCOV_EXCL_BR_START\nb\n// LCOV_EXCL_BR_STOP\nd\n", [1, 2, 3, 4], [4]),
    ("a # pragma: no cover\nb\n", [2], [2]), ("a // MY_LCOV_EXCL_LINE\n", [1], [1]),
    ("a // LCOV_EXCL_LINES\n", [1], [1]), ("a\nb // LCOV_UNREACHABLE_LINE\n", [1], [1]),
    ("a // ours: skip\nb\n", [2], [2]), ("a\r\nb // LCOV_EXCL_LINE\r\n", [1], [1]),
    ("a\nb // LCOV_EXCL_START\nc\n", [1], [1]), ("\u{fffd}\nLCOV_EXCL_LINE", [1], [1]),
  ])
  func markers(_ source: String, _ lines: [UInt32], _ branches: [UInt32]) throws {
    var file = SourceFile(path: "/a.c")
    let count = source.split(separator: "\n", omittingEmptySubsequences: false).count
    let all =
      (1...UInt32(source.utf8.reduce(source.utf8.last == 10 ? 0 : 1) { $0 + ($1 == 10 ? 1 : 0) }))
    #expect(count > 0)
    file.lines = all.map { Line(number: $0, count: 1) }
    file.branches = all.map { Branch(line: $0, decision: 0, outcome: 0, reached: true, count: 1) }
    let selection = Selection(markers: ["ours: skip"])
    let bytes = Array(source.utf8)
    let result = selection.apply(
      to: Coverage(files: [file]), sources: SourceText { _ in bytes })
    #expect(result.coverage.files[0].lines.map(\.number) == lines)
    #expect(result.coverage.files[0].branches.map(\.line) == branches)
    #expect(result.excludedLines == all.count - lines.count)
    let untouched = Selection(isAll: true).apply(
      to: Coverage(files: [file]), sources: SourceText { _ in bytes })
    #expect(untouched.coverage.files[0] == file)
  }

  @Test func functionsAreExcludedWhole() {
    let source = "int a() {\n}\n// GCOVR_EXCL_FUNCTION\nint b() {\n  x;\n}\nint c() {\n}\n"
    let file = SourceFile(
      path: "/a.c", lines: [1, 2, 4, 5, 6, 7, 8].map { Line(number: $0, count: 0) },
      functions: [("a", 1), ("b", 4), ("c", 7)].map { Function(name: $0.0, line: $0.1, count: 0) })
    let result = Selection().apply(
      to: Coverage(files: [file]), sources: SourceText { _ in Array(source.utf8) })
    #expect(result.coverage.files[0].lines.map(\.number) == [1, 2, 7, 8])
    #expect(result.coverage.files[0].functions.map(\.name) == ["a", "c"])
    #expect(result.notes.isEmpty)
  }

  /// A marker that what ran contradicts is told, with its place.
  @Test func markersOnLinesThatRanAreTold() {
    let source =
      "a // LCOV_EXCL_LINE\nb // LCOV_UNREACHABLE_LINE\n// LCOV_EXCL_STOP\n// LCOV_EXCL_START\n"
    let file = SourceFile(path: "/a.c", lines: [1, 2].map { Line(number: $0, count: 7) })
    let notes = Selection().apply(
      to: Coverage(files: [file]), sources: SourceText { _ in Array(source.utf8) }
    ).notes
    #expect(notes.contains { $0.hasPrefix("/a.c:1: excluded by a marker, and ran 7 times") })
    #expect(notes.contains { $0.hasPrefix("/a.c:2: marked as unreachable, and ran 7 times") })
    #expect(notes.contains { $0.hasPrefix("/a.c:3: STOP without START") })
    #expect(notes.contains { $0.hasPrefix("/a.c:4: START without STOP") })
  }

  static let diffTexts: [(String, [String: Set<UInt32>])] = [
    ("+++ b/a.c\n@@ -1 +2,2 @@\n-x\n+y\n+z\n", ["a.c": [2, 3]]),
    ("+++ b/a.c\n@@ -1,3 +1,4 @@ f()\n x\n+y\n x\n x\n", ["a.c": [2]]),
    ("--- a/a.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-y\n", [:]),
    ("+++ \"b/a\\303\\251\\\"\\t.c\"\n@@ -0,0 +1 @@\n+x\n", ["aé\"\t.c": [1]]),
    ("+++ a.c\t2026-01-01\n@@ -0,0 +5 @@\n+x\r\n", ["a.c": [5]]),
    ("+++ b/a.c\n@@ -1,0 +2 @@\n++++ b/no.c\n@@ -9,0 +9 @@\n+\u{301}\n", ["a.c": [2, 9]]),
    (
      "+++ b/a.c\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n"
        + "\\ No newline at end of file\n+++ b/b.c\n@@ -0,0 +1 @@\n+\n",
      ["a.c": [1], "b.c": [1]]
    ), ("rubbish\n@@ @@\n@@ -x +y @@\n", [:]), ("", [:]),
  ]

  @Test(arguments: diffTexts)
  func diffs(_ text: String, _ files: [String: Set<UInt32>]) {
    #expect(ChangedLines(diff: text).files == files)
  }

  @Test func comparisons() {
    func report(_ counts: [UInt64], _ path: String = "a.c") -> Report {
      Report(
        coverage: Coverage(files: [
          SourceFile(
            path: path,
            lines: counts.enumerated().map {
              Line(number: UInt32($0.offset + 1), count: $0.element)
            })
        ]))
    }
    let comparison = Comparison(report([1, 1, 0, 1]), report([0, 0, 1, 1]))
    #expect(comparison.files.map(\.lost) == [[[1, 2]]])
    #expect(comparison.files.map(\.gained) == [[[3, 3]]])
    #expect(Comparison(report([1, 2]), report([3, 4])).files.isEmpty)
    // Lines that are not there any more are not lost.
    #expect(Comparison(report([1, 2]), report([3])).files.isEmpty)
    // A line was added above, one was changed, one is new at the end.
    let moves = LineMoves(from: [10, 20, 30, 40], to: [9, 10, 21, 30, 40, 50])
    #expect((1...5).map { moves[UInt32($0)] } == [2, nil, 4, 5, nil])
    #expect(moves.added == [1, 3, 6])
    let edited = Comparison(
      report([1, 1, 0, 1]), report([1, 0, 0, 1, 0, 0]), moves: ["a.c": moves])
    #expect(edited.files.map(\.lost) == [[[2, 2], [5, 5]]])
    #expect(edited.files.map(\.gained) == [[[1, 1], [4, 4]]])
    #expect(edited.files.map(\.missed) == [[[3, 3], [6, 6]]])
    #expect(LineMoves(from: [1, 2], to: []).added.isEmpty)
    #expect(LineMoves(from: [], to: [1])[1] == nil)
    let moved = Comparison(report([1]), report([1], "b.c"))
    #expect(moved.files.map(\.kind.rawValue).sorted() == ["new", "removed"])
  }
}
