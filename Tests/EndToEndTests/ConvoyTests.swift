import SystemPackage
import Testing

/// Threads that all fork take turns at our lock, which is held across a fork.
@Suite struct ConvoyTests {
  /// They sleep while they wait. When they asked again and again, 150 threads were switched 1,500 times as
  /// often as without us, and took 12 to 60 times as long.
  @Test func threadsThatForkSleepWhileTheyWait() async throws {
    let run = try Recorded("convoy")
    let program = run.directory.appending("forkers").string
    let source = Places.fixtures.appending("other/forkers.c").string
    try await Tools.run(
      [
        "clang", "-O1", "-pthread", "-fprofile-instr-generate", "-fcoverage-mapping", source, "-o",
        program,
      ], in: run.directory)
    let line = [program, "150", "10"]
    let bare = try await run.bare(line, environment: ["LLVM_PROFILE_FILE": "/dev/null"])
    let recorded = try await run.run(line)
    let switches = try #require(Int(recorded.output.split(separator: " ").first ?? ""))
    let without = try #require(Int(bare.output.split(separator: " ").first ?? ""))
    #expect(switches < 30 * without, "\(switches) switches, \(without) without us")
  }
}
