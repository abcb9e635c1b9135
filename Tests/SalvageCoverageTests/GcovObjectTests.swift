import SalvageRecord
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCoverage

#if canImport(Glibc)
  import Glibc
#endif

/// What the recording keeps of a gcov object, and how it is joined with counters.
@Suite struct GcovObjectTests {
  private static let version: UInt32 = 0x4232_322a

  /// The notes file of a unit, as far as we look into it.
  static func notes(stamp: UInt32 = 0x1111_2222, version: UInt32 = version) -> [UInt8] {
    var out = LittleEndianBuilder()
    for word in [0x6763_6e6f, version, stamp, 0, 0, 1] as [UInt32] { out.append(word) }
    return out.bytes
  }

  private static func sample() -> GcovBuilder {
    var builder = GcovBuilder()
    builder.add(.sample(version: version), name: "/b/first.gcda", notes: notes())
    builder.add(.sample(version: 0x4231_332a, stamp: 7), name: "/b/x/second.gcda")
    return builder
  }

  private func problem(_ counters: ObjectCounters) -> ObjectProblem.Kind? {
    do {
      _ = try GcovObject(counters)
      return nil
    } catch {
      return error.kind
    }
  }

  @Test func readsWhatIsKept() throws {
    let builder = Self.sample()
    let list = try GcovNotes(builder.section)
    #expect(list.units == builder.units)
    let folder = try ScratchFolder()
    let kept = try folder.write(builder.object, to: "a.obj")
    let object = try GcovObject(builder.counters(kept: kept))
    #expect(object.units[0].data.largest == 0, "1 << 33 in a field of 32 bits")
    #expect(object.units[0].data == GcovData.sample(version: Self.version))
    #expect(object.units[1].data.stamp == 7)
    #expect(object.units.map(\.name) == ["/b/first.gcda", "/b/x/second.gcda"])
    #expect(object.units.map(\.notes) == [Self.notes(), nil])
  }

  /// One region may hold the counters of many functions, and the program's data between them.
  @Test func regionsOfSeveralFunctions() throws {
    let builder = Self.sample()
    let whole = Region(address: GcovBuilder.base, kind: .add64, bytes: builder.memory)
    var counters = builder.counters(kept: nil)
    counters.regions = [whole]
    let list = GcovNotes(units: builder.units)
    let object = try GcovObject(list, notes: [], counters)
    #expect(object.units[0].data.functions == GcovData.sample(version: Self.version).functions)
  }

