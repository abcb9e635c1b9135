import SalvageRecord
import SalvageSystem
import SystemPackage
import Testing

@testable import SalvageCoverage

/// Blocks of -fsanitize-coverage: which are seen, and what that says of lines.
@Suite struct SancovTests {
  /// Entries of a pc table: addresses, entries of functions negative.
  static func table(_ addresses: [Int]) -> [UInt8] {
    var out = LittleEndianBuilder()
    for address in addresses {
      out.append(UInt64(abs(address)))
      out.append(address < 0 ? 1 : 0 as UInt64)
    }
    return out.bytes
  }

  static func seen(_ addresses: [Int], _ regions: [(Region.Kind, [UInt8])]) -> [Bool]? {
    SancovBlocks(
      table: table(addresses),
      regions: regions.map { Region(address: 64, kind: $0.0, bytes: $0.1) })?.blocks.map(\.isSeen)
  }

  @Test func eachKindOfCounterIsRead() {
    #expect(Self.seen([-1, -2, -3], [(.or8, [0, 1, 0])]) == [false, true, false])
    #expect(Self.seen([-1, -2, -3], [(.wrap8, [0, 255, 16])]) == [false, true, true])
    #expect(
      Self.seen([-1, -2, -3], [(.flag32, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1])])
        == [false, true, true])
    #expect(Self.seen([-1, -2], [(.wrap8, [1, 0]), (.or8, [0, 1])]) == [true, true])
  }

  @Test func tableAndCountersMustBeOfTheSameBlocks() {
    #expect(Self.seen([-1, -2, -3], [(.or8, [0, 1])]) == nil)
    #expect(Self.seen([-1, -2], [(.flag32, [0, 1])]) == nil)
    #expect(SancovBlocks(table: [0], regions: []) == nil)
    #expect(Self.seen([], []) == [])
  }

  /// 256 calls leave 0 in an 8-bit counter; the blocks behind the entry tell better.
  @Test func anEntryIsSeenWhereABlockOfItsFunctionIs() {
    #expect(
      Self.seen([-1, 2, 3, -4, 5], [(.wrap8, [0, 0, 7, 0, 0])]) == [
        true, false, true, false, false,
      ])
  }

  static func frame(
    _ line: UInt32, _ function: String = "f", file: String = "/a.c", start: UInt32 = 1
  )
    -> SourcePlace.Frame
  {
    SourcePlace.Frame(function: function, file: file, line: line, startLine: start)
  }

  /// Blocks with the line that each begins on and the one before it.
  static func files(_ blocks: [(entry: Bool, seen: Bool, line: UInt32, before: UInt32)])
    -> [SourceFile]
  {
    let addresses = blocks.indices.map { blocks[$0].entry ? -($0 + 1) : $0 + 1 }
    let counters = blocks.map { $0.seen ? 1 : 0 as UInt8 }
    let places = blocks.flatMap { block in
      block.entry ? [[frame(block.line)]] : [[frame(block.line)], [frame(block.before)]]
    }
    return SancovBlocks(
      table: table(addresses), regions: [Region(address: 0, kind: .or8, bytes: counters)])?
      .files(places: places.map(SourcePlace.init)) ?? []
  }

  @Test func aLineRanWhereABlockOnItDid() {
    let files = Self.files([(true, true, 1, 0), (false, false, 3, 2), (false, true, 3, 3)])
    #expect(files.map(\.path) == ["/a.c"])
    #expect(files[0].lines == [Line(number: 1, count: 1), Line(number: 3, count: 1)])
    #expect(files[0].functions == [Function(name: "f", line: 1, count: 1)])
  }

  /// `if (a) return;` runs without the block of the return.
  @Test func aBlockWithinALineDoesNotDenyTheLine() {
    let ran = Self.files([(true, true, 1, 0), (false, false, 2, 2), (false, false, 3, 2)])
    #expect(ran[0].lines == [Line(number: 1, count: 1), Line(number: 3, count: 0)])
    let never = Self.files([(true, false, 1, 0), (false, false, 2, 2)])
    #expect(never[0].lines == [Line(number: 1, count: 0), Line(number: 2, count: 0)])
    #expect(never[0].functions == [Function(name: "f", line: 1, count: 0)])
  }

  @Test func inlinedFramesBelongToTheirOwnFiles() throws {
    let inlined = SourcePlace(frames: [
      Self.frame(7, "g", file: "/b.h", start: 6), Self.frame(2, "f", file: "/a.c"),
    ])
    let blocks = try #require(
      SancovBlocks(
        table: Self.table([-1, 2]), regions: [Region(address: 0, kind: .or8, bytes: [1, 0])]))
    let files = blocks.files(places: [
      SourcePlace(frames: [Self.frame(1)]), inlined, SourcePlace(frames: []),
    ])
    #expect(files.map(\.path) == ["/a.c", "/b.h"])
    #expect(files[1].lines == [Line(number: 7, count: 0)])
    #expect(files[1].functions.isEmpty)
  }

  static func places(_ text: String) throws -> [SourcePlace] {
    var text = text
    return try text.withUTF8 {
      try SymbolizerReader.places(in: UnsafeRawBufferPointer($0))
    }
  }

  @Test func readsTheSymbolizersJSON() throws {
    let places = try Self.places(
      """
      {"Address":"0x1","ModuleName":"a","Symbol":[{"Column":1,"Discriminator":0,"FileName":"/x/../b.h","FunctionName":"g","Line":7,"StartAddress":"","StartFileName":"/x/../b.h","StartLine":6},{"Column":2,"Discriminator":0,"FileName":"/a.c","FunctionName":"f","Line":2,"StartLine":1}]}
      {"Address":"0x2","ModuleName":"a","Symbol":[{"Column":0,"FileName":"","FunctionName":"","Line":0,"StartLine":0}]}
      {"Address":"0x3","Error":{"Message":"No such file"},"ModuleName":"a"}

      """)
    #expect(places.map(\.frames.count) == [2, 1, 0])
    #expect(places[0].frames[0] == Self.frame(7, "g", file: "/b.h", start: 6))
    #expect(throws: FormatError.self) { try Self.places("{\"Address\":\"0x1\"") }
    #expect(throws: FormatError.self) { try Self.places("??0") }
  }
}
