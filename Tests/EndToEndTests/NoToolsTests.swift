import Foundation
import SystemPackage
import Testing

/// From the recording to every kind of answer with nothing on PATH but a shell: no llvm-cov, no llvm-profdata, no
/// gcov, no c++filt, no git. The answers are those with all of them.
@Suite struct NoToolsTests {
  private static let source = Places.fixtures.appending("shards/work.c").string
  private static let job = Places.fixtures.appending("shards/job.py").string
  private static let template = """
    template <class T> struct Box {
      T value;
      T larger(T other) const { return value > other ? value : other; }
    };
    int main(int count, char **) {
      Box<int> box{count};
      try {
        if (box.larger(3) == 3) throw 1;
      } catch (int) {
        return Box<long>{2}.larger(1) == 2 ? 0 : 1;
      }
      return 1;
    }

    """
  private static let change = """
    --- a/box.cpp
    +++ b/box.cpp
    @@ -1,2 +1,3 @@
     template <class T> struct Box {
    +  T value;
    +  T larger(T other) const { return value > other ? value : other; }
    """

  private static let llvm = ["-fprofile-instr-generate", "-fcoverage-mapping"]

  /// Programs by each compiler that there is.
  private func build(_ run: Recorded) async throws -> [String] {
    let folder = run.directory
    try Self.template.write(
      toFile: folder.appending("box.cpp").string, atomically: true, encoding: .utf8)
    try Self.change.write(
      toFile: folder.appending("change").string, atomically: true, encoding: .utf8)
    let builds = [
      ["clang", "-O0", Self.source, "-o", "c-llvm"] + Self.llvm,
      ["clang++", "-O0", "box.cpp", "-o", "cxx-llvm"] + Self.llvm,
      ["gcc", "--coverage", "-O0", Self.source, "-o", "c-gcc"],
      ["g++", "--coverage", "-O0", "box.cpp", "-o", "cxx-gcc"],
      ["clang", "--coverage", "-O0", Self.source, "-o", "c-clang"],
    ]
    for build in builds { try await Tools.run(build, in: folder) }
    return ["./c-llvm 3", "./cxx-llvm", "./c-gcc 2", "./cxx-gcc", "./c-clang 1"]
  }

  /// A folder with a shell and nothing else.
  private func poorPath(_ run: Recorded) throws -> String {
    let folder = run.directory.appending("bin")
    try FileManager.default.createDirectory(
      atPath: folder.string, withIntermediateDirectories: false)
    let shell = try #require(Tools.find("sh"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.appending("sh").string, withDestinationPath: shell.string)
    return folder.string
  }

  private static let questions: [[String]] = [
    ["report", "a"], ["report", "a", "-f", "lcov"], ["report", "a", "-f", "json"],
    ["report", "a", "-f", "llvm-json"], ["report", "a", "-f", "cobertura"],
    ["report", "a", "-f", "html", "-o", "PAGES"], ["report", "a", "b", "-f", "lcov"],
    ["report", "a", "--fail-under-lines", "1"], ["report", "a", "--fail-under-lines", "100"],
    ["report", "a", "--fail-on-loss"], ["show", "-r", "a", "box.cpp"], ["uncovered", "-r", "a"],
    ["patch", "-r", "a", "--diff-file", "change"],
    ["patch", "-r", "a", "--diff-file", "change", "--fail-under-patch", "100"],
    ["diff", "a", "b"], ["ledger", "a"], ["archive", "a", "-o", "a.archive"],
    ["archive", "--sources", "b", "-o", "b.archive"], ["inspect", "a.archive"],
    ["report", "a.archive", "b.archive", "-f", "lcov"],
    ["merge", "b.archive", "a.archive", "-o", "sum", "--expect", "2"],
    ["report", "sum", "-f", "lcov"],
    ["report", "sum", "-f", "json"], ["show", "-r", "sum", "box.cpp"], ["ledger", "sum"],
    ["export", "a", "-f", "profraw", "-o", "PAGES-raw"],
    ["export", "a", "-f", "gcda", "-o", "PAGES-gcda"],
  ]

  @Test func nothingIsMissing() async throws {
    if skips("no tools", without: ["clang", "clang++", "gcc", "g++"]) { return }
    let run = try Recorded("no-tools")
    var commands = try await build(run)
    if let python = Python.all.last(where: { $0.minor >= 12 }) {
      commands.append("'\(python.program)' \(Self.job) 2")
    }
    let poor = ["PATH": try poorPath(run), "SOURCE_DATE_EPOCH": "1000000000"]
    let rich = ["SOURCE_DATE_EPOCH": "1000000000"]
    let script = commands.joined(separator: "; ")
    let first = try await run.salvage(
      ["run", "-o", "a", "--", "sh", "-c", script], environment: poor)
    #expect(first.status == .exit(0), "\(first.errors)")
    let second = try await run.salvage(
      ["run", "-o", "b", "--", "sh", "-c", commands[0] + "; " + commands[1]], environment: poor)
    #expect(second.status == .exit(0), "\(second.errors)")

    for question in Self.questions {
      let without = try await run.salvage(named(question, "poor"), environment: poor)
      let with = try await run.salvage(named(question, "rich"), environment: rich)
      #expect(without.status == with.status, "\(question): \(without.errors)")
      #expect(without.output == with.output, "\(question)")
      #expect(without.errors.replacingOccurrences(of: "poor", with: "rich") == with.errors)
      #expect(
        !without.errors.contains("llvm-") && !without.errors.contains("gcov"), "\(without.errors)")
    }
    #expect(try files(run, "poor") == files(run, "rich"))
    let report = try await run.salvage(["report", "a", "-f", "lcov"], environment: poor).output
    #expect(report.contains("SF:\(Self.source)") && report.contains("/box.cpp"))
    let pages = try files(run, "poor").values.map { String(decoding: $0, as: UTF8.self) }
    #expect(pages.contains { $0.contains("Box&lt;int&gt;::larger") })
  }

  private func named(_ question: [String], _ name: String) -> [String] {
    question.map { $0.replacingOccurrences(of: "PAGES", with: name) }
  }

  /// What was written into folders whose names begin so: paths and contents.
  private func files(_ run: Recorded, _ name: String) throws -> [String: Data] {
    let root = run.directory.string
    var result: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: root) where path.hasPrefix(name)
    {
      guard let data = FileManager.default.contents(atPath: root + "/" + path) else { continue }
      result[String(path.dropFirst(name.count))] = data
    }
    #expect(!result.isEmpty)
    return result
  }
}
