import CSalvageABI
import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageRecord

@Suite struct PythonArenaTests {
  private func read(_ fixture: PythonFixture) throws -> PythonArena {
    let directory = try TemporaryDirectory()
    try directory.write(fixture.bytes, "python-00000000")
    return try PythonArena(directory.path.appending("python-00000000"))
  }

  @Test func aBlockIsRead() throws {
    let arena = try read(.sample)
    let block = try #require(arena.blocks.first)
    #expect(arena.problems == [] && arena.blocks.count == 1)
    #expect(block.key == 0x77 && block.path == "/a.py" && block.lines == [0, 1, 3, 0, 1])
    #expect(block.entered == [1, 0] && block.taken == [1, 1, 0, 1])
    #expect(
      block.code
        == PythonCode(
          minor: 12, source: 9,
          functions: [
            PythonCode.Function(name: "f", line: 2), PythonCode.Function(name: "C.m", line: 4),
          ], branches: [2, 4]))
  }

  @Test func aBlockThatNobodyFinishedIsNone() throws {
    var fixture = PythonFixture.sample
    fixture.slots.append(slv_python_slot(key: 0x78, block: 0))
    let arena = try read(fixture)
    #expect(arena.problems == [] && arena.blocks.count == 1)
  }

  /// Each costs itself alone.
  @Test(
    arguments: [
      { $0.size = 8 }, { $0.size = 0 }, { $0.size = 1 << 30 }, { $0.lines = .max },
      { $0.lines_offset = .max }, { $0.functions = .max }, { $0.functions_offset = .max },
      { $0.entered_offset = .max }, { $0.path_offset = .max }, { $0.path_offset = 0 },
      { $0.branches = .max }, { $0.branches = 1 << 31 }, { $0.branches_offset = .max },
      {
        $0.taken_offset = .max
        $0.branches = 1
      }, { $0.names_offset = .max }, { $0.names_offset = 0xffff_fffe },
    ] as [@Sendable (inout slv_python_block) -> Void])
  func aBadBlockIsALoss(_ change: @Sendable @escaping (inout slv_python_block) -> Void) throws {
    let functions: [(name: String, line: UInt32, entered: UInt8)] = [("f", 1, 1), ("g", 2, 1)]
    let arena = try read(
      PythonFixture([
        .init(key: 1, path: "/good.py"),
        .init(key: 2, path: "/bad.py", functions: functions, change: change),
        .init(key: 3, path: "/also.py"),
      ]))
    #expect(arena.problems.count == 1)
    #expect(arena.blocks.map(\.path) == ["/also.py", "/good.py"])
  }

  /// Slots that lead to the same bytes again and again make no more of them.
  @Test func blocksThatOverlapAreLosses() throws {
    var fixture = PythonFixture.sample
    let place = fixture.slots[0].block
    for key in 200..<300 as Range<UInt64> {
      fixture.slots.append(slv_python_slot(key: key, block: place + (key % 2) * 8))
    }
    let arena = try read(fixture)
    #expect(arena.blocks.count == 1)
    #expect(arena.problems.count == 100)
  }

  /// On a full disk a file may be made and no more.
  @Test(arguments: [0, 4096]) func anUnusedFileSaysNothing(_ size: Int) throws {
    let directory = try TemporaryDirectory()
    try directory.write([UInt8](repeating: 0, count: size), "python-00000000")
    let path = directory.path.appending("python-00000000")
    let arena = try PythonArena(path)
    try PythonArena.check(path)
    #expect(arena.blocks.isEmpty && arena.problems == [])
  }

  @Test func otherFilesAreForeign() throws {
    var fixture = PythonFixture.sample
    fixture.header.version = 99
    #expect(throws: RecordError.self) { try read(fixture) }
    fixture = .sample
    fixture.header.magic = 1
    #expect(throws: RecordError.self) { try read(fixture) }
    fixture = .sample
    fixture.header.slots = 1
    #expect(throws: RecordError.self) { try read(fixture) }
  }
}
