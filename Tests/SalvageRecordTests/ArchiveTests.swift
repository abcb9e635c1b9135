import CSalvageABI
import CZlib
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageRecord

/// A sample recording as an archive, in memory and as a file.
struct SampleArchive {
  let directory: TemporaryDirectory
  var shard: Shard

  /// - Parameter id: of the recording; two with different ones have nothing in common.
  init(id: UInt64 = 1) throws {
    directory = try TemporaryDirectory()
    let sample = try SampleRecording()
    shard = try sample.reader.shard()
    // Its directory is there until here.
    withExtendedLifetime(sample) {}
    set(id: id)
  }

  mutating func set(id: UInt64) {
    shard.contained.id = RecordingID((id, 1))
    shard.contained.settings.id = shard.contained.id
  }

  func bytes(sources: [String: String] = [:]) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let writer = try ArchiveWriter { bytes += $0 }
    try writer.write(shard, sources: sources.keys.sorted()) { sources[$0].map { Array($0.utf8) } }
    return bytes
  }

  func archive(_ bytes: [UInt8], _ name: String = "a") throws -> Archive {
    try directory.write(bytes, name)
    return try Archive(directory.path.appending(name))
  }

  func archive() throws -> Archive { try archive(try bytes()) }
}

/// An archive made by hand: sections of any bytes, with a good checksum.
private struct HandMade {
  var version: UInt32 = 1
  /// Of sections, where it is to be another one.
  var count: UInt64?
  var sections: [(kind: UInt64, high: UInt64, low: UInt64, raw: Int?, bytes: [UInt8])] = []

  /// A section of these bytes, which are packed.
  mutating func add(
    _ kind: ArchiveSection, high: UInt64 = 0, low: UInt64 = 0, raw: Int? = nil,
    _ bytes: [UInt8]
  ) {
    sections.append((UInt64(kind.rawValue), high, low, raw, bytes))
  }

  var bytes: [UInt8] {
    var result = SalvageSystem.bytes(of: ArchiveFormat.magic)
    result += SalvageSystem.bytes(of: version) + SalvageSystem.bytes(of: UInt32(16))
    var table: [UInt8] = []
    for section in sections {
      var packed = [UInt8](repeating: 0, count: section.bytes.count + 1024)
      var size = uLongf(packed.count)
      compress(&packed, &size, section.bytes, uLong(section.bytes.count))
      packed.removeLast(packed.count - Int(size))
      let row = [
        section.kind, section.high, section.low, UInt64(result.count), UInt64(packed.count),
        UInt64(section.raw ?? section.bytes.count), 0, 0,
      ]
      table += row.flatMap { SalvageSystem.bytes(of: $0) }
      result += packed
    }
    let start = UInt64(result.count)
    result += table + SalvageSystem.bytes(of: start)
    result += SalvageSystem.bytes(of: count ?? UInt64(sections.count))
    let sum = UInt32(crc32(0, result, UInt32(result.count)))
    return result + SalvageSystem.bytes(of: sum) + SalvageSystem.bytes(of: UInt32(0))
      + SalvageSystem.bytes(of: ArchiveFormat.endMagic)
  }
}

@Suite struct ArchiveTests {
  @Test func whatWasPackedComesBack() throws {
    let sample = try SampleArchive()
    let archive = try sample.archive()
    let all = try archive.contained()
    #expect(all.count == 1 && all[0].progress == sample.shard.contained.progress)
    #expect(all[0].progress.lives == 2 && all[0].progress.counted > 0)
    let ledger = try archive.ledger(of: all[0])
    #expect(ledger.lives.elementsEqual(sample.shard.ledger.lives.map(\.withoutMachine)))
    #expect(ledger.runs == sample.shard.ledger.runs)
    #expect(ledger.losses == sample.shard.ledger.losses)
    var totals = CounterTotals()
    try archive.add(to: &totals)
    // Two users' Python of one key are one object.
    var expected = CounterTotals()
    for object in sample.shard.objects { expected.add(object) }
    #expect(totals.sorted.map(\.withoutFiles) == expected.sorted.map(\.withoutFiles))
    #expect(totals.sorted.contains { $0.source == .python && $0.python?.functions.count == 2 })
    #expect(totals.sorted.contains { !$0.history.isEmpty })
  }

  @Test func theSameGivesTheSameBytes() throws {
    let sample = try SampleArchive()
    #expect(try sample.bytes() == sample.bytes())
    #expect(try sample.bytes() == SampleArchive().bytes())
  }

