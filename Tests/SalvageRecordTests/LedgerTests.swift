import CSalvageABI
import SystemPackage
import TestSupport
import Testing

@testable import SalvageRecord

@Suite struct LedgerTests {
  private let directory: TemporaryDirectory
  private let cells = (1...5).map { cell(UInt64($0), pid: Int32($0), born: UInt64($0)) }

  init() throws { directory = try TemporaryDirectory() }

  private func ledger(_ bytes: [UInt8]) throws -> Ledger {
    try directory.write(bytes, "ledger")
    return try Ledger(directory.path.appending("ledger"))
  }

  @Test func cellsAreRead() throws {
    let ledger = try ledger(LedgerFixture(cells).bytes)
    #expect(ledger.cells.map(\.life) == [1, 2, 3, 4, 5])
    #expect(ledger.problems.isEmpty)
    #expect(ledger.date(ofBootTime: 5) == LedgerFixture.epoch + 5)
  }

  @Test(arguments: [72, 96, 128, 136, 256])
  func cellsOfOtherSizesAreRead(_ size: Int) throws {
    var fixture = LedgerFixture(cells)
    fixture.cellSize = size
    let ledger = try ledger(fixture.bytes)
    #expect(ledger.cells.map(\.pid) == [1, 2, 3, 4, 5])
    #expect(ledger.cells.allSatisfy { $0.reserved == 0 })
  }

  @Test func aCutFileGivesTheCellsThereAre() throws {
    let whole = LedgerFixture(cells).bytes
    for lost in 1...128 {
      let ledger = try ledger(whole.dropLast(lost))
      #expect(ledger.cells.count == 4)
      #expect(ledger.problems.count == 1)
    }
  }

  @Test func aCutHeaderIsRefused() throws {
    let whole = LedgerFixture(cells).bytes
    for count in 0..<MemoryLayout<slv_ledger_header>.size {
      #expect(throws: RecordError.self) { try ledger(Array(whole.prefix(count))) }
    }
  }

  @Test func absurdNumbersAreRefusedOrCut() throws {
    let changes: [(inout slv_ledger_header) -> Void] = [
      { $0.next = .max }, { $0.cells_offset = .max }, { $0.index_offset = .max },
      { $0.index_entries = .max }, { $0.cells_offset = 1 << 62 },
    ]
    for (number, change) in changes.enumerated() {
      var fixture = LedgerFixture(cells)
      change(&fixture.header)
      // What matters is that it comes back, with an error or a problem.
      let count = (try? ledger(fixture.bytes))?.problems.count ?? 1
      #expect(count > 0, "change \(number)")
    }
  }

  @Test func somethingElseIsRefused() throws {
    #expect(throws: RecordError.self) { try ledger(Array("no ledger at all".utf8)) }
    #expect(throws: RecordError.self) { try Ledger(directory.path) }
    #expect(throws: RecordError.self) { try Ledger(directory.path.appending("none")) }
  }
}
