import Foundation
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCoverage
@testable import SalvageRecord
@testable import SalvageReport

/// A program of gcc's that ran normally with libgcov, and the same counters as a recording would have
/// them.
struct GcovRun {
  var folder: TemporaryFolder
  /// The data files that libgcov wrote, and what is in them.
  var files: [(path: FilePath, bytes: [UInt8])]
  var counters: ObjectCounters

  /// Compiles, runs, and takes the counters from what libgcov wrote.
  init(
    _ compiler: FilePath, _ flags: [String] = [], sources: [(name: String, text: String)],
    in folder: TemporaryFolder, keepsNotes: Bool = true
  ) async throws {
    self.folder = folder
    var objects: [String] = []
    for (name, text) in sources {
      let source = try folder.write(text, to: name)
      // Compiled one by one: that is how build systems do it, and how the data file gets its name.
      if name.hasSuffix(".h") { continue }
      try await Toolchain.run(
        compiler, ["--coverage", "-c", source.string, "-o", source.string + ".o"] + flags,
        in: folder.path)
      objects.append(source.string + ".o")
    }
    let program = folder.path.appending("program")
    try await Toolchain.run(
      compiler, ["--coverage", "-o", program.string] + objects, in: folder.path)
    try await Toolchain.run(program, [], in: folder.path)
    var builder = GcovBuilder()
    files = []
    for object in objects {
      let path = FilePath(object.dropLast(2) + ".gcda")
      let bytes = try TemporaryFolder.read(path)
      files.append((path, bytes))
      let notes = try TemporaryFolder.read(FilePath(path.string.dropLast(2) + "no"))
      builder.add(try GcovData(bytes), name: path, notes: keepsNotes ? notes : nil)
    }
    let kept = try folder.write(builder.object, to: "kept.obj")
    counters = builder.counters(kept: kept)
  }
}

/// gcc's own files and tools against our model of them.
@Suite struct GcovTests {
  static let compilers = ["11", "12"].filter { Toolchain.find("g++-" + $0) != nil }

  static let header = """
    template <typename T> T larger(T a, T b) {
      if (a > b) return a;
      return b;
    }
    inline int shared(int x) {
      return x > 2 && x < 9 ? x * 2 : x;
    }
    """

  static let first = """
    #include "shared.h"
    #include <vector>
    #include <string>
    int other(int);
    static int local(int n) {
      std::vector<int> list;
      for (int i = 0; i < n; i++) list.push_back(i);
      switch (n) {
      case 1: return 5;
      case 2: return 6;
      default: break;
      }
      return list.size() > 2 || n ? 1 : 0;
    }
    int never(int x) { return x ? 1 : 2; }
    int main() {
      int sum = 0;
      for (int i = 0; i < 12; i++) sum += shared(i) + other(i);
      sum += local(5) + local(2) + larger(1, 2) + (int)larger(2.5, 1.5);
      return std::to_string(sum).empty();
    }
    """

  static let second = """
    #include "shared.h"
    int other(int x) {
      try {
        if (x == 5) throw x;
      } catch (int y) {
        return larger(y, 1);
      }
      return shared(x + 1);
    }
    """

  static let sources = [("shared.h", header), ("first.cc", first), ("second.cc", second)]

  /// Read and written again, libgcov's files are the same bytes: also what it writes of a comdat, of
  /// zeros, and as the program's largest count.
  @Test(arguments: compilers) func sameBytesAsLibgcov(_ version: String) async throws {
    let folder = try TemporaryFolder()
    let compiler = try #require(Toolchain.find("g++-" + version))
    let run = try await GcovRun(compiler, sources: Self.sources, in: folder)
    for (path, bytes) in run.files {
      #expect(try GcovData(bytes).bytes == bytes, "\(path)")
    }
    let object = try GcovObject(run.counters)
    #expect(object.units.map(\.data.bytes) == run.files.map(\.bytes))
    #expect(object.units.allSatisfy { $0.notes != nil })
  }

