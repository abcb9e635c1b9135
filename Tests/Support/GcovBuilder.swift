package import SalvageCoverage
package import SalvageRecord
import SalvageSystem
package import SystemPackage

/// What the injected library would leave of an object with gcov counters.
package struct GcovBuilder {
  package init() {}

  package var units: [GcovNotes.Unit] = []
  /// The contents of `.gcno` files, by the number of their unit.
  package var notes: [(unit: Int, bytes: [UInt8])] = []
  package private(set) var memory: [UInt8] = []

  /// Where the counters begin in memory.
  package static let base: UInt64 = 0x4000

  /// Adds a unit with the counts of a `.gcda` file.
  package mutating func add(_ data: GcovData, name: FilePath, notes bytes: [UInt8]? = nil) {
    if let bytes { notes.append((units.count, bytes)) }
    let functions = data.functions.map { function -> GcovNotes.Function in
      guard let function else {
        return GcovNotes.Function(
          isPresent: false, ident: 0, lineChecksum: 0, graphChecksum: 0, counters: [])
      }
      let counters = function.counters.map { counters in
        let address = Self.base + UInt64(memory.count)
        for value in counters.values {
          withUnsafeBytes(of: value.littleEndian) { memory += Array($0) }
        }
        // Something of the program's own lies between.
        memory += [UInt8](repeating: 0xee, count: 8)
        return GcovNotes.Counters(
          kind: counters.kind, count: counters.values.count, address: address)
      }
      return GcovNotes.Function(
        isPresent: true, ident: function.ident, lineChecksum: function.lineChecksum,
        graphChecksum: function.graphChecksum, counters: counters)
    }
    units.append(
      GcovNotes.Unit(
        version: data.version, stamp: data.stamp, checksum: data.checksum, kinds: 1, name: name,
        functions: functions))
  }

  /// `.salvage.gcov`
  package var section: [UInt8] {
    var out = LittleEndianBuilder()
    out.append(1 as UInt32)
    out.append(UInt32(units.count))
    for unit in units {
      var name = Array(unit.name.string.utf8) + [0]
      while name.count % 8 != 0 { name.append(0) }
      for word in [
        unit.version.word, unit.stamp, unit.checksum, UInt32(unit.functions.count),
        UInt32(name.count), unit.kinds,
      ] { out.append(word) }
      out.append(name)
      for function in unit.functions {
        for word in [
          function.isPresent ? 1 : 0, function.ident, function.lineChecksum,
          function.graphChecksum, UInt32(function.counters.count), 0,
        ] { out.append(word) }
        for counters in function.counters {
          out.append(counters.kind)
          out.append(UInt32(counters.count))
          out.append(counters.address)
        }
      }
    }
    return out.bytes
  }

  /// `.salvage.gcno`
  package var notesSection: [UInt8] {
    var out = LittleEndianBuilder()
    for (unit, bytes) in notes {
      out.append(UInt32(unit))
      out.append(0 as UInt32)
      out.append(UInt64(bytes.count))
      out.append(bytes)
      out.pad(to: 8)
    }
    return out.bytes
  }

  /// `<identity>.obj`
  package var object: [UInt8] {
    var sections = [(GcovNotes.section, section)]
    if !notes.isEmpty { sections.append((GcovNotes.notesSection, notesSection)) }
    return ELFBuilder.file(
      sections.map { name, bytes in
        (
          ELFImage.Section(
            name: name, type: 1, flags: 0, address: 0, offset: 0, size: UInt64(bytes.count)), bytes
        )
      })
  }

  /// Each range of counters is a region of its own, or all are one.
  package var regions: [Region] {
    units.flatMap(\.functions).flatMap(\.counters).map { counters in
      let start = Int(counters.address - Self.base)
      return Region(
        address: counters.address, kind: GcovKind.isBits(counters.kind) ? .or8 : .add64,
        bytes: Array(memory[start..<start + 8 * counters.count]))
    }
  }

  package func counters(kept: FilePath?, identity: UInt64 = 0x90c) -> ObjectCounters {
    ObjectCounters(
      identity: identity, source: .gcov, regions: regions, lives: 1, keptObject: kept,
      origin: "/origin")
  }
}
