import Foundation
import SystemPackage
import Testing

@testable import SalvageCoverage
@testable import SalvageRecord
@testable import SalvageReport

/// What our reader makes of `.gcno` and `.gcda` files against gcov's JSON and `llvm-cov gcov`, record by record.
@Suite struct GcovRecordsTests {
  struct Build: Sendable, CustomStringConvertible {
    var compiler: String
    var version: String
    var options: [String]
    var sources: [String]
    var description: String { "\(compiler)-\(version) \(options.joined(separator: " "))" }
  }

  private static let folder = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .appending("Fixtures")

  static let builds: [Build] = ["11", "12"].flatMap { version in
    ["-O0", "-O1", "-O2", "-O3"].flatMap { level in
      [
        Build(
          compiler: "g++", version: version, options: [level, "-std=c++17"],
          sources: ["gcov/shapes.cpp", "gcov/list.cpp"]),
        Build(
          compiler: "gcc", version: version, options: [level, "-D_GNU_SOURCE"],
          sources: ["gcov/work.c", "gcov/more.c"]),
        Build(
          compiler: "gfortran", version: version, options: [level], sources: ["gcov/sums.f90"]),
      ]
    }
  }

  /// Templates, exceptions, lambdas and loops on one line, switches, gotos, macros with functions in them.
  private static let mixed = """
    #include <map>
    #include <stdexcept>
    #include <string>
    template <typename T> T larger(T a, T b) { if (a > b) return a;
      return b; }
    template <typename T> struct Box { T v; Box(T x) : v(x) {}
      T twice() { for (int i = 0; i < 3; i++) v += v; return v; }
      ~Box() { if (v > 3) v = 0; } };
    #define PAIR(n) int f##n(int x) { return x > n ? x : n; } int g##n(int x) { while (x > n) x--; return x; }
    PAIR(1) PAIR(2)
    static int local(int n) {
      switch (n) { case 1: return 5; case 2: return 6; default: break; }
      try { if (n > 3) throw std::runtime_error("x"); } catch (const std::exception &e) { n = 9; }
      auto f = [&](int k) { return k > n ? k : n; };
      std::map<std::string, int> m; m["a"] = f(3); m["b"] = f(100);
      for (auto &[k, v] : m) n += v;
      int i = 0; while (i < 5) { i++; if (i == 3) continue; for (int j = 0; j < i; j++) n++; }
      do { n--; } while (n > 50); if (n == 7) goto end; n++; end: return n ? 1 : 0;
    }
    int never(int x) { return x ? 1 : 2; }
    int main() {
      Box<int> b(2); Box<double> c(0.5);
      int sum = b.twice() + (int)c.twice() + larger(1, 2) + (int)larger(2.5, 1.5) + f1(3) + g2(7);
      sum += local(5) + local(2) + local(1);
      return std::to_string(sum).empty();
    }
    """

  /// Compiles, links and runs; answers the folder and the names without endings of what gcc and libgcov left.
  private func make(_ build: Build) async throws -> (TemporaryFolder, [String])? {
    guard let compiler = Toolchain.find("\(build.compiler)-\(build.version)"),
      Toolchain.find("gcov-" + build.version) != nil
    else {
      print("skipped: records of \(build): needs \(build.compiler)-\(build.version)")
      return nil
    }
    let folder = try TemporaryFolder()
    var objects: [String] = []
    for source in build.sources {
      let path: FilePath
      if source == "mixed.cc" {
        path = try folder.write(Self.mixed, to: source)
      } else {
        path = Self.folder.appending(source)
      }
      let object = path.lastComponent?.stem ?? ""
      try await Toolchain.run(
        compiler, ["--coverage", "-c", path.string, "-o", object + ".o"] + build.options,
        in: folder.path)
      objects.append(object)
    }
    try await Toolchain.run(
      compiler, ["--coverage", "-o", "program"] + objects.map { $0 + ".o" }, in: folder.path)
    _ = try? await Toolchain.run(folder.path.appending("program"), ["3"], in: folder.path)
    return (folder, objects)
  }

  private func compare(
    _ folder: TemporaryFolder, _ name: String, _ build: Build
  ) async throws -> Int {
    let gcov = try #require(Toolchain.find("gcov-" + build.version))
    let output = try await Toolchain.run(
      gcov, ["--json-format", "--branch-probabilities", "--stdout", name + ".gcda"], in: folder.path
    )
    let theirs = try Document.decoder.decode(Document.self, from: Data(output))
    let ours = try GcovUnit(
      notes: TemporaryFolder.read(folder.path.appending(name + ".gcno")),
      data: GcovData(TemporaryFolder.read(folder.path.appending(name + ".gcda"))))
    let expected = theirs.records
    let records = ours.records
    #expect(records.count == expected.count, "\(build) \(name)")
    let first = zip(records, expected).first { $0 != $1 }
    #expect(first == nil, "\(build) \(name)")
    return records.count
  }

  @Test(arguments: builds) func sameRecords(_ build: Build) async throws {
    guard let (folder, names) = try await make(build) else { return }
    var count = 0
    for name in names { count += try await compare(folder, name, build) }
    #expect(count > 10)
  }