  /// Exported and merged with the files of an earlier run, ours are those that libgcov leaves of two runs.
  @Test(arguments: compilers) func mergedAsLibgcovDoes(_ version: String) async throws {
    let folder = try TemporaryFolder()
    let compiler = try #require(Toolchain.find("g++-" + version))
    let run = try await GcovRun(compiler, sources: Self.sources, in: folder)
    let exported = try #require(
      try await exportFiles(of: [run.counters], by: GcovDataExporter.self, search: ToolSearch()))
    #expect(exported.problems.map(\.description) == [])
    let data = exported.files.filter { $0.path.extension == "gcda" }
    #expect(data.map(\.path) == run.files.map(\.path))
    #expect(data.map(\.bytes) == run.files.map(\.bytes))
    try await Toolchain.run(folder.path.appending("program"), [], in: folder.path)
    for (file, first) in zip(data, run.files) {
      let second = try TemporaryFolder.read(first.path)
      #expect(second != first.bytes)
      #expect(try file.adding?(first.bytes) == second, "\(first.path)")
    }
    for file in exported.files where file.path.extension == "gcno" {
      #expect(try TemporaryFolder.read(file.path) == file.bytes && file.isCompanion)
    }
    #expect(exported.files.count == 2 * data.count)
  }

  /// The report equals what lcov makes of libgcov's files: every line, function and branch.
  @Test(arguments: compilers) func sameAsLCOV(_ version: String) async throws {
    guard let lcov = Toolchain.find("lcov") else {
      print("skipped: reports like lcov's: needs lcov")
      return
    }
    let folder = try TemporaryFolder()
    let compiler = try #require(Toolchain.find("g++-" + version))
    let gcov = try #require(Toolchain.find("gcov-" + version))
    let run = try await GcovRun(compiler, sources: Self.sources, in: folder, keepsNotes: false)
    let info = folder.path.appending("lcov.info")
    try await Toolchain.run(
      lcov,
      [
        "-c", "-d", folder.path.string, "-o", info.string, "--gcov-tool", gcov.string, "-q",
        "--rc", "lcov_branch_coverage=1",
      ], in: folder.path)
    let collected = try await collectCoverage(of: [run.counters])
    #expect(collected.problems.map(\.description) == [])
    #expect(collected.notes == [])
    let expected = try Tracefile(TemporaryFolder.read(info))
    let ours = Tracefile(collected.coverage)
    #expect(ours.lines.count > 100, "headers of libstdc++ too")
    #expect(Tracefile.difference(ours.lines, expected.lines) == [])
    #expect(Tracefile.difference(ours.functions, expected.functions) == [])
    #expect(Tracefile.difference(ours.branches, expected.branches) == [])
    #expect(ours.reached == expected.reached)
    #expect(ours.lines["\(folder.path)/first.cc:15"] == 0)
  }

  /// The same header in a gcc and a clang program: lines, functions and branches add up.
  @Test(.enabled("needs clang") { Toolchain.hasClang })
  func addsToClang() async throws {
    guard let gcc = Toolchain.find("gcc") else { return }
    let folder = try TemporaryFolder()
    let header = """
      static inline int shared(int x) {
        if (x > 2) {
          return x * 2;
        }
        return x;
      }
      """
    let main = "#include \"shared.h\"\nint main(void) { return shared(5) + shared(1) != 11; }\n"
    let gcov = try await GcovRun(gcc, sources: [("shared.h", header), ("gcc.c", main)], in: folder)
    let program = TestProgram(name: "clang", language: .c, source: main)
    let llvm = try await NormalRun(try await program.build(in: folder), in: folder.path)
    let collected = try await collectCoverage(
      of: [gcov.counters, llvm.counters], content: [.lines, .regions])
    #expect(collected.problems.map(\.description) == [])
    let file = try #require(collected.coverage.files.first { $0.path.hasSuffix("shared.h") })
    // clang counts the closing brace of the branch with its end, gcc has no code there.
    #expect(file.lines.filter { $0.number != 4 && $0.number != 6 }.map(\.count) == [4, 4, 2, 2])
    #expect(file.functions.map(\.count) == [4])
    #expect(file.branches.map(\.count) == [2, 2])
    #expect(file.regions?.lines == file.lines)
    #expect(
      collected.coverage.files.map { $0.path.split(separator: "/").last } == [
        "clang.c", "gcc.c", "shared.h",
      ])
  }

  @Test func fortran() async throws {
    guard let compiler = Toolchain.find("gfortran") else {
      print("skipped: Fortran: needs gfortran")
      return
    }
    let folder = try TemporaryFolder()
    let source = """
      module m
      contains
        integer function twice(x)
          integer, intent(in) :: x
          if (x > 3) then
            twice = 2 * x
          else
            twice = x
          end if
        end function
      end module
      program p
        use m
        integer :: i, s
        s = 0
        do i = 1, 10
          s = s + twice(i)
        end do
        if (s == 0) stop 1
      end program
      """
    let run = try await GcovRun(compiler, sources: [("p.f90", source)], in: folder)
    let collected = try await collectCoverage(of: [run.counters])
    #expect(collected.problems.map(\.description) == [])
    let file = try #require(collected.coverage.files.first)
    let counts = Dictionary(uniqueKeysWithValues: file.lines.map { ($0.number, $0.count) })
    #expect(counts[6] == 7 && counts[8] == 3 && counts[10] == 10)
    #expect(file.functions.contains { $0.name == "__m_MOD_twice" && $0.count == 10 })
  }

  /// With -fprofile-dir data and notes are in two places.
  @Test func profileDirectory() async throws {
    guard let gcc = Toolchain.find("gcc") else { return }
    let folder = try TemporaryFolder()
    let other = try TemporaryFolder()
    let source = try folder.write("int main(void) { return 0; }\n", to: "a.c")
    let program = folder.path.appending("a")
    try await Toolchain.run(
      gcc,
      ["--coverage", "-fprofile-dir=" + other.path.string, "-c", source.string, "-o", "a.o"],
      in: folder.path)
    try await Toolchain.run(gcc, ["--coverage", "a.o", "-o", program.string], in: folder.path)
    try await Toolchain.run(program, [], in: folder.path)
    let mangled = folder.path.string.split(separator: "/").map { "#" + $0 }.joined() + "#a.gcda"
    let name = other.path.appending(mangled)
    var builder = GcovBuilder()
    builder.add(try GcovData(TemporaryFolder.read(name)), name: name)
    let kept = try folder.write(builder.object, to: "kept.obj")
    let collected = try await collectCoverage(of: [builder.counters(kept: kept)])
    #expect(collected.problems.map(\.description) == [])
    #expect(collected.coverage.files.first?.lines == [Line(number: 1, count: 1)])
  }
}