  /// Whatever is cut off, and whichever bit is turned.
  @Test func aDamagedArchiveIsRefused() throws {
    let sample = try SampleArchive()
    let good = try sample.bytes()
    for count in 0..<good.count {
      #expect(throws: RecordError.self) { try sample.archive(Array(good[..<count])) }
    }
    for index in good.indices {
      var bytes = good
      bytes[index] ^= 1 << UInt8(index % 8)
      #expect(throws: RecordError.self) { try sample.archive(bytes) }
    }
    #expect(throws: RecordError.self) { try sample.archive(good + [0]) }
    let cut = #expect(throws: RecordError.self) { try sample.archive(Array(good.dropLast())) }
    #expect(cut?.description.contains("cut off") == true)
    var bytes = good
    bytes[good.count / 2] ^= 1
    let altered = #expect(throws: RecordError.self) { try sample.archive(bytes) }
    #expect(altered?.description.contains("altered") == true)
  }

  @Test func aNewerArchiveSaysWhatToUpgrade() throws {
    let sample = try SampleArchive()
    var made = HandMade()
    made.version = 2
    let error = #expect(throws: RecordError.self) { try sample.archive(made.bytes) }
    #expect(error?.problem == .archive(.version(found: 2, known: 1)))
    #expect(error?.description.contains("upgrade") == true)
  }

  /// Sections of a newer writer's kinds are passed over.
  @Test func unknownSectionsArePassedOver() throws {
    let sample = try SampleArchive()
    var made = HandMade()
    made.sections.append((99, 0, 0, nil, [1, 2, 3]))
    #expect(try sample.archive(made.bytes).entries.isEmpty)
  }

  /// The checksum is good, and what it is of is not: each is refused, and takes neither memory nor time.
  @Test(arguments: 0..<10) func aHostileArchiveIsRefused(_ number: Int) throws {
    let sample = try SampleArchive()
    var made = HandMade()
    let huge = leb(1 << 40)
    // One object up to its regions, and one up to its code of Python.
    let object: [UInt8] = [1, 1] + word(1) + [0, 1] + word(0) + [0, 0]
    let python: [UInt8] = [1, 4] + word(1) + [0, 1] + word(0) + [0, 0]
    switch number {
    case 0: made.add(.counters, leb(1 << 62))  // so many objects
    case 1: made.add(.counters, raw: 1 << 45, [0])  // a section that claims terabytes
    case 2: made.add(.counters, [UInt8](repeating: 1, count: 1 << 20))
    case 3: made.add(.counters, object + [1, 0, 3] + huge + huge)  // a region of a terabyte
    case 4: made.add(.counters, object + [1, 0, 1, 8] + huge + [1])  // a run past its region
    case 5: made.add(.counters, [1, 9] + word(1))  // of no known source
    case 6: made.add(.counters, raw: 10, [0])  // ends before it says
    case 7: made.add(.counters, python + [1, 0x2f, 12] + word(0) + huge)  // so many functions
    case 8: made.add(.counters, object + [1] + [UInt8](repeating: 0xff, count: 12))  // no number
    default: made.add(.counters, python + [3, 0x2f, 0, 0x2f, 12])  // a path with a NUL
    }
    let archive = try sample.archive(made.bytes)
    var totals = CounterTotals()
    #expect(throws: RecordError.self) { try archive.add(to: &totals) }
  }

  @Test func hostileTablesAndLedgersAreRefused() throws {
    let sample = try SampleArchive()
    // Not in order, twice.
    var made = HandMade()
    made.add(.object, high: 7, [1])
    made.add(.object, high: 7, [1])
    #expect(throws: RecordError.self) { try sample.archive(made.bytes) }
    // More sections than the file has room for.
    for count in [1, 2, 1 << 20, UInt64.max] {
      made = HandMade()
      made.count = count
      #expect(throws: RecordError.self) { try sample.archive(made.bytes) }
    }
    // A recording without a ledger.
    made = HandMade()
    made.add(.recording, high: 7, [UInt8](repeating: 0, count: 100))
    #expect(throws: RecordError.self) { try sample.archive(made.bytes).contained() }
    // A ledger of 2^62 lives.
    let one = sample.shard.contained
    made = HandMade()
    made.add(.ledger, high: one.id.high, low: one.id.low, [0] + leb(1 << 62))
    #expect(throws: RecordError.self) { try sample.archive(made.bytes).ledger(of: one) }
    // An object of zeros: a kilobyte that becomes a gigabyte.
    made = HandMade()
    made.add(.object, high: 7, raw: 1 << 30, [UInt8](repeating: 0, count: 1 << 20))
    let archive = try sample.archive(made.bytes)
    let target = sample.directory.path.appending("out")
    #expect(throws: RecordError.self) { try archive.extract(archive.entries[0], to: target) }
  }

