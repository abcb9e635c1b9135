import Foundation
import SalvageSystem
import SystemPackage
import Testing

/// Programs of gcc, g++ and gfortran: our files against libgcov's own, and reports of mixed trees.
@Suite struct GcovReportTests {
  /// One build of a small program.
  struct Build: Sendable, CustomStringConvertible {
    var name: String
    var compiler: String
    var version: String?
    var options: [String] = []
    var sources: [String]
    var description: String { name }
  }

  static let builds: [Build] =
    ["11", "12"].flatMap { (version: String) in
      [
        Build(
          name: "gcc-\(version)", compiler: "gcc-\(version)", version: version,
          sources: ["work.c", "more.c"]),
        Build(
          name: "g++-\(version)", compiler: "g++-\(version)", version: version,
          options: ["-std=c++17"], sources: ["shapes.cpp", "list.cpp"]),
        Build(
          name: "gfortran-\(version)", compiler: "gfortran-\(version)", version: version,
          sources: ["sums.f90"]),
      ]
    } + [
      Build(name: "gcc-O2", compiler: "gcc", options: ["-O2"], sources: ["work.c", "more.c"]),
      Build(
        name: "gcc-no-pie", compiler: "gcc", options: ["-fno-pie", "-no-pie"],
        sources: ["work.c", "more.c"]),
      Build(name: "gcc-stripped", compiler: "gcc", options: ["-s"], sources: ["work.c", "more.c"]),
      Build(
        name: "gcc-atomic", compiler: "gcc", options: ["-fprofile-update=atomic"],
        sources: ["work.c", "more.c"]),
      Build(
        name: "g++-O2", compiler: "g++", options: ["-O2", "-std=c++17"],
        sources: ["shapes.cpp", "list.cpp"]),
    ]

  /// Compiles file by file, as build systems do, and links.
  private static func make(_ build: Build, in home: FilePath) async throws -> FilePath {
    let folder = Places.fixtures.appending("gcov")
    try FileManager.default.createDirectory(
      atPath: home.string, withIntermediateDirectories: true)
    var objects: [String] = []
    for source in build.sources {
      let object = home.appending(source + ".o").string
      try await Tools.run(
        [build.compiler, "--coverage"] + build.options
          + ["-c", folder.appending(source).string, "-o", object], in: home)
      objects.append(object)
    }
    let program = home.appending("program")
    try await Tools.run(
      [build.compiler, "--coverage"] + build.options + objects + ["-o", program.string], in: home)
    return program
  }

  private func tree(_ build: Build, _ name: String) async throws -> (GcovTree, FilePath)? {
    let gcov = build.version.map { "gcov-" + $0 } ?? "gcov"
    if skips("\(name) \(build)", without: [build.compiler, gcov]) { return nil }
    let run = try Recorded("gcov-\(name)-\(build)")
    let home = run.directory.appending("build")
    let program = try await Self.make(build, in: home)
    return (GcovTree(version: build.version, build: home, run: run), program)
  }

  @Test(arguments: builds) func sameBytesAsLibgcov(_ build: Build) async throws {
    guard let (tree, program) = try await tree(build, "same") else { return }
    let bare = try await tree.bare([program.string, "3"])
    let salvaged = try await tree.run.run([program.string, "3"])
    #expect(bare.status == .exit(0) && salvaged.status == bare.status)
    #expect(salvaged.output == bare.output && !bare.output.isEmpty)
    try tree.expectNoDataInBuild()
    #expect(try await tree.expectSameGcov() > 20)
    try tree.expectSameBytes()
    #expect(try await tree.run.ledger().slugs == [])
  }

  /// With value profiles: what ran is what libgcov says, and that the values are missing is said.
  @Test(arguments: ["gcc-11", "gcc-12"]) func valueProfiles(_ compiler: String) async throws {
    let build = Build(
      name: "\(compiler)-values", compiler: compiler, version: String(compiler.suffix(2)),
      options: ["-O2", "-fprofile-generate", "-ftest-coverage"], sources: ["work.c", "more.c"])
    guard let (tree, program) = try await tree(build, "values") else { return }
    let bare = try await tree.bare([program.string, "3"])
    let salvaged = try await tree.run.run([program.string, "3"])
    #expect(bare.status == .exit(0) && salvaged.output == bare.output)
    try tree.expectNoDataInBuild()
    #expect(try await tree.expectSameGcov() > 20)
    #expect(try await tree.run.ledger().slugs == ["gcov-values"])
  }

