import SalvageSystem
import SystemPackage
import TestSupport
import Testing

@testable import SalvageCoverage
@testable import SalvageRecord

/// Go's meta-data and counters, also such as no compiler writes. Tests/Go/run has those of real programs.
@Suite struct GoTests {
  /// Meta-data of a package of a module `m`: functions, each with its units.
  static func meta(_ path: String, _ functions: [(name: String, units: [GoPackage.Unit])])
    -> [UInt8]
  {
    let names = ["p", path, "m", path + "/a.go"] + functions.map(\.name)
    var table = [UInt8(names.count)]
    for name in names { table += [UInt8(name.utf8.count)] + Array(name.utf8) }
    var bodies: [[UInt8]] = []
    for (index, function) in functions.enumerated() {
      var body = [UInt8(function.units.count), UInt8(4 + index), 3]
      for unit in function.units {
        body += [unit.startLine, unit.startColumn, unit.endLine, unit.endColumn, unit.statements]
          .map {
            UInt8($0)
          }
      }
      bodies.append(body + [0])
    }
    let start = GoPackage.headBytes + 4 * functions.count + table.count
    var out = LittleEndianBuilder()
    out.append(UInt32(start + bodies.reduce(0) { $0 + $1.count }))
    for name: UInt32 in [0, 1, 2] { out.append(name) }
    out.append([UInt8](repeating: UInt8(path.utf8.count), count: 16))
    for number in [0, 1, UInt32(functions.count)] as [UInt32] { out.append(number) }
    var place = start
    for body in bodies {
      out.append(UInt32(place))
      place += body.count
    }
    out.append(table)
    for body in bodies { out.append(body) }
    return out.bytes
  }

  static func section(_ packages: [[UInt8]], mode: UInt32 = 2, files: [String] = []) -> [UInt8] {
    let names: [UInt8] = files.flatMap { Array($0.utf8) + [0] }
    var out = LittleEndianBuilder()
    out.append(UInt32(1))
    out.append(UInt32(packages.count))
    out.append(UInt64(names.count))
    for package in packages {
      out.append(UInt32(package.count))
      for number in [mode, 1, .max] as [UInt32] { out.append(number) }
      out.append(package)
      out.pad(to: 8)
    }
    out.append(names)
    return out.bytes
  }

  static func unit(_ start: (UInt32, UInt32), _ end: (UInt32, UInt32)) -> GoPackage.Unit {
    GoPackage.Unit(
      startLine: start.0, startColumn: start.1, endLine: end.0, endColumn: end.1, statements: 1)
  }

  static let packages = [
    meta(
      "m/a",
      [("f", [unit((3, 2), (4, 9)), unit((5, 3), (6, 1))]), ("*T.Add", [unit((8, 1), (8, 9))])]),
    meta("m/b", [("g", [unit((2, 1), (2, 5))])]),
  ]

  static func object(
    _ words: [UInt32], section: [UInt8] = section(packages)
  ) throws -> Result<GoObject, ObjectProblem> {
    let folder = try ScratchFolder()
    let table = ELFImage.Section(
      name: GoObject.table, type: 1, flags: 0, address: 0, offset: 0, size: 0)
    let path = try folder.write(ELFBuilder.file([(table, section)]), to: "go.obj")
    let counters = ObjectCounters(
      identity: 7, source: .go,
      regions: [
        Region(
          address: 64, kind: .lists32,
          bytes: words.flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
          })
      ], lives: 1, keptObject: path)
    do throws(ObjectProblem) {
      return .success(try GoObject(counters))
    } catch {
      return .failure(error)
    }
  }

  @Test func linesAndFunctions() throws {
    let object = try Self.object([0, 2, 1, 0, 7, 3, 0, 0, 1, 2, 0, 4]).get()
    let files = object.files { $0 }
    #expect(files.map(\.path) == ["m/a/a.go", "m/b/a.go"])
    #expect(
      files[0].lines == [
        Line(number: 3, count: 7), Line(number: 4, count: 7), Line(number: 5, count: 3),
        Line(number: 8, count: 0),
      ])
    #expect(files[0].functions.map(\.name) == ["m/a.f", "m/a.(*T).Add"])
    #expect(files[0].functions.map(\.count) == [7, 0])
    #expect(files[1].lines == [Line(number: 2, count: 4)])
  }

  /// In mode `set` a sum over lives says nothing more than that it ran.
  @Test func setModeSaysThatItRan() throws {
    let object = try Self.object(
      [1, 2, 0, 9], section: Self.section(Self.packages, mode: 1)
    ).get()
    #expect(object.counts[1][0] == [1])
  }

  /// A number of counters, a package or a function that is not, one twice, one that is cut off; a package of Go's
  /// runtime. A head that was not finished counted nothing.
  @Test func countersThatFitNoFunctionAreNoNumbers() throws {
    for words in [
      [3, 1, 0, 1, 1, 1], [2, 3, 0, 1, 1], [2, 1, 2, 1, 1], [1, 2, 0, 1, 1, 2, 0, 1], [2, 1, 0, 1],
    ]
      as [[UInt32]]
    {
      guard case .failure(let problem) = try Self.object(words) else {
        Issue.record("\(words) was read")
        continue
      }
      #expect(problem.name == "object-malformed")
    }
    guard
      case .failure(let problem) = try Self.object([
        9, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, UInt32(bitPattern: -2), 0, 1,
      ])
    else {
      Issue.record("a package of the runtime was read")
      return
    }
    #expect(problem.name == "go-runtime")
    #expect(try Self.object([2, 0, 0, 0, 0, 1, 2, 0, 5]).get().counts == [[:], [0: [5]]])
  }

  /// Cut off anywhere, or with any byte changed, it is read or refused.
  @Test func hostileMetaData() {
    let whole = Self.section(Self.packages, files: ["/src/m/a/a.go"])
    #expect((try? GoObject.read(whole)) != nil)
    for end in whole.indices { #expect((try? GoObject.read(Array(whole[..<end]))) == nil) }
    for place in whole.indices {
      for value: UInt8 in [0, 0x7f, 0x80, 0xff] {
        var changed = whole
        changed[place] = value
        _ = try? GoObject.read(changed)
      }
    }
  }

  @Test func countersOfSeveralFilesAddUp() throws {
    func file(_ functions: [GoCounterFile.Place: [UInt32]], once: Bool = false) -> GoCounterFile {
      GoCounterFile(hash: [UInt8](repeating: 5, count: 16), countsOnce: once, functions)
    }
    let (f, g) = (
      GoCounterFile.Place(package: 0, function: 0), GoCounterFile.Place(package: 300, function: 1)
    )
    let one = file([f: [1, .max], g: [200]])
    let two = file([f: [2, 1]])
    #expect(try two.adding(one.bytes).bytes == file([f: [3, .max], g: [200]]).bytes)
    #expect(
      try file([f: [1, 0]], once: true).adding(file([f: [1, 1]]).bytes).bytes
        == file([f: [1, 1]]).bytes)
    for end in 0..<one.bytes.count {
      #expect(throws: FormatError.self) { try two.adding(Array(one.bytes[..<end])) }
    }
    #expect(throws: FormatError.self) {
      try two.adding(
        GoCounterFile(hash: [UInt8](repeating: 6, count: 16), countsOnce: false, [:]).bytes)
    }
  }
}