/// The sums of an lcov tracefile, or of our model, by place.
private struct Tracefile {
  var lines: [String: UInt64] = [:]
  var functions: [String: UInt64] = [:]
  var branches: [String: UInt64] = [:]
  var reached: Set<String> = []

  init(_ coverage: Coverage) {
    for file in coverage.files {
      for line in file.lines { lines["\(file.path):\(line.number)"] = line.count }
      for function in file.functions {
        functions["\(file.path):\(function.line):\(function.name)"] = function.count
      }
      for branch in file.branches {
        let place = "\(file.path):\(branch.line):\(branch.outcome)"
        branches[place] = branch.count
        if branch.reached { reached.insert(place) }
      }
    }
  }

  /// Places where two counts differ, or only one of both is.
  static func difference(_ left: [String: UInt64], _ right: [String: UInt64]) -> [String] {
    Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted().map {
      "\($0): \(left[$0].map(String.init) ?? "-") \(right[$0].map(String.init) ?? "-")"
    }
  }

  /// A record for each data file: adding them up is left to the reader.
  init(_ bytes: [UInt8]) throws {
    var path = ""
    var starts: [Substring: Substring] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let fields = line.drop { $0 != ":" }.dropFirst().split(separator: ",")
      switch line.prefix(while: { $0 != ":" }) {
      case "SF":
        path = String(line.dropFirst(3))
        starts = [:]
      case "FN": starts[fields[1]] = fields[0]
      case "FNDA":
        let start = try #require(starts[fields[1]])
        functions["\(path):\(start):\(fields[1])", default: 0] += UInt64(fields[0]) ?? 0
      case "DA": lines["\(path):\(fields[0])", default: 0] += UInt64(fields[1]) ?? 0
      case "BRDA":
        let place = "\(path):\(fields[0]):\(fields[2])"
        branches[place, default: 0] += UInt64(fields[3]) ?? 0
        if fields[3] != "-" { reached.insert(place) }
      default: break
      }
    }
  }
}