  /// Counters torn by a kill contradict each other; what gcov derives of them depends on its order, to the sign.
  @Test(arguments: ["11", "12"], ["-O0", "-O2"])
  func sameRecordsOfTornCounters(_ version: String, _ level: String) async throws {
    let build = Build(
      compiler: "g++", version: version, options: [level, "-std=c++17"], sources: ["mixed.cc"])
    guard let (folder, names) = try await make(build) else { return }
    #expect(try await compare(folder, names[0], build) > 100)
    let path = folder.path.appending(names[0] + ".gcda")
    let whole = try GcovData(TemporaryFolder.read(path))
    for seed in 1...4 as ClosedRange<UInt64> {
      var random = Torn(state: seed &* 0x9e37_79b9_7f4a_7c15)
      var data = whole
      for index in data.functions.indices {
        guard var counters = data.functions[index]?.counters, !counters.isEmpty else { continue }
        for place in counters[0].values.indices where random.next() % 3 == 0 {
          let value = counters[0].values[place]
          counters[0].values[place] =
            [0, value + 1, value + 5, value - min(value, 2)][
              Int(random.next() % 4)]
        }
        data.functions[index]?.counters = counters
      }
      _ = try folder.write(data.bytes, to: names[0] + ".gcda")
      #expect(try await compare(folder, names[0], build) > 100)
    }
  }

  private struct Torn {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state >> 8
    }
  }

  /// clang's --coverage: the tool is any llvm-cov's `gcov`.
  @Test(arguments: ["clang", "clang-14"]) func sameAsLLVMCov(_ compiler: String) async throws {
    let clang = compiler == "clang" ? Toolchain.compiler("clang") : Toolchain.find(compiler)
    guard let clang, let tool = Toolchain.tools?.cov else {
      print("skipped: --coverage of \(compiler): needs it, and llvm-cov")
      return
    }
    for level in ["-O0", "-O2"] {
      let folder = try TemporaryFolder()
      for source in ["work.c", "more.c"] {
        let path = Self.folder.appending("gcov/" + source).string
        try await Toolchain.run(
          clang, ["--coverage", level, "-c", path, "-o", source + ".o"], in: folder.path)
      }
      try await Toolchain.run(
        clang, ["--coverage", "work.c.o", "more.c.o", "-o", "program"], in: folder.path)
      try await Toolchain.run(folder.path.appending("program"), ["3"], in: folder.path)
      for name in ["work.c", "more.c"] {
        let bytes = try TemporaryFolder.read(folder.path.appending(name + ".gcda"))
        #expect(try GcovData(bytes, by: .clang).bytes == bytes, "\(compiler) \(name)")
        try await Toolchain.run(
          tool, ["gcov", "-i", "-b", name + ".gcda"], in: folder.path)
        let text = try TemporaryFolder.read(folder.path.appending(name + ".gcda.gcov"))
        let unit = try GcovUnit(
          notes: TemporaryFolder.read(folder.path.appending(name + ".gcno")),
          data: GcovData(
            TemporaryFolder.read(folder.path.appending(name + ".gcda")), by: .clang))
        let expected = String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(unit.intermediate.sorted() == expected.sorted(), "\(compiler) \(level) \(name)")
        #expect(expected.count > 5)
      }
    }
  }
}

extension GcovUnit {
  /// A line for each record, by file.
  fileprivate var records: [String] {
    var result: [String] = []
    for file in files.sorted(by: { $0.path < $1.path }) {
      result.append("file \(file.path)")
      for function in file.functions {
        result.append(
          "function \(function.name) \(function.line) \(function.column) \(function.count)")
      }
      for line in file.lines {
        var text = "line \(line.number) \(line.count) \(line.hasUnexecutedBlock)"
        for outcome in file.outcomes[line.outcomes] where !outcome.isCall {
          text += " \(outcome.count) \(outcome.isThrow) \(outcome.isFallThrough)"
        }
        result.append(text)
      }
    }
    return result
  }

  /// As `llvm-cov gcov -i -b` writes it.
  fileprivate var intermediate: [String] {
    var result: [String] = []
    for file in files {
      result.append("file:\(file.path)")
      for function in file.functions {
        result.append("function:\(function.line),\(function.count),\(function.name)")
      }
      for line in file.lines {
        result.append("lcount:\(line.number),\(line.count)")
        for outcome in file.outcomes[line.outcomes] {
          let word = outcome.count > 0 ? "taken" : line.count > 0 ? "nottaken" : "notexec"
          result.append("branch:\(line.number),\(word)")
        }
      }
    }
    return result
  }
}

/// gcov's JSON, as far as it is compared.
private struct Document: Decodable {
  static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }

  struct File: Decodable {
    struct Function: Decodable {
      var name: String
      var startLine: Int
      var startColumn: Int
      var executionCount: Int64
      var text: String { "function \(name) \(startLine) \(startColumn) \(executionCount)" }
    }
    struct Line: Decodable {
      struct Branch: Decodable {
        var count: Int64
        var `throw`: Bool
        var `fallthrough`: Bool
        var text: String { " \(count) \(self.throw) \(self.fallthrough)" }
      }
      var lineNumber: Int
      var count: Int64
      var unexecutedBlock: Bool
      var branches: [Branch]
      var text: String {
        "line \(lineNumber) \(count) \(unexecutedBlock)" + branches.map(\.text).joined()
      }
    }
    var file: String
    var functions: [Function]
    var lines: [Line]
  }
  var currentWorkingDirectory: String
  var files: [File]

  var records: [String] {
    var result: [String] = []
    let named = files.filter { !$0.functions.isEmpty || !$0.lines.isEmpty }.map {
      (GcovPath.absolute($0.file, in: currentWorkingDirectory), $0)
    }
    for (path, file) in named.sorted(by: { $0.0 < $1.0 }) {
      result.append("file \(path)")
      result += file.functions.map(\.text)
      result += file.lines.map(\.text)
    }
    return result
  }
}