  /// Path counters of gcc 15 are kept for gcov; a report says that it does not show them.
  @Test func pathsAreExportedOnly() async throws {
    let folder = try ScratchFolder()
    let arcs = Self.sample()
    #expect(
      try !GcovObject(arcs.counters(kept: folder.write(arcs.object, to: "a.obj"))).hasExportedOnly)
    var data = GcovData.sample(version: 0x4235_322a)
    data.functions[0]?.counters.append(GcovData.Counters(kind: 9, values: [5, 0]))
    var builder = GcovBuilder()
    builder.add(data, name: "/b/first.gcda", notes: Self.notes())
    let counters = builder.counters(kept: try folder.write(builder.object, to: "c.obj"))
    let object = try GcovObject(counters)
    #expect(object.hasExportedOnly)
    #expect(object.units[0].data.functions == data.functions)
    let exported = try await GcovDataExporter().files(
      of: [counters],
      for: CoverageRequest(search: ToolSearch(), scratch: folder))
    let bytes = try #require(exported.files.first).bytes
    #expect(try GcovData(bytes).functions[0]?.counters.last?.values == [5, 0])
  }

  @Test func saysWhatIsWrong() throws {
    let builder = Self.sample()
    let folder = try ScratchFolder()
    #expect(problem(builder.counters(kept: nil)) == .notKept)
    let other = try folder.write(ELFBuilder.file([]), to: "other.obj")
    #expect(problem(builder.counters(kept: other)) == .notKept)
    let kept = try folder.write(builder.object, to: "a.obj")
    var counters = builder.counters(kept: kept)
    counters.regions[0].bytes.removeLast(8)
    #expect(problem(counters) == .foreignCounters)
    counters.regions = []
    #expect(problem(counters) == .foreignCounters)
    var future = GcovBuilder()
    future.add(.sample(version: 0x7a36_312a), name: "/b/x.gcda")
    let new = try folder.write(future.object, to: "new.obj")
    #expect(problem(future.counters(kept: new)) == .unknownGcov(0x7a36_312a))
    let text = ObjectProblem(.unknownGcov(0x7a36_312a), future.counters(kept: new)).description
    #expect(text.contains("7a36312a") && text.contains("gcc 10 to 15"))
  }

  @Test func survivesTruncation() {
    let whole = Self.sample().section
    for length in whole.indices {
      #expect(throws: GcovNotesError.self) { try GcovNotes(Array(whole[..<length])) }
    }
  }

  @Test(arguments: [0x00, 0x01, 0x7f, 0x80, 0xff] as [UInt8])
  func survivesDamage(_ value: UInt8) throws {
    let builder = Self.sample()
    let (list, store) = (builder.section, builder.notesSection)
    var outcomes: [Bool: Int] = [:]
    for index in list.indices {
      var bytes = list
      bytes[index] = value
      let notes = try? GcovNotes(bytes)
      outcomes[notes != nil, default: 0] += 1
      if let notes { _ = try? GcovObject(notes, notes: store, builder.counters(kept: nil)) }
    }
    for index in store.indices {
      var bytes = store
      bytes[index] = value
      for range in GcovNotes.notes(in: bytes).values { _ = bytes[range] }
    }
    #expect(outcomes[true, default: 0] > 0 && outcomes[false, default: 0] > 0)
  }

  // MARK: Notes files

  @Test func placesOfNotes() {
    #expect(GcovNotesFile.places(forData: "/b/x.y.gcda") == ["/b/x.y.gcno"])
    #expect(
      GcovNotesFile.places(forData: "/prof/#src#^#lib#x.gcda")
        == ["/prof/#src#^#lib#x.gcno", "/src/../lib/x.gcno"])
    #expect(GcovNotesFile.places(forData: "p/a#b.gcda").last == "a/b.gcno")
    #expect(
      GcovNotesFile.places(forData: "p/src/x/y.gcda") == [
        "p/src/x/y.gcno", "/src/x/y.gcno", "/x/y.gcno",
      ])
  }

  @Test func notesWhereTheProgramSays() throws {
    let folder = try ScratchFolder()
    let data = GcovData.sample(version: Self.version)
    var unit = GcovObject.Unit(name: folder.file("x.gcda"), data: data, notes: nil)
    let place = folder.file("x.gcno")
    #expect(throws: GcovNotesFile.Failure.missing(place)) { try GcovNotesFile(of: unit) }
    _ = try folder.write(Self.notes(stamp: 3), to: "x.gcno")
    #expect(throws: GcovNotesFile.Failure.changed(place)) { try GcovNotesFile(of: unit) }
    _ = try folder.write([1, 2, 3], to: "x.gcno")
    #expect(throws: GcovNotesFile.Failure.changed(place)) { try GcovNotesFile(of: unit) }
    _ = try folder.write(Self.notes(), to: "x.gcno")
    #expect(try GcovNotesFile(of: unit) == .file(place))
    // What was kept goes first, unless it was of another build even then.
    unit.notes = Self.notes()
    #expect(try GcovNotesFile(of: unit) == .kept(Self.notes()))
    unit.notes = Self.notes(stamp: 3)
    #expect(try GcovNotesFile(of: unit) == .file(place))
    folder.remove(place)
    #expect(throws: GcovNotesFile.Failure.changed(place)) { try GcovNotesFile(of: unit) }
  }

  /// A build tree that is gone is one line for each object, with a file, a number and a cure.
  @Test func oneProblemForAllUnits() async throws {
    let folder = try ScratchFolder()
    var builder = GcovBuilder()
    for number in 0..<5 {
      builder.add(.sample(version: Self.version), name: FilePath("/gone/\(number).gcda"))
    }
    let kept = try folder.write(builder.object, to: "a.obj")
    let collected = try await collectCoverage(of: [builder.counters(kept: kept)])
    #expect(collected.problems.map(\.kind) == [.notesMissing("/gone/0.gcno", units: 5)])
    let text = try #require(collected.problems.first).description
    #expect(text.contains("/gone/0.gcno (and 4 more)") && text.contains("put the .gcno files"))
  }
}
