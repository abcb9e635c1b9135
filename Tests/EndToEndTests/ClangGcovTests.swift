import Foundation
import SystemPackage
import Testing

/// Programs of clang's --coverage: our files against those of their own runtime, and what is told of them.
@Suite struct ClangGcovTests {
  private static let compilers = ["clang-14", "clang-16", "clang-19", "clang"]

  private static let builds: [[String]] =
    compilers.flatMap { compiler in
      ["-O0", "-O1", "-O2", "-O3", "-Os", "-Oz"].map { [compiler, $0] }
        + [
          [compiler, "-O0", "-s"], [compiler, "-O2", "-s"],
          [compiler, "-O2", "-fno-pie", "-no-pie"], [compiler, "-O1", "-fcf-protection=full"],
          [compiler, "-O0", "-fstack-protector-all"], [compiler, "-fsanitize=address"],
        ] + ["-O0", "-O2"].map { [compiler, "--driver-mode=g++", "-std=c++17", $0] }
    } + [["clang-14", "-O2", "-flto", "-fuse-ld=lld"]]

  /// Compiles file by file, and links; with an unusual code model where `unknown` says so.
  private static func make(
    _ build: [String], unknown: Bool = false, in home: FilePath
  ) async throws -> String {
    let folder = Places.fixtures.appending("gcov")
    try FileManager.default.createDirectory(
      atPath: home.string, withIntermediateDirectories: true)
    let sources =
      build.contains("-std=c++17") ? ["shapes.cpp", "list.cpp"] : ["work.c", "more.c"]
    for source in sources {
      try await Tools.run(
        build + ["--coverage", "-c", folder.appending(source).string, "-o", source + ".o"]
          + (unknown && source == sources[0] ? ["-mcmodel=large"] : []), in: home)
    }
    try await Tools.run(
      build + ["--coverage"] + sources.map { $0 + ".o" } + ["-o", "program"], in: home)
    return home.appending("program").string
  }

  private func tree(_ name: String, _ build: [String]) -> GcovTree? {
    if skips("\(name) \(build)", without: [build[0]]) { return nil }
    guard let run = try? Recorded("clang-gcov-\(name)-\(build.joined())".filter { $0 != "/" })
    else { return nil }
    return GcovTree(build: run.directory.appending("build"), run: run)
  }

  @Test(arguments: builds) func sameBytesAsItsRuntime(_ build: [String]) async throws {
    guard let tree = tree("same", build) else { return }
    let program = try await Self.make(build, in: tree.build)
    let bare = try await tree.bare([program, "3"])
    let salvaged = try await tree.run.run([program, "3"])
    #expect(bare.status == .exit(0) && salvaged.status == bare.status)
    #expect(salvaged.output == bare.output && !bare.output.isEmpty)
    #expect(try await tree.run.ledger().slugs == [])
    try tree.expectNoDataInBuild()
    try await tree.export()
    #expect(try tree.files(under: tree.exported, "gcda").count == 2)
    try tree.expectSameBytes()
    let doctor = try await tree.run.salvage(["doctor", program])
    #expect(doctor.status == .exit(0), "\(doctor.output)")
  }

  /// Left to its runtime on purpose, it is no loss.
  @Test func leftToItsRuntime() async throws {
    guard let tree = tree("left", ["clang-14", "-O1"]) else { return }
    let program = try await Self.make(["clang-14", "-O1"], in: tree.build)
    _ = try await tree.bare([program, "3"])
    let prefix = ["GCOV_PREFIX": tree.exported.string]
    _ = try await tree.run.run(
      [program, "3"], options: ["--leave-gcov"], environment: prefix)
    #expect(try await tree.run.ledger().slugs == [])
    try tree.expectSameBytes()
  }

  /// A unit whose code is not known stays its runtime's, as it is without us; the others are kept.
  @Test(arguments: ["clang-14", "clang"]) func oneUnitIsUnknown(_ compiler: String) async throws {
    guard let tree = tree("unknown", [compiler]) else { return }
    let program = try await Self.make([compiler, "-O1"], unknown: true, in: tree.build)
    _ = try await tree.bare([program, "3"])
    let data = tree.run.directory.appending("data")
    _ = try await tree.run.run([program, "3"], environment: ["GCOV_PREFIX": data.string])
    #expect(try await tree.run.ledger().slugs == ["clang-gcov"])
    let own = try tree.files(under: data, "gcda")
    #expect(own.map { $0.lastComponent?.string } == ["work.c.gcda"])
    let bare = tree.run.directory.appending("bare").string
    for file in own {
      let name = file.string.dropFirst(data.string.count)
      let ours = FileManager.default.contents(atPath: file.string)
      #expect(ours == FileManager.default.contents(atPath: bare + name))
    }
    let doctor = try await tree.run.salvage(["doctor", program])
    #expect(doctor.status != .exit(0), "\(doctor.output)")
  }