  /// A name in an archive is never a place to write to: objects are named by their number.
  @Test func namesOfSourcesAreNoPlacesToWrite() throws {
    let sample = try SampleArchive()
    let archive = try sample.archive(sample.bytes(sources: ["../../etc/passwd": "x"]))
    let entry = try #require(archive.entries(.source).first)
    let source = try archive.source(entry)
    #expect(source.path == "../../etc/passwd" && source.text == Array("x".utf8))
  }

  /// Damage below a good checksum: values or an error, no trap, no hang, no memory beyond what is there.
  @Test func damagedSectionsAreSurvived() throws {
    let sample = try SampleArchive()
    let good = try sample.archive()
    var random = FuzzTests.Generator(state: 0x1234_5678_9abc_def1)
    var contents: [[UInt8]] = []
    for entry in good.entries {
      var bytes: [UInt8] = []
      try good.unpacker(entry).rest { bytes += $0 }
      contents.append(bytes)
    }
    for _ in 0..<fuzzRounds() {
      var made = HandMade()
      for (entry, bytes) in zip(good.entries, contents) {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...3, using: &random) {
          let at = Int.random(in: 0..<bytes.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: bytes[at] = .random(in: 0...255, using: &random)
          case 1: bytes[at] = 0xff
          default: bytes.remove(at: at)
          }
        }
        made.add(entry.kind, high: entry.name.high, low: entry.name.low, bytes)
      }
      let archive = try sample.archive(made.bytes)
      if let all = try? archive.contained() {
        _ = try? JoinedLedgers(all.map { JoinedLedgers.Part($0, of: archive) })
      }
      var totals = CounterTotals()
      _ = try? archive.add(to: &totals)
      _ = totals.sorted
    }
  }

  private func leb(_ value: UInt64) -> [UInt8] {
    var (rest, result) = (value, [UInt8]())
    while rest >= 0x80 {
      result.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return result + [UInt8(rest)]
  }

  private func word(_ value: UInt64) -> [UInt8] { SalvageSystem.bytes(of: value) }
}

