import Testing

@testable import SalvageCoverage

/// Which objects ran a line, through joins.
@Suite struct FileObjectsTests {
  /// A part of `/h`: lines with counts, as one object says them.
  private static func part(_ object: String?, _ counts: [UInt32: UInt64]) -> Coverage {
    let lines = counts.sorted { $0.key < $1.key }.map { Line(number: $0.key, count: $0.value) }
    return Coverage(files: [SourceFile(path: "/h", lines: lines)]).attributed(to: object)
  }

  private static func ran(_ file: SourceFile) -> [String: [ClosedRange<UInt32>]] {
    var result: [String: [ClosedRange<UInt32>]] = [:]
    for (index, name) in (file.objects?.names ?? []).enumerated() {
      result[name] = file.objects?.lines(ranBy: index, of: file)
    }
    return result
  }

  @Test func ofEachItsLines() throws {
    let parts = [
      Self.part("b", [1: 1, 2: 0, 3: 5, 9: 1]), Self.part("a", [2: 1, 3: 0, 4: 1]),
      Self.part("c", [1: 0]), Self.part("b", [4: 1, 5: 1]),
    ]
    let file = Coverage.joined(parts).files[0]
    #expect(file.objects?.names == ["a", "b", "c"])
    #expect(Self.ran(file) == ["a": [2...2, 4...4], "b": [1...1, 3...5, 9...9], "c": []])
    let lines = LineObjects(file)
    #expect(lines.sets == [[1], [0], [0, 1]])
    #expect(file.lines.map(\.number) == [1, 2, 3, 4, 5, 9])
    #expect(lines.setOfLine == [0, 1, 0, 2, 0, 0])
    // In whatever order they come.
    for order in [[3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 1, 3]] {
      #expect(Coverage.joined(order.map { parts[$0] }).files[0].objects == file.objects)
    }
  }

  /// Units of one object, and paths that become one file.
  @Test func oneObjectIsOne() {
    let file = Coverage.joined([Self.part("a", [1: 1]), Self.part("a", [2: 1, 7: 0])]).files[0]
    #expect(file.objects == FileObjects("a"))
    #expect(Self.ran(file) == ["a": [1...2]])
    #expect(LineObjects(file).sets == [[0], []])
  }

  /// What no object is known of takes nothing from the others, and is not theirs.
  @Test func anUnknownOne() {
    let unknown = Self.part(nil, [1: 1, 2: 1])
    for parts in [[unknown, Self.part("a", [2: 1])], [Self.part("a", [2: 1]), unknown]] {
      #expect(Self.ran(Coverage.joined(parts).files[0]) == ["a": [2...2]])
    }
    #expect(Coverage.joined([unknown, unknown]).files[0].objects == nil)
  }

  @Test func otherNames() {
    let file = Coverage.joined([
      Self.part("/x/p", [1: 1]), Self.part("/y/p", [3: 1]), Self.part("/z/q", [2: 1]),
    ]).files[0]
    let renamed = file.objects?.renamed { $0.hasSuffix("/p") ? "/p" : $0 }
    #expect(renamed?.names == ["/p", "/z/q"])
    #expect(renamed?.lines(ranBy: 0, of: file) == [1...1, 3...3])
    #expect(FileObjects("a").renamed { $0 + "b" } == FileObjects("ab"))
  }

  /// A hostile mapping has any numbers.
  @Test func linesFarApart() {
    let far = Self.part("a", [0: 1, 1: 1, .max - 1: 1, .max: 1])
    let file = Coverage.joined([far, Self.part("b", [.max: 1])]).files[0]
    #expect(Self.ran(file) == ["a": [0...1, UInt32.max - 1...(.max)], "b": [UInt32.max...(.max)]])
    #expect(LineObjects(file).setOfLine == [0, 0, 0, 1])
  }
}
