import Foundation
import SystemPackage
import Testing

/// Real Swift packages: their own test suites, run with and without us.
@Suite(.serialized) struct RealPackageTests {
  private static let environment = [
    "HOME": ProcessInfo.processInfo.environment["HOME"] ?? "/root",
    // Hash tables are walked in the same order in each run, so that counts can be equal.
    "SWIFT_DETERMINISTIC_HASHING": "1",
  ]

  // MARK: swift-argument-parser

  static let version = "1.8.2"

  /// The checkout's build directory: the test bundle, and the example programs beside it.
  private func argumentParser() async throws -> FilePath? {
    if skips("swift-argument-parser", without: ["git", "swift"]) { return nil }
    let key = RealBuild.key([Self.version, Places.environment["PATH"] ?? ""])
    do {
      let home = try await RealBuild.shared.directory("argument-parser", key: key, isMovable: false)
      { home in
        try await Self.clone(into: home)
        try await Tools.run(
          ["swift", "build", "--build-tests", "--enable-code-coverage"],
          in: home.appending("package"))
      }
      return home.appending("package/.build/debug")
    } catch let problem as Unavailable {
      print("skipped: swift-argument-parser: needs \(problem)")
      return nil
    }
  }

  /// From our own dependency, which SwiftPM has checked out, or else from its home.
  private static func clone(into home: FilePath) async throws {
    let own = Places.build.removingLastComponent().removingLastComponent()
      .appending("checkouts/swift-argument-parser")
    var sources = ["https://github.com/apple/swift-argument-parser"]
    if own.isThere { sources.insert(own.string, at: 0) }
    var problem = ""
    for source in sources {
      do {
        try await Tools.run(
          ["git", "clone", "-q", "-b", version, source, "package"], in: home)
        return
      } catch {
        problem = "\(error)"
      }
    }
    throw Unavailable(description: "its source: \(problem)")
  }

  private static let bundle = "swift-argument-parserPackageTests.xctest"

  /// Tests that start no other program: one process, one object.
  private static let quiet = [
    "ArgumentParserUnitTests.HelpGenerationTests", "ArgumentParserUnitTests.ErrorMessageTests",
    "ArgumentParserUnitTests.SplitArgumentTests", "ArgumentParserUnitTests.UsageGenerationTests",
    "ArgumentParserEndToEndTests.SubcommandEndToEndTests",
    "ArgumentParserEndToEndTests.ValidationEndToEndTests",
    "ArgumentParserPackageManagerTests.PackageManagerHelpTests",
  ].joined(separator: ",")

  /// One object: our reports of a process are, byte for byte, what llvm-cov makes of the profile
  /// that this very process wrote. (Two runs differ: the package hashes objects by their addresses.)
  @Test(arguments: [(bundle, [quiet]), ("math", ["stats", "average", "3", "4", "5"])])
  func oneObject(_ name: String, _ arguments: [String]) async throws {
    guard let build = try await argumentParser() else { return }
    let run = try Recorded("real-package-one-\(name)")
    let program = build.appending(name)
    let command = [program.string] + arguments
    let bare = try await run.bare(
      command, environment: Self.environment.merging(["LLVM_PROFILE_FILE": "/dev/null"]) { $1 })
    let salvaged = try await run.run(
      command, environment: Self.environment.merging(["LLVM_PROFILE_FILE": "own.profraw"]) { $1 })
    #expect(bare.status == .exit(0), "\(bare.output.suffix(2000))")
    #expect(salvaged.status == bare.status)
    #expect(!bare.output.contains("Executed 0 tests"))
    try await run.expectReports(of: program, equal: run.profiles("own"))
  }

  private struct Lives: Decodable {
    struct Life: Decodable {
      var program: String
      var pid: Int32
    }
    var lives: [Life]
  }