  /// Five runs: what libgcov merges on disk is what we add up in memory.
  @Test(arguments: builds.filter { ["gcc-11", "g++-12"].contains($0.name) })
  func sameAsMerged(_ build: Build) async throws {
    guard let (tree, program) = try await tree(build, "merged") else { return }
    let loop = ["sh", "-c", "for n in 1 2 3 4 5; do \(program) $n; done"]
    let bare = try await tree.bare(loop)
    let salvaged = try await tree.run.run(loop)
    #expect(salvaged.output == bare.output)
    // Text of gcov says "Runs:5" in both.
    try await tree.expectSameGcov()
    if skips("lcov of \(build)", without: ["lcov"]) { return }
    try await tree.expectSameAsLCOV(tree.exported)
  }

  /// lcov and gcovr read a tree that is new, and one to which another recording was added.
  @Test(arguments: builds.filter { ["gcc-12", "g++-12", "gfortran-12"].contains($0.name) })
  func treesForOtherTools(_ build: Build) async throws {
    guard let (tree, program) = try await tree(build, "trees") else { return }
    if skips("treesForOtherTools \(build)", without: ["lcov", "gcovr", "python3"]) { return }
    _ = try await tree.run.run([program.string, "3"])
    let ours = try await tree.run.lines().files
    #expect(!ours.isEmpty)
    for times in 1...2 as ClosedRange<UInt64> {
      try await tree.export(times == 1 ? [] : ["--merge"])
      let expected = ours.mapValues { $0.mapValues { $0 * times } }
      let info = tree.run.directory.appending("\(times).info").string
      try await Tools.run(
        [
          "lcov", "-q", "-c", "-d", tree.exported.string, "-o", info, "--gcov-tool",
          "gcov-\(build.version ?? "")",
        ], in: tree.run.directory)
      #expect(LineCounts(lcov: try String(contentsOfFile: info, encoding: .utf8)).files == expected)
      // gcovr leaves lines such as `}` out of those that did not run, and counts instantiations otherwise.
      let told = try await gcovr(tree, build)
      #expect(told.count == build.sources.count + (build.name.hasPrefix("g++") ? 1 : 0))
      for (file, lines) in told {
        let ran = try #require(expected[file]).filter { $0.value > 0 }
        #expect(lines.filter { $0.value > 0 }.keys.sorted() == ran.keys.sorted(), "\(file)")
        if build.name.hasPrefix("g++") { continue }
        #expect(lines.allSatisfy { expected[file]?[$0.key] == $0.value }, "\(file)")
      }
    }
  }

  /// The lines that gcovr tells as JSON.
  private func gcovr(_ tree: GcovTree, _ build: Build) async throws -> [String: [Int: UInt64]] {
    struct Document: Decodable {
      struct File: Decodable {
        struct Line: Decodable {
          var line: Int
          var count: UInt64
          var isNoCode: Bool?

          enum CodingKeys: String, CodingKey {
            case count
            case line = "line_number"
            case isNoCode = "gcovr/noncode"
          }
        }
        var file: String
        var lines: [Line]
      }
      var files: [File]
    }
    let root = Places.fixtures.appending("gcov")
    let out = tree.run.directory.appending("gcovr.json").string
    try await Tools.run(
      [
        "gcovr", "--root", root.string, "--gcov-executable", "gcov-\(build.version ?? "")",
        "--json", "-o", out,
        tree.exported.string,
      ], in: tree.run.directory)
    let document = try JSONDecoder().decode(
      Document.self, from: Data(contentsOf: URL(filePath: out)))
    let files = document.files.map { file in
      (
        root.appending(file.file).string,
        Dictionary(
          file.lines.filter { $0.isNoCode != true }.map { ($0.line, $0.count) },
          uniquingKeysWith: max)
      )
    }
    return Dictionary(uniqueKeysWithValues: files)
  }

  /// --merge adds to what libgcov left; --strip and --in-place say where.
  @Test func exportPlaces() async throws {
    guard let (tree, program) = try await tree(Self.builds[0], "places") else { return }
    // Once without us: data files in the build tree.
    _ = try await tree.run.bare([program.string, "3"])
    let data = try tree.files(under: tree.build, "gcda")
    #expect(data.count == 2)
    let notes = tree.build.appending("work.c.gcno")
    let before = try FileManager.default.attributesOfItem(atPath: notes.string)
    _ = try await tree.run.run([program.string, "3"])
    let export = try await tree.run.salvage(
      ["export", tree.run.recording.string, "--format", "gcda", "--in-place", "--merge"])
    #expect(export.status == .exit(0), "\(export.errors)")
    let after = try FileManager.default.attributesOfItem(atPath: notes.string)
    #expect(before[.modificationDate] as? Date == after[.modificationDate] as? Date)
    // Two runs of libgcov's are the same.
    let merged = try data.map { try Data(contentsOf: URL(filePath: $0.string)) }
    for path in data { try FileManager.default.removeItem(atPath: path.string) }
    for _ in 0..<2 { _ = try await tree.run.bare([program.string, "3"]) }
    #expect(try data.map { try Data(contentsOf: URL(filePath: $0.string)) } == merged)
    try await tree.export(["--strip", "\(tree.build.components.count)"])
    #expect(tree.exported.appending("work.c.gcda").isThere)
    #expect(tree.exported.appending("work.c.gcno").isThere)
    // Rebuilt: other stamps. Nothing is added, and the file stays.
    try Data("gone".utf8).write(to: URL(filePath: data[0].string))
    let refused = try await tree.run.salvage(
      ["export", tree.run.recording.string, "--format", "gcda", "--in-place", "--merge"])
    #expect(refused.errors.contains("is no .gcda file, and was left as it is"))
    #expect(FileManager.default.contents(atPath: data[0].string) == Data("gone".utf8))
  }

