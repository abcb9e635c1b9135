import CSalvageABI
import Glibc
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageRecord

/// A recording of two users, three lives and two objects.
struct SampleRecording {
  let directory: TemporaryDirectory
  static let files = [
    "settings", "u0/ledger", "u0/programs", "u0/0000000000000abc-00000000.0.cnt",
    "u1/0000000000000abc-00000000.0.cnt", "u0/0000000000000def-00000007.0.cnt",
    "runs/00000077ffffffff.json", "u0/python-00000000", "u0/0000000000000abc-00000000.forks",
  ]

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write(settingsBytes(users: directory.path), "settings")
    let cells = [
      cell(1, pid: 10, born: 1), cell(2, pid: 11, parent: 1, kind: SLV_KIND_FORK, born: 2),
      reap(11, 9, at: 3),
    ]
    try directory.write(LedgerFixture(cells).bytes, Self.files[1])
    try directory.write(programBytes(1, "/bin/a", ["a"]), Self.files[2])
    for (index, name) in Self.files[3...5].enumerated() {
      var fixture = CounterFixture(identity: index == 2 ? 0xdef : 0xabc)
      fixture.header.births = UInt32(CounterFixture.births)
      if index == 0 {
        fixture.add(4, lives: 1, CounterFixture.slot([], births: [0: 1]))
        let snapshot = CounterFixture.slot([1], births: [:])
        try directory.write(fixture.forks([0: snapshot]), Self.files[8])
      }
      fixture.add(2, lives: 1, CounterFixture.slot([1, 2], births: [:], flags: [1]))
      fixture.add(3, lives: 2, CounterFixture.slot([1, 2], births: [:], flags: [2]))
      try directory.write(fixture.bytes, name)
    }
    let note = RunNote(
      life: 0x77_ffff_ffff, arguments: ["a"], directory: "/", program: "/a", salvageVersion: "1")
    try directory.write(note.encoded(), Self.files[6])
    try directory.write(PythonFixture.sample.bytes, Self.files[7])
  }

  var reader: RecordingReader {
    var reader = RecordingReader(directory.path)
    reader.processes = NoProcesses()
    return reader
  }

  func bytes(_ name: String) throws -> [UInt8] {
    let file = try RecordFile(directory.path.appending(name))
    return try file.bytes(0..<file.size)
  }
}

@Suite struct RecordingTests {
  /// A long reading says how far it is.
  @Test func readingTellsWhereItIs() throws {
    let sample = try SampleRecording()
    let cells = (1...9000).map { cell(UInt64($0), pid: Int32($0), born: UInt64($0)) }
    try sample.directory.write(LedgerFixture(cells).bytes, "u0/ledger")
    nonisolated(unsafe) var told: [String] = []
    let progress = WorkProgress { stage, _ in told.append(stage.text) }
    try WorkProgress.$current.withValue(progress) {
      _ = try sample.reader.counters()
      _ = try sample.reader.contents()
    }
    let programs = "reading which programs ran, 8192 of 9000"
    let ledger = [
      "reading the ledger, 8192 of 9000", programs, "finding out how processes ended",
    ]
    // The ledger again, for lives that might have ended meanwhile.
    #expect(told == [programs, "reading counters, 7 of 7"] + ledger + ledger)
    #expect(progress.stage == nil)
  }

  @Test func theFilesOfAllUsersAreAdded() throws {
    let sample = try SampleRecording()
    let reading = try sample.reader.counters()
    #expect(reading.losses == [])
    #expect(reading.objects.map(\.identity) == [0xabc, 0xdef, 0x77])
    #expect(reading.objects.map(\.context) == [0, 7, 0])
    #expect(reading.objects.map(\.lives) == [7, 3, 0])
    #expect(reading.objects[0].regions[0].words.prefix(3) == [4, 8, 0])
    #expect(reading.objects[0].regions[1].bytes[0] == 3)
    let settings = try sample.reader.settings()
    #expect(sample.reader.objectCount(settings) == 2)
  }

