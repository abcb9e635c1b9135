import Testing

/// Programs that are not what exec was given.
@Suite struct LoaderTests {
  /// `ld.so PROGRAM`: /proc/self/exe is the loader, and the counters are the program's.
  @Test func runByTheLoader() async throws {
    let loader = "/lib64/ld-linux-x86-64.so.2"
    if skips("runByTheLoader", without: [loader]) { return }
    let program = try await FixtureBuilder.shared.program(.c)
    let run = try Recorded("by-the-loader")
    let outcome = try await run.run(
      ["sh", "-c", "\(loader) '\(program)' '\(run.tally)' normal; exit $?"])
    #expect(outcome.status == .exit(0))
    #expect(try await run.ledger().slugs == [])
    try await run.expectExactCounts(of: .c)
  }
}
