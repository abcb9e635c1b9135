import SalvageRecord
import SalvageSystem

/// The programs and libraries that a source is in, and which of its lines each of them ran.
///
/// It is known where ``Coverage/Content/objects`` was asked for. A source of one object needs no lines: all that
/// ran of it ran there.
public struct FileObjects: Sendable, Hashable {
  /// Their paths as recorded, sorted by their bytes, each once.
  public private(set) var names: [String]
  /// For each name what it ran; empty where one object ran all that was run.
  private var ran: [Packed<LineRun>]

  /// One object that all lines are of.
  init(_ name: String) {
    names = [name]
    ran = []
  }

  /// One object of several.
  init(_ name: String, ran lines: [Line]) {
    names = [name]
    ran = [Packed(LineRun.runs(of: lines))]
  }

  /// The lines that an object ran, ascending.
  /// - Parameters:
  ///   - index: of the object in ``names``.
  ///   - file: the file that this is of.
  package func lines(ranBy index: Int, of file: SourceFile) -> [ClosedRange<UInt32>] {
    let runs = ran.isEmpty ? LineRun.runs(of: file.lines) : ran[index].elements
    return runs.map(\.lines)
  }

  /// What two parts of one file say together, before their lines are joined.
  static func joined(_ left: SourceFile, _ right: SourceFile) -> FileObjects? {
    guard left.objects != nil || right.objects != nil else { return nil }
    if let mine = left.objects, mine == right.objects, mine.ran.isEmpty { return mine }
    guard let mine = left.objects?.spelled(left.lines) else {
      return right.objects?.spelled(right.lines)
    }
    guard let theirs = right.objects?.spelled(right.lines) else { return mine }
    return mine.union(theirs)
  }

  /// With the lines of the one object, where it has none yet.
  private func spelled(_ lines: [Line]) -> FileObjects {
    ran.isEmpty ? FileObjects(names[0], ran: lines) : self
  }

  /// Both have lines.
  func union(_ other: FileObjects) -> FileObjects {
    var result = self
    result.append(other)
    return result.sorted
  }

  private mutating func append(_ other: FileObjects) {
    names += other.names
    ran += other.ran
  }

  /// In order; what has one name is one.
  private var sorted: FileObjects {
    guard !ran.isEmpty else { return self }
    let order = names.indices.sorted {
      names[$0] == names[$1] ? $0 < $1 : names[$0].utf8.lexicographicallyPrecedes(names[$1].utf8)
    }
    var result = self
    result.names.removeAll()
    result.ran.removeAll()
    for index in order {
      if let last = result.ran.last, result.names.last == names[index] {
        result.ran[result.ran.count - 1] = Packed(
          LineRun.union(last.elements, ran[index].elements))
      } else {
        result.names.append(names[index])
        result.ran.append(ran[index])
      }
    }
    return result
  }

  /// With other names; objects that get one name are one.
  package func renamed(_ name: (String) -> String) -> FileObjects {
    var result = self
    result.names = names.map(name)
    return result.sorted
  }
}

/// Lines that follow each other.
struct LineRun: Packable {
  var first: UInt32
  var last: UInt32

  var lines: ClosedRange<UInt32> { first...max(first, last) }

  func pack(behind before: LineRun?, _ packing: inout Packing) {
    packing.number(first, from: before?.last ?? 0)
    packing.number(last, from: first)
  }

  init(behind before: LineRun?, _ unpacking: inout Unpacking) {
    first = unpacking.number32(from: before?.last ?? 0)
    last = unpacking.number32(from: first)
  }

  init(first: UInt32, last: UInt32) {
    self.first = first
    self.last = last
  }

  /// The lines that ran.
  static func runs(of lines: [Line]) -> [LineRun] {
    var runs: [LineRun] = []
    for line in lines where line.count > 0 { append(line.number, line.number, to: &runs) }
    return runs
  }

  static func union(_ left: [LineRun], _ right: [LineRun]) -> [LineRun] {
    var runs: [LineRun] = []
    var (mine, theirs) = (0, 0)
    while mine < left.count || theirs < right.count {
      let isMine =
        theirs == right.count || mine < left.count && left[mine].first <= right[theirs].first
      let next = isMine ? left[mine] : right[theirs]
      if isMine { mine += 1 } else { theirs += 1 }
      append(next.first, next.last, to: &runs)
    }
    return runs
  }

  private static func append(_ first: UInt32, _ last: UInt32, to runs: inout [LineRun]) {
    if let before = runs.last, first <= before.last || first - 1 == before.last {
      runs[runs.count - 1].last = max(before.last, last)
    } else {
      runs.append(LineRun(first: first, last: last))
    }
  }
}

/// The objects that ran the lines of a file. Most lines of a file were run by the same ones, so that there are few sets.
package struct LineObjects: Sendable {
  /// Numbers in ``FileObjects/names``, ascending. Each once.
  package private(set) var sets: [[Int]] = []
  /// For each line of the file the number of its set.
  package private(set) var setOfLine: [Int] = []

  /// - Parameter file: one with objects; of another one no line ran anywhere.
  package init(_ file: SourceFile) {
    var ran = (file.objects?.names.indices ?? 0..<0).map {
      file.objects?.lines(ranBy: $0, of: file)[...] ?? []
    }
    var known: [[Int]: Int] = [:]
    setOfLine.reserveCapacity(file.lines.count)
    for line in file.lines {
      var set: [Int] = []
      for object in ran.indices {
        while let run = ran[object].first, run.upperBound < line.number {
          ran[object].removeFirst()
        }
        if ran[object].first?.contains(line.number) ?? false { set.append(object) }
      }
      let number = known[set] ?? sets.count
      if number == sets.count {
        known[set] = number
        sets.append(set)
      }
      setOfLine.append(number)
    }
  }
}

extension Coverage {
  /// As said by one object, where the objects are asked for.
  func attributed(to object: String?) -> Coverage {
    guard let object else { return self }
    var result = self
    for index in result.files.indices { result.files[index].objects = FileObjects(object) }
    return result
  }
}

extension CoverageRequest {
  /// What an object is called; nil where nothing wants to know.
  func name(of object: ObjectCounters) -> String? {
    content.contains(.objects) ? object.origin?.name ?? hex(object.identity) : nil
  }
}
