import SalvageRecord
import SystemPackage
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
    // An object of two sources, and one with forks.
    #expect(counters.objects.map(\.identity) == [0xabc, 0xabc, 0xdef])
    #expect(counters.objects.flatMap(\.regions).map(\.kind) == [.add64, .or8, .add64])
    #expect(counters.objects.last?.regions.first?.bytes.first == 5)
    // Two lives began at place 1, which one got to that began at place 0: 3 before each place.
    #expect(counters.objects.last?.withHistory?.regions.first?.bytes.first == 17)
  }
}
