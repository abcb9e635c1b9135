import CSalvageABI
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import SalvageRecord

@Suite struct ForkSnapshotsTests {
  // MARK: How often a snapshot counts

  @Test func eachLifeCountsTheSnapshotOfItsPlace() {
    #expect(ForkSnapshots.weights(births: [2, 0, 5], rows: [[0], [0], [0]]) == [2, 0, 5])
  }

  /// A daemon: the grandchild's snapshot holds counts of the child, which began at place 0.
  @Test func whatASnapshotHoldsOfOtherLivesCountsToo() {
    let rows: [[UInt64]?] = [[0, 0, 0], [1, 0, 0], [3, 1, 0]]
    #expect(ForkSnapshots.weights(births: [1, 1, 0], rows: rows) == [2, 1, 0])
    // 2 at place 2: each with 1 at place 1 (with 1 at place 0) and 3 at place 0.
    #expect(ForkSnapshots.weights(births: [0, 0, 2], rows: rows) == [8, 2, 2])
  }

  @Test func aPlaceWithoutASnapshotCountsNothing() {
    #expect(ForkSnapshots.weights(births: [4, 7], rows: [[0], nil]) == [4, 0])
    #expect(ForkSnapshots.weights(births: [], rows: [[0], nil]) == [0, 0])
  }

  /// A hostile file names itself and younger ones.
  @Test func onlyOlderSnapshotsAreFollowed() {
    #expect(ForkSnapshots.weights(births: [1, 0], rows: [[9, 9], [0, 9]]) == [1, 0])
  }

  @Test func sumsWrapAsLLVMsDifferencesDo() {
    #expect(ForkSnapshots.weights(births: [1, .max], rows: [[0], [2]]) == [.max, .max])
  }

  // MARK: Files

  private static let name = "u0/0000000000000abc-00000000"

  /// A recording with counts [4, 4] in one slot, of which two lives began at place 1.
  private func recording(
    forks: [UInt8]?, births: [Int: UInt64] = [1: 2]
  ) throws -> (SampleRecording, ObjectCounters, [Loss]) {
    let sample = try SampleRecording()
    for name in SampleRecording.files[3...5] + [SampleRecording.files[8]] {
      sample.directory.path.appending(name).withPlatformString { _ = unlink($0) }
    }
    var fixture = Self.fixture
    fixture.add(2, lives: 3, CounterFixture.slot([4, 4], births: births))
    try sample.directory.write(fixture.bytes, Self.name + ".0.cnt")
    if let forks { try sample.directory.write(forks, Self.name + ".forks") }
    let reading = try sample.reader.counters()
    return (sample, try #require(reading.objects.first { $0.identity == 0xabc }), reading.losses)
  }

  private static var fixture: CounterFixture {
    var fixture = CounterFixture()
    fixture.header.births = UInt32(CounterFixture.births)
    return fixture
  }

  private static let snapshots = fixture.forks([
    0: CounterFixture.slot([1, 0, 7], births: [:]),
    1: CounterFixture.slot([10, 0, 7], births: [0: 1]),
  ])

  @Test func theHistoryIsBesideTheCounts() throws {
    let (_, object, losses) = try recording(forks: Self.snapshots)
    #expect(losses == [])
    #expect(object.regions[0].words.prefix(3) == [4, 4, 0])
    #expect(!object.historyLacks)
    // Twice [10, 0, 7] and, for each, once [1, 0, 7].
    let whole = try #require(object.withHistory)
    #expect(whole.regions[0].words.prefix(3) == [26, 4, 28])
    #expect(whole.regions[1] == object.regions[1])
  }

  /// The first of the slots that are leased together notes what begins in the others.
  @Test func birthsOfOtherSlotsCount() throws {
    var page = CounterFixture.slot([4, 4], births: [1: 1])
    page[CounterFixture.births + CounterLayout.birthBytes + 8] = 1
    var fixture = Self.fixture
    fixture.add(2, lives: 3, page)
    let (sample, _, _) = try recording(forks: Self.snapshots)
    try sample.directory.write(fixture.bytes, Self.name + ".0.cnt")
    let object = try #require(try sample.reader.counters().objects.first { $0.identity == 0xabc })
    #expect(object.withHistory?.regions[0].words.prefix(3) == [26, 4, 28])
  }

  @Test func noForkNoHistory() throws {
    let (_, object, losses) = try recording(forks: nil, births: [:])
    #expect(losses == [])
    #expect(object.withHistory == nil)
  }

  @Test func livesOfPlacesThatNobodyKnowsAreTold() throws {
    let unknown = Int(SLV_FORK_UNKNOWN)
    let (_, object, losses) = try recording(forks: Self.snapshots, births: [1: 2, unknown: 1])
    #expect(losses == [])
    #expect(object.historyLacks && object.withHistory != nil)
    let (_, other, _) = try recording(forks: Self.snapshots, births: [1: 2, 5: 1])
    #expect(other.historyLacks)
  }

  /// A full disk, or a writer that was killed: nothing is wrong, and nothing known.
  @Test(arguments: [0, 100, 8192]) func aFileThatWasOnlyBegunSaysNothing(_ size: Int) throws {
    let (_, object, losses) = try recording(forks: [UInt8](repeating: 0, count: size))
    #expect(losses == [])
    #expect(object.withHistory == nil && object.historyLacks)
    #expect(object.regions[0].words.prefix(3) == [4, 4, 0])
  }

  /// What is wrong with the file costs the history; the counts stay.
  @Test func aDamagedFileIsNamedAndTheCountsAreExact() throws {
    var foreign = Self.fixture
    foreign.header.region.0.address += 8
    var short = Self.fixture
    short.header.births = 0xf00
    let bad: [[UInt8]?] = [
      nil, Array("rubbish rubbish".utf8), Array(Self.snapshots.prefix(5000)),
      Array(Self.snapshots.dropLast(CounterFixture.page - CounterFixture.births)),
      foreign.forks([1: CounterFixture.slot([1])]), short.forks([:]),
      CounterFixture().forks([1: CounterFixture.slot([1])]),
    ]
    for (number, forks) in bad.enumerated() {
      let (sample, object, losses) = try recording(forks: forks)
      #expect(losses.map(\.reason) == [.damagedFile], "\(number)")
      #expect(losses.allSatisfy { $0.subject.hasSuffix(".forks") })
      #expect(object.regions[0].words.prefix(3) == [4, 4, 0])
      #expect(object.withHistory == nil && object.historyLacks)
      _ = try sample.reader.contents()
    }
  }

  @Test func historyOfSeveralUsersAddsUp() throws {
    let (sample, _, _) = try recording(forks: Self.snapshots)
    var fixture = Self.fixture
    fixture.add(2, lives: 1, CounterFixture.slot([1], births: [0: 1]))
    try sample.directory.write(fixture.bytes, "u1/0000000000000abc-00000000.0.cnt")
    try sample.directory.write(
      fixture.forks([0: CounterFixture.slot([100], births: [:])]),
      "u1/0000000000000abc-00000000.forks")
    let object = try #require(try sample.reader.counters().objects.first { $0.identity == 0xabc })
    #expect(object.withHistory?.regions[0].words.prefix(3) == [127, 4, 28])
  }
}
