import SalvageCoverage
import Testing

@testable import SalvageReport

@Suite struct FilterTests {
  @Test(arguments: [
    ("*.c", "/src/a.c", true), ("*.c", "/src/a.cpp", false), ("a.c", "/src/a.c", true),
    ("src/*.c", "/home/src/a.c", true), ("src/*.c", "/home/src/x/a.c", false),
    ("src/**/*.c", "/home/src/x/y/a.c", true), ("src/**/*.c", "/home/src/a.c", true),
    ("/src/*.c", "/src/a.c", true), ("/src/*.c", "/home/src/a.c", false),
    ("/**/a.c", "/x/y/a.c", true), ("**/a.c", "a.c", true), ("/src", "/src/x/a.c", true),
    ("/src", "/srcs/a.c", false), ("Tests", "/p/Tests/T.swift", true),
    ("Tests", "/p/MyTests/T.swift", false), ("*Tests", "/p/MyTests/T.swift", true),
    ("/**", "/anything/at/all", true), ("?.c", "/a.c", true), ("?.c", "/ab.c", false),
    ("[a-c]*.h", "/x/beta.h", true), ("[!a-c]*.h", "/x/beta.h", false), ("[]].c", "/].c", true),
    ("[a.c", "/[a.c", true), ("\\*.c", "/*.c", true), ("\\*.c", "/a.c", false),
    ("a*b*c", "/aXbXbc", true), ("a*b*c", "/aXbXb", false), ("*", "/x", true), ("", "/x", false),
    ("**/b/**/c.h", "/b/a/b/x/y/c.h", true), ("é*.c", "/éa.c", true), ("**", "/x/y", true),
    ("x/**/y/z", "/x/y/q/y/z", true), ("src/", "/src/a.c", true), ("a/b", "/a/x/b", false),
  ])
  func globs(_ pattern: String, _ path: String, _ matches: Bool) {
    #expect(Glob(pattern).matches(path) == matches)
  }

  /// Patterns that make a naive matcher run for ages.
  @Test(.timeLimit(.minutes(1)))
  func globsAreNotExponential() {
    let stars = String(repeating: "a*", count: 200) + "b"
    #expect(!Glob(stars).matches("/" + String(repeating: "a", count: 2_000)))
    let deep = String(repeating: "**/a/", count: 50) + "b"
    #expect(!Glob(deep).matches(String(repeating: "/a", count: 300)))
  }

  @Test(arguments: [
    ("/build=/src", "/build/a.c", "/src/a.c"), ("/build/=/src/", "/build/a.c", "/src/a.c"),
    ("/build=/src", "/builds/a.c", nil), ("/build=", "/build/a.c", "a.c"),
    ("/build=.", "/build/x/a.c", "./x/a.c"), ("/=/src", "/a.c", "/src/a.c"),
    ("/build=/", "/build/a.c", "/a.c"), ("/a=b=c", "/a/x", "b=c/x"), ("/a.c=/b.c", "/a.c", "/b.c"),
  ])
  func pathMaps(_ map: String, _ path: String, _ mapped: String?) throws {
    #expect(try #require(Filter.PathMap(map)).mapped(path) == mapped)
  }

  @Test func refusesPathMaps() {
    #expect(Filter.PathMap("/build") == nil && Filter.PathMap("=/src") == nil)
  }

  private func file(_ path: String, _ count: UInt64 = 1) -> SourceFile {
    SourceFile(path: path, lines: [Line(number: 1, count: count)], reported: Totals())
  }

  @Test func includesThenExcludes() {
    let coverage = Coverage(files: ["/a/x.c", "/a/y.h", "/b/x.c"].map { file($0) })
    func paths(_ filter: Filter) -> [String] { filter.apply(to: coverage).files.map(\.path) }
    #expect(paths(Filter()) == ["/a/x.c", "/a/y.h", "/b/x.c"])
    #expect(paths(Filter(include: [Glob("/a"), Glob("b/*")])).count == 3)
    #expect(paths(Filter(include: [Glob("*.c")], exclude: [Glob("/b")])) == ["/a/x.c"])
    #expect(paths(Filter(include: [Glob("nothing")])) == [])
  }

  /// Two files that get one name are one file then; patterns see the new names.
  @Test func mapsAndJoins() throws {
    let coverage = Coverage(files: [file("/one/a.c", 1), file("/two/a.c", 2), file("/x/b.c", 0)])
    let filter = Filter(
      include: [Glob("/src")],
      pathMaps: [
        Filter.PathMap(from: "/two", to: "/src"), Filter.PathMap(from: "/one", to: "/src"),
      ])
    let result = filter.apply(to: coverage)
    #expect(result.files.map(\.path) == ["/src/a.c"])
    #expect(result.files[0].lines == [Line(number: 1, count: 3)])
    #expect(result.files[0].reported == nil)
  }

  @Test(arguments: [
    ("80", Gate.Measure.lines, 80.0), ("functions=12.5", .functions, 12.5),
    ("branches=0", .branches, 0),
  ])
  func readsGates(_ text: String, _ measure: Gate.Measure, _ minimum: Double) {
    #expect(Gate(text) == Gate(measure: measure, minimum: minimum))
  }

  @Test(arguments: ["", "x", "101", "-1", "lines", "files=3", "nan", "lines=", "=5", "80%"])
  func refusesGates(_ text: String) { #expect(Gate(text) == nil) }

  @Test func gatesAreExact() throws {
    func failure(_ hit: Int, _ found: Int, _ minimum: Double) -> Gate.Failure? {
      Gate(minimum: minimum).failure(Totals(lines: Tally(found: found, hit: hit)))
    }
    for hit in 0...100 {
      #expect(failure(hit, 100, Double(hit)) == nil)
      #expect(failure(hit, 101, Double(hit)) == nil || hit > 0)
    }
    #expect(failure(79_999, 100_000, 80) != nil && failure(80_000, 100_000, 80) == nil)
    #expect(failure(0, 0, 0) == nil)
    #expect(try #require(failure(0, 0, 1)).description.contains("no lines to cover"))
    // Rounding never shows what was not reached.
    #expect(
      try #require(failure(799_999, 1_000_000, 80)).description == "lines: 79.99 %, 80.00 % needed")
  }
}