  /// One object file in two programs: one data file, with the counts of both, as libgcov merges them.
  @Test func oneUnitOfTwoPrograms() async throws {
    guard let (tree, program) = try await tree(Self.builds[0], "shared") else { return }
    let other = tree.build.appending("other")
    try await Tools.run(
      [
        "gcc-11", "--coverage", tree.build.appending("work.c.o").string,
        tree.build.appending("more.c.o").string, "-Wl,--build-id=sha1", "-Wl,-z,norelro", "-o",
        other.string,
      ], in: tree.build)
    let both = ["sh", "-c", "\(program) 2; \(other) 3"]
    let bare = try await tree.bare(both)
    let salvaged = try await tree.run.run(both)
    #expect(salvaged.output == bare.output)
    #expect(salvaged.errors.contains("2 objects"), "\(salvaged.errors)")
    try await tree.expectSameGcov()
    if skips("lcov of a shared unit", without: ["lcov"]) { return }
    try await tree.expectSameAsLCOV(tree.exported)
  }

  /// Programs of gcc's are reported, the same, where there is no gcov: in a folder that was named, and on PATH.
  @Test func noGcov() async throws {
    guard let (tree, program) = try await tree(Self.builds[0], "no-gcov") else { return }
    _ = try await tree.run.run([program.string, "3"])
    let expected = try await tree.run.salvage(["report", tree.run.recording.string, "-f", "lcov"])
    #expect(expected.output.contains("DA:"))
    let empty = tree.run.directory.appending("empty").string
    let note = "salvage: --gcov-bin \(empty): there is no gcov; nothing here needed it\n"
    for (options, environment, told) in [
      (["--gcov-bin", empty], [:], note), ([], ["SALVAGE_GCOV_BIN": empty], ""),
      ([], ["PATH": empty], ""),
    ] {
      let report = try await tree.run.salvage(
        ["report", tree.run.recording.string, "-f", "lcov"] + options, environment: environment)
      #expect(report.status == .exit(0) && report.errors == told, "\(report.errors)")
      #expect(report.output == expected.output)
    }
  }

  /// The build tree is deleted, or built again with other lines, before the report.
  @Test func buildTreeGone() async throws {
    guard let (tree, program) = try await tree(Self.builds[0], "gone") else { return }
    _ = try await tree.run.run([program.string, "3"])
    let first = try await tree.run.lines()
    #expect(first.files.count == 2)
    try FileManager.default.removeItem(atPath: tree.build.string)
    #expect(try await tree.run.lines().files == first.files)
  }

  /// Notes that never were in place: a loss that names file and cure, and the other file is reported.
  @Test func notesMissing() async throws {
    guard let (tree, program) = try await tree(Self.builds[0], "notes") else { return }
    let notes = tree.build.appending("more.c.gcno")
    let saved = try Data(contentsOf: URL(filePath: notes.string))
    try FileManager.default.removeItem(atPath: notes.string)
    _ = try await tree.run.run([program.string, "3"])
    let report = try await tree.run.salvage(
      ["report", tree.run.recording.string, "-f", "lcov", "--fail-on-loss"])
    #expect(report.status == .exit(2))
    #expect(report.errors.contains("\(notes), which says what its counters mean"))
    #expect(LineCounts(lcov: report.output).files.keys.map { $0.hasSuffix("/work.c") } == [true])
    // Of another build.
    var other = saved
    other[8] ^= 1
    try other.write(to: URL(filePath: notes.string))
    let changed = try await tree.run.salvage(["report", tree.run.recording.string, "-f", "lcov"])
    #expect(changed.errors.contains("\(notes) is of another build"))
    // Put back.
    try saved.write(to: URL(filePath: notes.string))
    #expect(try await tree.run.lines().files.count == 2)
  }
}