  /// Tests that start the example programs and tools, each of which writes its profile where the
  /// user asked for it: our report of these very processes is the sum of llvm-cov's of each program.
  /// Some tests of `math` start it with an environment of their own, so that no profile is left of
  /// it: there we have more.
  @Test(arguments: [
    (
      [
        "ArgumentParserExampleTests.RollDiceExampleTests",
        "ArgumentParserExampleTests.RepeatExampleTests",
        "ArgumentParserGenerateManualTests.GenerateManualTests",
      ], false
    ), (["ArgumentParserExampleTests.MathExampleTests"], true),
  ])
  func severalObjects(_ classes: [String], haveMore: Bool) async throws {
    guard let build = try await argumentParser() else { return }
    let run = try Recorded("real-package-several-\(haveMore)")
    let own = run.directory.appending("own-%p.profraw").string
    let outcome = try await run.run(
      [build.appending(Self.bundle).string, classes.joined(separator: ",")],
      environment: Self.environment.merging(["LLVM_PROFILE_FILE": own]) { $1 }, seconds: 300)
    #expect(outcome.status == .exit(0), "\(outcome.output.suffix(2000))")
    #expect(try await run.ledger().slugs == [])
    let ledger = try await run.salvage(["ledger", run.recording.string, "--json"])
    let lives = try JSONDecoder().decode(Lives.self, from: Data(ledger.output.utf8)).lives
    var profiles: [String: [FilePath]] = [:]
    for life in lives {
      let profile = run.directory.appending("own-\(life.pid).profraw")
      guard profile.isThere else { continue }
      profiles[life.program, default: []].append(profile)
    }
    let written = profiles.values.reduce(0) { $0 + $1.count }
    #expect(profiles.count >= 2, "\(profiles.keys)")
    #expect(try run.profiles("own-").count == written)
    #expect(haveMore ? lives.count > written : lives.count == written)
    var sum: [String: [Int: UInt64]] = [:]
    var torn: [String: Set<Int>] = [:]
    for (program, files) in profiles {
      let lcov = try await LLVM.lcov(of: FilePath(program), profiles: files, in: run.directory)
      for (file, lines) in LineCounts(lcov: lcov).files {
        // What comes out below zero, after a throw, llvm-cov shows as nearly 2^64, our report as 1: it is
        // the largest of its line for llvm-cov, and for us another block of the line may be.
        torn[file, default: []].formUnion(lines.filter { $0.value > UInt64(Int64.max) }.keys)
        let shown = lines.mapValues { $0 > UInt64(Int64.max) ? 1 : $0 }
        sum[file, default: [:]].merge(shown, uniquingKeysWith: +)
      }
    }
    let ours = try await run.lines().files
    #expect(ours.keys.sorted() == sum.keys.sorted())
    for (file, lines) in sum {
      let wrong = lines.filter { line, count in
        let counted = ours[file]?[line] ?? 0
        // Regions add up, then the largest of a line counts: never more than the sum of the largest.
        return counted == 0 && count > 0
          || !haveMore && torn[file]?.contains(line) != true && counted > count
      }
      let numbers = wrong.keys.sorted().map { "\($0): \(lines[$0]!), \(ours[file]?[$0] ?? 0)" }
      #expect(wrong.isEmpty, "\(file), by llvm-cov and by us: \(numbers)")
    }
  }

  // MARK: swift test

  /// `swift test --enable-code-coverage` under us: SwiftPM's own coverage document is the same as
  /// without us, and our report has the same numbers; what only an exit test's process ran, which
  /// SwiftPM loses, is in ours.
  @Test func swiftTest() async throws {
    if skips("swift test", without: ["swift"]) { return }
    let package = Places.fixtures.appending("real/package")
    let scratch = RealBuild.home.appending("roman")
    let run = try Recorded("real-swift-test")
    let common = [
      "--package-path", package.string, "--scratch-path", scratch.string, "--enable-code-coverage",
    ]
    try await Tools.run(["swift", "build", "--build-tests"] + common, in: run.directory)
    let command = ["swift", "test", "--skip-build"] + common
    let build = scratch.appending("debug")
    let document = build.appending("codecov/roman.json").string

    let bare = try await run.bare(command + ["--skip", "dies"], environment: Self.environment)
    #expect(bare.status == .exit(0), "\(bare.errors)")
    let before = try String(contentsOfFile: document, encoding: .utf8)
    let salvaged = try await run.run(command + ["--skip", "dies"], environment: Self.environment)
    #expect(salvaged.status == .exit(0), "\(salvaged.errors)")
    let underUs = try String(contentsOfFile: document, encoding: .utf8)
    expectSame(underUs, before, "SwiftPM's own document")
    let report = try await run.salvage(["report", run.recording.string, "-f", "llvm-json"])
    expectSame(
      report.output.trimmingCharacters(in: .newlines), underUs.trimmingCharacters(in: .newlines),
      "llvm-json")

    let dying = try await run.run(command, environment: Self.environment)
    #expect(dying.status == .exit(0), "\(dying.output)\n\(dying.errors)")
    let source = package.appending("Sources/Roman/Roman.swift")
    let lines = try await run.lines().files[source.string] ?? [:]
    #expect(lines[try markedLine("refusing", of: source)] == 1)
    let own = try await Tools.run(
      [
        LLVM.tool("llvm-cov"), "export", "-format=lcov", "-instr-profile",
        build.appending("codecov/default.profdata").string,
        build.appending("romanPackageTests.xctest").string,
      ], in: run.directory)
    let theirs = LineCounts(lcov: own.output).files[source.string] ?? [:]
    #expect(theirs[try markedLine("refusing", of: source)] == 0)
    for (line, count) in theirs { #expect(lines[line] ?? 0 >= count, "line \(line)") }
    let after = try markedLine("after", of: source)
    #expect(theirs[after] == lines[after])
  }
}
