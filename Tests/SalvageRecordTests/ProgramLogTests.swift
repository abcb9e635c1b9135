import CSalvageABI
import SalvageSystem
import Testing

@testable import SalvageRecord

@Suite struct ProgramLogTests {
  private let first = programBytes(1, "/bin/a", ["a", "", "x y"])
  private let second = programBytes(2, "", [])

  @Test func recordsFollowEachOther() {
    let log = ProgramLog(bytes: first + second)
    #expect(log.records.map(\.life) == [1, 2])
    #expect(log.records[0].path == "/bin/a")
    #expect(log.records[0].arguments == ["a", "", "x y"])
    #expect(log.records[1].arguments == [])
    #expect(log.remains == .init())
  }

  @Test func aCutListSaysHowManyThereWere() {
    var cut = first
    cut.replaceSubrange(16..<20, with: SalvageSystem.bytes(of: UInt32(100)))
    #expect(ProgramLog(bytes: cut).records[0].argumentCount == 100)
  }

  @Test(arguments: [0, 1, 3, 23, 24, 30])
  func rubbishBetweenRecordsIsPassedOver(_ count: Int) {
    let rubbish = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 0x53) }
    let log = ProgramLog(bytes: rubbish + first + rubbish + second + rubbish)
    #expect(log.records.map(\.life) == [1, 2])
    #expect(log.remains.skipped == 3 * count)
  }

  @Test func aTornRecordCostsItselfOnly() {
    for count in 1..<first.count {
      let log = ProgramLog(bytes: first.prefix(count) + second + first)
      #expect(log.records.map(\.life).suffix(2) == [2, 1])
    }
  }

  @Test func aLengthThatReachesTooFarCostsItselfOnly() {
    var bad = first
    bad.replaceSubrange(4..<8, with: SalvageSystem.bytes(of: UInt32(first.count + 10)))
    #expect(ProgramLog(bytes: bad + second + second).records.map(\.life) == [2, 2])
  }

  /// As a write is left whose process was killed: it ends where a page does.
  @Test func aRecordIsCutAtTheEndOfAPage() {
    var bytes: [UInt8] = []
    while bytes.count + first.count <= 4096 { bytes += first }
    let count = 4096 - bytes.count
    bytes += first.prefix(count)
    #expect(ProgramLog(bytes: bytes).remains == .init(skipped: 0, cuts: 1, cut: count))
    // With another one in the next page, of which there are two bytes.
    bytes += second
    while bytes.count + first.count + 25 <= 8190 { bytes += first }
    bytes += programBytes(3, String(repeating: "x", count: 8190 - bytes.count - 25), [])
    #expect(bytes.count == 8190)
    let log = ProgramLog(bytes: bytes + first.prefix(2) + second)
    #expect(log.remains == .init(skipped: 0, cuts: 2, cut: count + 2))
    #expect(log.records.suffix(2).map(\.life) == [3, 2])
    // Elsewhere, and of what is no record, it is damage.
    #expect(ProgramLog(bytes: bytes + first.prefix(1) + second).remains.skipped == 1)
    #expect(ProgramLog(bytes: bytes + [7, 7] + second).remains.skipped == 2)
  }

  @Test func aCellHoldsAShortRecord() throws {
    let record = try #require(
      ProgramRecord(programCell(7, arguments: 2, text: "/bin/a\0a\0\0")))
    #expect(record.life == 7)
    #expect(record.path == "/bin/a")
    #expect(record.arguments == ["a", ""])
    #expect(record.argumentCount == 2)
    let whole = String(repeating: "x", count: 103) + "\0"
    #expect(ProgramRecord(programCell(1, arguments: 0, text: whole))?.path.count == 103)
  }

  @Test(arguments: [
    programCell(1, arguments: 1, text: "/bin/a\0"),  // fewer arguments than it says
    programCell(1, arguments: 0, text: "/bin/a\0a\0"),
    programCell(1, arguments: 0, text: "/bin/a"),  // no end
    programCell(1, arguments: 0, text: ""),
    programCell(1, arguments: 0, text: "/bin/a\0", length: 105),
    programCell(1, arguments: 0, text: "/bin/a\0", length: .init(UInt16.max)),
    slv_cell(),
  ])
  func aCellThatHoldsNoneIsPassedOver(cell: slv_cell) {
    #expect(ProgramRecord(cell) == nil)
  }
}
