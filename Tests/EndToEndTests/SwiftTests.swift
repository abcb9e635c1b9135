import Foundation
import SystemPackage
import Testing

/// What is particular to Swift programs: exit tests, and crashes with a backtrace.
@Suite struct SwiftTests {
  /// Swift Testing's exit tests under `swift test --enable-code-coverage`: each body dies in a child
  /// of its own (posix_spawn with attributes, waitid(WNOWAIT), no core), and its lines are there.
  @Test func exitTests() async throws {
    let run = try Recorded("exit-tests")
    let package = Places.fixtures.appending("other/exit_tests")
    let scratch = FilePath("/tmp/salvage-fixtures-\(getuid())/exit-tests")
    let home = ["HOME": ProcessInfo.processInfo.environment["HOME"] ?? "/root"]
    let common = [
      "--package-path", package.string, "--scratch-path", scratch.string, "--enable-code-coverage",
    ]
    try await Tools.run(["swift", "build", "--build-tests"] + common, in: run.directory)
    let outcome = try await run.run(
      ["swift", "test", "--skip-build"] + common, environment: home, seconds: 300)
    #expect(outcome.status == .exit(0), "\(outcome.output)\n\(outcome.errors)")
    let source = package.appending("Sources/Library/Library.swift")
    let lines = try await run.lines().files[source.string] ?? [:]
    #expect(lines[try markedLine("leaves", of: source)] == 1)
    #expect(lines[try markedLine("kills", of: source)] == 1)
    #expect(lines[try markedLine("never", of: source)] == 0)
    // Its own report, made from its own profile, is there too.
    let own = scratch.appending("debug/codecov/exit_tests.json")
    #expect(own.isThere)
  }

  /// The runtime's crash handler is installed only where it sees SIG_DFL: it must still see it.
  @Test(arguments: [[], ["--private"]]) func backtraces(_ options: [String]) async throws {
    let program = try await FixtureBuilder.shared.program(.swift)
    let run = try Recorded("backtraces\(options.joined())")
    let environment = ["SWIFT_BACKTRACE": "enable=yes,color=no,interactive=no,threads=crashed"]
    let command = [program.string, run.tally.string, "fatalError"]
    let bare = try await run.bare(command, environment: environment)
    try Tally.create(at: run.tally)
    let salvaged = try await run.run(command, options: options, environment: environment)
    #expect(salvaged.status == bare.status)
    #expect(bare.errors.contains("Crash") == salvaged.errors.contains("Crash"))
    try await run.expectExactCounts(of: .swift)
  }
}
