import SalvageSystem
import SystemPackage

@testable import SalvageCoverage

/// A `.gcno` file as a compiler of a version writes it.
struct GcovGraphBuilder {
  /// Arcs by their source: destinations and flags.
  typealias Arcs = [(source: UInt32, ways: [(destination: UInt32, flags: UInt32)])]
  typealias Lines = [(block: UInt32, file: String, lines: [UInt32])]

  let word: UInt32
  let isClang: Bool
  private(set) var out = LittleEndianBuilder()

  private var format: Int { GcovVersion(word: word).notesFormat ?? 0 }
  private var unit: Int { format >= 12 ? 1 : 4 }

  init(_ word: UInt32, isClang: Bool = false, directory: String = "/b", stamp: UInt32 = 0x1111_2222)
  {
    self.word = word
    self.isClang = isClang
    for word in [GcovGraph.magic, word, stamp] { out.append(word) }
    if format >= 12 { out.append(0x3333_4444 as UInt32) }
    if format >= 9 { out.append(string(isClang ? "." : directory)) }
    if format >= 8 { out.append(isClang ? 0 : 1 as UInt32) }
  }

  var bytes: [UInt8] { out.bytes }

  private func string(_ text: String) -> [UInt8] {
    var bytes = Array(text.utf8)
    if !bytes.isEmpty { bytes.append(0) }
    while bytes.count % unit != 0 { bytes.append(0) }
    var result = LittleEndianBuilder()
    result.append(UInt32(bytes.count / unit))
    result.append(bytes)
    return result.bytes
  }

  mutating func record(_ tag: UInt32, _ body: [UInt8]) {
    out.append(tag)
    out.append(UInt32(body.count / unit))
    out.append(body)
  }

  private func words(_ words: [UInt32]) -> [UInt8] {
    var result = LittleEndianBuilder()
    for word in words { result.append(word) }
    return result.bytes
  }

  mutating func function(
    _ ident: UInt32, _ name: String, lines: ClosedRange<UInt32>, blocks: UInt32, _ arcs: Arcs,
    _ locations: Lines, isArtificial: Bool = false, conditions: [(UInt32, UInt32)] = []
  ) {
    var head = words([ident, ident + 1, ident + 2]) + string(name)
    if format >= 8 { head += words([isArtificial ? 1 : 0]) }
    head += string("a.c") + words([lines.lowerBound])
    if format >= 8 { head += words([5, lines.upperBound]) }
    if format >= 9 { head += words([6]) }
    record(0x0100_0000, head)
    record(
      0x0141_0000,
      words(format < 8 ? Array(repeating: 0, count: Int(blocks)) : [blocks]))
    for (source, ways) in arcs {
      record(0x0143_0000, words([source] + ways.flatMap { [$0.destination, $0.flags] }))
    }
    if !conditions.isEmpty { record(0x0147_0000, words(conditions.flatMap { [$0.0, $0.1] })) }
    for (block, file, lines) in locations {
      record(
        0x0145_0000,
        words([block, 0]) + string(file) + words(lines + [0]) + string(""))
    }
  }

  /// `if` and `else` on lines 10 to 15: the way into `if` and the way out of the function are counted.
  static let diamond: Arcs = [
    (0, [(2, 5)]), (2, [(3, 4), (4, 1)]), (3, [(5, 1)]), (4, [(5, 5)]), (5, [(1, 0)]),
  ]

  mutating func diamond(_ ident: UInt32 = 0x10, conditions: [(UInt32, UInt32)] = []) {
    function(
      ident, "choose", lines: 10...15, blocks: 6, Self.diamond,
      [(2, "a.c", [10]), (3, "a.c", [11]), (4, "a.c", [13]), (5, "a.c", [15])],
      conditions: conditions)
  }

  /// Counters of such a function.
  static func data(
    _ word: UInt32, _ values: [UInt64], ident: UInt32 = 0x10, conditions: [UInt64]? = nil
  ) -> GcovData {
    var counters = [GcovData.Counters(kind: 0, values: values)]
    if let conditions { counters.append(GcovData.Counters(kind: 8, values: conditions)) }
    return GcovData(
      version: GcovVersion(word: word), stamp: 0x1111_2222, checksum: 0x3333_4444, runs: 1,
      functions: [
        GcovData.Function(
          ident: ident, lineChecksum: ident + 1, graphChecksum: ident + 2, counters: counters)
      ], largest: 0)
  }
}
