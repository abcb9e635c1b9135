import CSalvageABI
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
    #expect(log.skipped == 0)
  }

  @Test func aCutListSaysHowManyThereWere() {
    var cut = first
    cut.replaceSubrange(16..<20, with: SalvageRecord.bytes(of: UInt32(100)))
    #expect(ProgramLog(bytes: cut).records[0].argumentCount == 100)
  }

  @Test(arguments: [0, 1, 3, 23, 24, 30])
  func rubbishBetweenRecordsIsPassedOver(_ count: Int) {
    let rubbish = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 0x53) }
    let log = ProgramLog(bytes: rubbish + first + rubbish + second + rubbish)
    #expect(log.records.map(\.life) == [1, 2])
    #expect(log.skipped == 3 * count)
  }

  @Test func aTornRecordCostsItselfOnly() {
    for count in 1..<first.count {
      let log = ProgramLog(bytes: first.prefix(count) + second + first)
      #expect(log.records.map(\.life).suffix(2) == [2, 1])
    }
  }

  @Test func aLengthThatReachesTooFarCostsItselfOnly() {
    var bad = first
    bad.replaceSubrange(4..<8, with: SalvageRecord.bytes(of: UInt32(first.count + 10)))
    #expect(ProgramLog(bytes: bad + second + second).records.map(\.life) == [2, 2])
  }
}
