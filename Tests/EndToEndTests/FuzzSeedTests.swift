import SalvageRecord
import Testing

/// The seeds of scripts/fuzz are good files: a fuzzer that begins with bad ones finds little behind the first check.
@Suite struct FuzzSeedTests {
  @Test func seedsAreGoodFiles() async throws {
    if skips("seeds of the fuzzer", without: ["python3", "cc"]) { return }
    let run = try Recorded("fuzz-seeds")
    let script = Places.tests.appending("Fuzz/seeds").string
    try await Tools.run(["python3", script, "--recording", "seeds"], in: run.directory)
    let reader = RecordingReader(run.directory.appending("seeds"))
    let contents = try reader.contents()
    #expect(contents.problems.isEmpty, "\(contents.problems)")
    #expect(contents.lives.map(\.program) == ["/a", "/bin/true", "/bin/a", ""])
    let counters = try reader.counters()
    #expect(counters.losses.isEmpty, "\(counters.losses)")
    #expect(counters.objects.map(\.identity) == [0xabc, 0xdef])
    // Folded: a slot of 0, 1, 2 … and the same in each that is in use.
    #expect(counters.objects.first?.regions.map(\.kind) == [.add64, .or8])
    #expect(counters.objects.last?.regions.first?.words.first == 5)
    #expect(counters.objects.last?.withHistory?.regions.first?.words.first == 5 + 2 * 3)
  }
}
