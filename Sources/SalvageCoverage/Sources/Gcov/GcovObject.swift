import SalvageRecord
import SalvageSystem
import SystemPackage

/// An object with gcov counters: its compiled units with their summed counts.
struct GcovObject: Sendable {
  struct Unit: Sendable {
    /// The `.gcda` file that libgcov would write.
    var name: FilePath
    var data: GcovData
    /// The `.gcno` file, where the recording has it.
    var notes: [UInt8]?
  }

  var units: [Unit]

  /// Joins the summed counters with the units that the recording keeps of the object.
  init(_ counters: ObjectCounters) throws(ObjectProblem) {
    guard let kept = counters.keptObject else { throw ObjectProblem(.notKept, counters) }
    do {
      let image = try ELFImage(path: kept)
      guard let section = image.section(GcovNotes.section) else {
        throw ObjectProblem(.notKept, counters)
      }
      let list = try GcovNotes(try image.bytes(of: section))
      let store = try image.section(GcovNotes.notesSection).map { try image.bytes(of: $0) } ?? []
      try self.init(list, notes: store, counters)
    } catch let problem as ObjectProblem {
      throw problem
    } catch ELFError.io(let path, let errno) {
      throw ObjectProblem(.unreadable(path, errno), counters)
    } catch {
      throw ObjectProblem(.malformed("\(error)"), counters)
    }
  }

  init(_ list: GcovNotes, notes: [UInt8], _ counters: ObjectCounters) throws(ObjectProblem) {
    let places = GcovNotes.notes(in: notes)
    let memory = CounterMemory(counters.regions)
    units = []
    units.reserveCapacity(list.units.count)
    for (index, unit) in list.units.enumerated() {
      let isKnown =
        unit.compiler == .clang ? unit.version.notesFormat != nil : unit.version.major != nil
      guard isKnown else {
        throw ObjectProblem(.unknownGcov(unit.version.word), counters)
      }
      var functions: [GcovData.Function?] = []
      functions.reserveCapacity(unit.functions.count)
      for function in unit.functions {
        guard function.isPresent else {
          functions.append(nil)
          continue
        }
        var values: [GcovData.Counters] = []
        for one in function.counters {
          guard let words = memory.words(at: one.address, count: one.count) else {
            throw ObjectProblem(.foreignCounters, counters)
          }
          values.append(GcovData.Counters(kind: one.kind, values: words))
        }
        functions.append(
          GcovData.Function(
            ident: function.ident, lineChecksum: function.lineChecksum,
            graphChecksum: function.graphChecksum, counters: values))
      }
      let data = GcovData(
        version: unit.version, stamp: unit.stamp, checksum: unit.checksum,
        runs: UInt32(clamping: counters.lives), functions: functions, largest: 0,
        compiler: unit.compiler)
      units.append(Unit(name: unit.name, data: data, notes: places[index].map { Array(notes[$0]) }))
    }
    let largest = units.map(\.data.largestArc).max() ?? 0
    for index in units.indices { units[index].data.largest = UInt32(truncatingIfNeeded: largest) }
  }
}

extension GcovObject {
  /// It counts what none of our reports shows.
  var hasExportedOnly: Bool {
    units.contains { unit in
      unit.data.functions.contains { function in
        function?.counters.contains { GcovKind.isExportedOnly($0.kind) } ?? false
      }
    }
  }
}

/// The counters of an object by link-time address.
private struct CounterMemory {
  private let regions: [Region]

  init(_ regions: [Region]) {
    self.regions = regions.sorted { $0.address < $1.address }
  }

  /// Nil where they are not all in one region.
  func words(at address: UInt64, count: Int) -> [UInt64]? {
    // The last region that begins at or before the address.
    var (low, high) = (0, regions.count)
    while low < high {
      let middle = (low + high) / 2
      if regions[middle].address <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return count == 0 ? [] : nil }
    let region = regions[low - 1]
    guard let offset = Int(exactly: address - region.address), offset <= region.bytes.count,
      count <= (region.bytes.count - offset) / 8
    else { return nil }
    return region.bytes.withUnsafeBytes { bytes in
      (0..<count).map {
        UInt64(
          littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * $0, as: UInt64.self))
      }
    }
  }
}