@Suite struct ArchiveMergeTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(_ bytes: [UInt8], _ name: String) throws -> FilePath {
    try directory.write(bytes, name)
    return directory.path.appending(name)
  }

  private func merged(_ paths: [FilePath]) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try ArchiveMerge(paths).write { bytes += $0 }
    return bytes
  }

  /// Four recordings whose counters differ, one of them with objects of its own.
  private func shards() throws -> [FilePath] {
    try (1...4).map { number in
      var sample = try SampleArchive(id: UInt64(number))
      for index in sample.shard.objects.indices {
        sample.shard.objects[index].regions[0].bytes[0] = UInt8(number)
        if number == 3 { sample.shard.objects[index].identity += 100 }
        if number == 4 { sample.shard.objects[index].history = [] }
      }
      return try write(try sample.bytes(), "\(number)")
    }
  }

  @Test func anyOrderAndAnyStepsGiveTheSameBytes() throws {
    let parts = try shards()
    let all = try merged(parts)
    #expect(try merged(parts.reversed()) == all)
    #expect(try merged([parts[2], parts[0], parts[3], parts[1]]) == all)
    let left = try write(try merged([parts[3], parts[0]]), "left")
    let right = try write(try merged([parts[1], parts[2]]), "right")
    #expect(try merged([left, right]) == all)
    #expect(try merged([right, left]) == all)
    let three = try write(try merged([right, parts[3]]), "three")
    #expect(try merged([parts[0], three]) == all)
    // A sum alone is itself.
    #expect(try merged([write(all, "all")]) == all)
    let one = try RecordFile(parts[0])
    #expect(try merged([parts[0]]) == one.bytes(0..<one.size))
  }

  @Test func countersAreAdded() throws {
    let archive = try Archive(write(try merged(try shards()), "all"))
    var totals = CounterTotals()
    try archive.add(to: &totals)
    let object = try #require(totals.sorted.first { $0.identity == 0xabc })
    #expect(object.regions[0].words[0] == 1 + 2 + 4)
    #expect(try archive.contained().count == 4)
  }

  /// Counters of every kind, sparse and dense, at the ends of their regions, saturated: what is added from an
  /// archive is what is added in memory.
  @Test func everyKindIsAddedAsInMemory() throws {
    var random = FuzzTests.Generator(state: 0x5eed_5eed_5eed_5eed)
    let kinds: [Region.Kind] = [.add64, .and8, .or8, .wrap8, .flag32]
    func object(_ density: Int) -> ObjectCounters {
      var regions: [Region] = []
      for (number, kind) in kinds.enumerated() {
        var bytes = [UInt8](repeating: kind == .and8 ? 0xff : 0, count: 8 * 100)
        for place in stride(from: 0, to: bytes.count, by: 8) {
          guard Int.random(in: 0..<10, using: &random) < density else { continue }
          let value: UInt64 = .random(in: 0 ... .max, using: &random)
          bytes.replaceSubrange(place..<place + 8, with: SalvageSystem.bytes(of: value))
        }
        regions.append(Region(address: UInt64(number) << 16, kind: kind, bytes: bytes))
      }
      var object = ObjectCounters(identity: 5, source: .llvm, regions: regions, lives: 1)
      if density == 5 {
        object.history = regions.map { $0.kind == .add64 ? $0.bytes : $0.bytes.map { _ in 0 } }
      }
      return object
    }
    for densities in [[0, 10], [1, 9], [5, 5], [10, 10], [2, 5]] {
      var expected = CounterTotals()
      var paths: [FilePath] = []
      for (number, density) in densities.enumerated() {
        var sample = try SampleArchive(id: UInt64(number) + 1)
        sample.shard.objects = [object(density)]
        expected.add(sample.shard.objects[0])
        paths.append(try write(try sample.bytes(), "kind-\(number)"))
      }
      var totals = CounterTotals()
      try Archive(write(try merged(paths), "kinds")).add(to: &totals)
      #expect(totals.sorted == expected.sorted, "\(densities)")
    }
  }

  @Test func whatIsContainedIsLeftOut() throws {
    let parts = try shards()
    let sum = try write(try merged([parts[0], parts[1]]), "sum")
    let merge = try ArchiveMerge([parts[1], sum, parts[2], parts[0], parts[2]])
    #expect(merge.containment.left.map(\.input).count == 3)
    #expect(
      try merged([parts[1], sum, parts[2], parts[0]]) == merged([parts[0], parts[1], parts[2]]))
  }

  @Test func overlapsAreRefused() throws {
    let parts = try shards()
    let left = try write(try merged([parts[0], parts[1]]), "left")
    let right = try write(try merged([parts[1], parts[2]]), "right")
    let error = #expect(throws: RecordError.self) { try ArchiveMerge([left, right]) }
    #expect(error?.description.contains(right.string) == true)
    // Both are in a third.
    let all = try write(try merged([parts[0], parts[1], parts[2]]), "all")
    #expect(try merged([left, right, all]) == merged([all]))
  }

  /// The same recording, later: more lives, more counts.
  @Test func theFurtherOneStays() throws {
    var sample = try SampleArchive()
    let early = try write(try sample.bytes(), "early")
    sample.shard.contained.progress.counted += 1
    let later = try write(try sample.bytes(), "later")
    let file = try RecordFile(later)
    #expect(try merged([early, later]) == file.bytes(0..<file.size))
    #expect(try merged([later, early]) == merged([early, later]))
    // A copy that was recorded into has a life that the other has not.
    var lives = Array(sample.shard.ledger.lives)
    lives[0].id ^= 0x100_0000_0000
    sample.shard.ledger.lives = Lives(lives)
    let copy = try write(try sample.bytes(), "copy")
    #expect(throws: RecordError.self) { try ArchiveMerge([early, copy]) }
  }

  /// Ids of lives are unique in one recording alone.
  @Test func livesOfTwoRecordingsStayTwo() throws {
    let parts = try shards()
    var ledgers: [JoinedLedgers.Part] = []
    for path in parts[..<2] {
      let archive = try Archive(path)
      ledgers += try archive.contained().map { JoinedLedgers.Part($0, of: archive) }
    }
    let contents = try #require(try JoinedLedgers(ledgers)).contents
    #expect(contents.lives.count == 4 && Set(contents.lives.map(\.id)).count == 4)
    let parents = contents.lives.compactMap(\.parent)
    #expect(Set(parents).isSubset(of: Set(contents.lives.map(\.id))) && parents.count == 2)
  }
}

extension Life {
  fileprivate var withoutMachine: Life {
    var life = self
    life.machine = ""
    return life
  }
}

extension ObjectCounters {
  /// What archives keep beside the counters.
  fileprivate var withoutFiles: ObjectCounters {
    var object = self
    object.keptObject = nil
    if source != .python { object.origin = nil }
    object.built = 0
    return object
  }
}