  /// Units of a version that nobody knows yet: all stays its runtime's, and the ledger says so.
  @Test(arguments: ["-O0", "-O1"]) func versionThatIsNotKnown(_ level: String) async throws {
    guard let tree = tree("version", ["clang-14", level]) else { return }
    let program = try await Self.make(["clang-14", level], in: tree.build)
    var image = try Data(contentsOf: URL(filePath: program))
    let (known, later) = (Data("*804".utf8), Data("*99C".utf8))
    var found = 0
    while let place = image.range(of: known) {
      image.replaceSubrange(place, with: later)
      found += 1
    }
    #expect(found >= 2)
    try image.write(to: URL(filePath: program))
    let bare = try await tree.bare([program, "3"])
    let data = tree.run.directory.appending("data")
    let recorded = try await tree.run.run(
      [program, "3"], environment: ["GCOV_PREFIX": data.string])
    #expect(recorded.status == bare.status && recorded.output == bare.output)
    #expect(try await tree.run.ledger().slugs == ["clang-gcov"])
    let folder = tree.run.directory.appending("bare")
    let theirs = try tree.files(under: folder, "gcda")
    #expect(try tree.files(under: data, "gcda").count == theirs.count && theirs.count == 2)
    for file in theirs {
      let own = data.string + file.string.dropFirst(folder.string.count)
      let contents = FileManager.default.contents(atPath: file.string)
      #expect(FileManager.default.contents(atPath: own) == contents)
    }
  }

  /// What looks like a unit and is none runs as ever, and counts nothing.
  @Test(arguments: ["gcc", "clang", "clang-14"], ["-O0", "-O1"])
  func whatLooksLikeUnits(_ compiler: String, _ level: String) async throws {
    if skips("whatLooksLikeUnits \(compiler)", without: [compiler]) { return }
    let run = try Recorded("clang-gcov-lookalike-\(compiler)\(level)")
    let source = Places.fixtures.appending("gcov/lookalike.c").string
    let program = run.directory.appending("lookalike").string
    try await Tools.run([compiler, level, source, "-o", program], in: run.directory)
    let bare = try await run.bare([program])
    let recorded = try await run.run([program])
    #expect(bare.status == .exit(9) && bare.output.hasPrefix("10 kept\n"))
    #expect(recorded.status == bare.status && recorded.output == bare.output)
    #expect(try await run.ledger().slugs.isSubset(of: ["clang-gcov"]))
    #expect(try await run.lines().files.isEmpty)
  }

  /// clang leaves an arc of some conditions out of its notes, and `llvm-cov gcov` counts some lines too often then.
  @Test(arguments: compilers, ["-O0", "-O1"])
  func waysThatAreLeftOut(_ compiler: String, _ level: String) async throws {
    if skips("waysThatAreLeftOut \(compiler)", without: [compiler]) { return }
    let run = try Recorded("clang-gcov-ways-\(compiler)\(level)")
    let source = Places.fixtures.appending("gcov/ways.c")
    let program = run.directory.appending("ways").string
    try await Tools.run(
      [compiler, "--coverage", level, source.string, "-o", program], in: run.directory)
    #expect(try await run.run([program]).status == .exit(0))
    let report = try await run.salvage(["report", run.recording.string, "-f", "lcov", "--all"])
    #expect(report.errors == "", "\(report.errors)")
    let lines = LineCounts(lcov: report.output).files[source.string] ?? [:]
    let text = try String(contentsOfFile: source.string, encoding: .utf8)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      guard let runs = line.firstMatch(of: /\/\/ runs (\d+)$/), let count = UInt64(runs.1) else {
        continue
      }
      #expect(lines[index + 1] == count, "\(line)")
    }
    #expect(report.output.contains("FNDA:58,check"))
  }

  /// Each later life takes the units from the list: counts add up, and no file appears.
  @Test(arguments: ["-O0", "-O2"]) func manyLives(_ level: String) async throws {
    guard let tree = tree("lives", ["clang-14", level]) else { return }
    let program = try await Self.make(["clang-14", level], in: tree.build)
    let prefix = ["GCOV_PREFIX": tree.run.directory.appending("bare").string]
    for _ in 0..<4 { _ = try await tree.run.bare([program, "3"], environment: prefix) }
    for _ in 0..<4 { _ = try await tree.run.run([program, "3"], options: ["--append"]) }
    try await tree.export()
    try tree.expectNoDataInBuild()
    // The summary: clang's runtime counts a further run in the first unit's file alone (compiler-rt 14).
    try tree.expectSameBytes(but: 12)
  }
}