  @Test func oneBadFileCostsItselfAndIsNamed() throws {
    for name in SampleRecording.files.dropFirst() {
      let sample = try SampleRecording()
      try sample.directory.write(Array("rubbish rubbish rubbish".utf8), name)
      let contents = try sample.reader.contents()
      let reading = try sample.reader.counters()
      let named = Set(contents.losses + reading.losses).filter { $0.reason == .damagedFile }
      #expect(named.count == 1, "\(name)")
      #expect(named.allSatisfy { $0.detail.contains(name) })
      #expect(contents.lives.count == (name == "u0/ledger" ? 0 : 2))
      #expect(reading.objects.count >= (name.contains("def") ? 1 : 2))
    }
  }

  @Test func filesOfOneObjectThatDifferAreNotAdded() throws {
    let sample = try SampleRecording()
    var other = CounterFixture(identity: 0xabc)
    other.header.region.0.address += 8
    other.add(2, lives: 1, CounterFixture.slot([1]))
    try sample.directory.write(other.bytes, SampleRecording.files[4])
    let reading = try sample.reader.counters()
    #expect(reading.losses.count == 1)
    #expect(reading.objects[0].regions[0].words[0] == 2)
  }

  @Test func aFileUnderAnotherIdentityIsRefused() throws {
    let sample = try SampleRecording()
    try sample.directory.write(CounterFixture(identity: 1).bytes, SampleRecording.files[5])
    #expect(try sample.reader.counters().losses.map(\.reason) == [.damagedFile])
  }

  @Test func whatWasFoldedBackIsReadOnce() throws {
    let sample = try SampleRecording()
    let live = try TemporaryDirectory()
    try sample.directory.write(settingsBytes(users: live.path), "settings")
    var fixture = CounterFixture(identity: 0x111)
    fixture.add(2, lives: 1, CounterFixture.slot([5]))
    try live.write(fixture.bytes, "u5/0000000000000111-00000000.0.cnt")
    let own = try #require(Belonging(RecordingID(), sample.directory.path))
    try live.write(own.encoded, "recording")
    func sum() throws -> UInt64? {
      try sample.reader.counters().objects.first { $0.identity == 0x111 }?.regions[0].words[0]
    }
    #expect(try sum() == 5)
    try sample.directory.write(fixture.bytes, "folded.0/u5/0000000000000111-00000000.0.cnt")
    try sample.directory.write(Array(live.path.string.utf8), "folded.0/from")
    #expect(try sum() == 5)
  }

  /// The settings of a copy name what is the original's.
  @Test func whatIsAnotherRecordingsIsNotRead() throws {
    let sample = try SampleRecording()
    let live = try TemporaryDirectory()
    var fixture = CounterFixture(identity: 0x111)
    fixture.add(2, lives: 1, CounterFixture.slot([5]))
    try live.write(fixture.bytes, "u5/0000000000000111-00000000.0.cnt")
    let own = try #require(Belonging(RecordingID(), sample.directory.path))
    try live.write(own.encoded, "recording")
    let copy = try TemporaryDirectory()
    try copy.write(settingsBytes(users: live.path), "settings")
    let reader = RecordingReader(copy.path)
    #expect(try reader.counters().objects.isEmpty)
    #expect(try reader.contents().losses.map(\.reason) == [.copied])
  }

  @Test func aPipeInARecordingDoesNotStopTheReader() throws {
    let sample = try SampleRecording()
    let path = sample.directory.path.appending("u0/0000000000000999-00000000.0.cnt")
    #expect(path.withPlatformString { mkfifo($0, 0o600) } == 0)
    #expect(try sample.reader.counters().losses.count == 1)
  }

  @Test func noRecordingIsToldFromADamagedOne() throws {
    let sample = try SampleRecording()
    #expect(RecordingReader.isRecording(sample.directory.path))
    #expect(!RecordingReader.isRecording("/nonexistent"))
    #expect(!RecordingReader.isRecording("/etc"))
  }
}
