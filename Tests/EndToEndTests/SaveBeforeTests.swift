import SystemPackage
import Testing

/// `--save-before HUP`: the server that is told to reload many times in one life, and is then killed by a
/// SIGKILL that nobody sees coming.
@Suite struct SaveBeforeTests {
  @Test(arguments: [false, true]) func reloads(_ isPrivate: Bool) async throws {
    let fixture = Fixture.plain(.c)
    if skips("reloads", without: fixture.needs) { return }
    let program = try await FixtureBuilder.shared.program(fixture)
    let run = try Recorded("reloads-\(isPrivate)")
    let outcome = try await run.run(
      [program.string, run.tally.string, "reloads"],
      options: (isPrivate ? ["--private"] : []) + ["--save-before", "HUP"])
    #expect(outcome.status == .signal(9))
    let lines = try await run.lines()
    func count(_ mark: Mark) throws -> UInt64? {
      let line = try #require(try fixture.markedLines().first { $0.mark == mark.rawValue })
      return lines.files[line.file]?[line.line]
    }
    #expect(try count(.before) == 200)
    // Privately, what the last handler ran is behind the last save.
    #expect(try count(.handled) == (isPrivate ? 199 : 200))
    let ledger = try await run.ledger()
    #expect(ledger.lives.map(\.snapshots) == [200])
  }
}
