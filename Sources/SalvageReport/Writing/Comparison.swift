public import SalvageCoverage

/// What changed between two reports: lines that run now and did not, and the other way round.
public struct Comparison: Sendable {
  /// A file in which something changed.
  public struct File: Sendable, Hashable, Encodable {
    public enum Kind: String, Sendable, Encodable {
      case changed, new, removed
    }
    public var path: String
    public var kind: Kind
    /// Runs of lines that ran in the second alone, first and last of each.
    public var gained: [[UInt32]]
    /// Runs of lines that ran in the first alone.
    public var lost: [[UInt32]]
  }

  /// Those that lost the most first.
  public let files: [File]
  public let before: Totals
  public let after: Totals

  public init(_ old: Report, _ new: Report) {
    let earlier = Dictionary(
      old.coverage.files.map { (old.relative($0.path), $0) },
      uniquingKeysWith: { first, _ in first })
    var result: [File] = []
    var seen: Set<String> = []
    for file in new.coverage.files {
      let path = new.relative(file.path)
      seen.insert(path)
      guard let other = earlier[path] else {
        result.append(
          File(path: path, kind: .new, gained: Self.runs(file.lines) { $0.count > 0 }, lost: []))
        continue
      }
      let was = Self.counts(other)
      let now = Self.counts(file)
      let gained = Self.runs(file.lines) { $0.count > 0 && was[$0.number] ?? 0 == 0 }
      // A line that is not there any more was not lost.
      let lost = Self.runs(other.lines) { $0.count > 0 && now[$0.number] == 0 }
      if !gained.isEmpty || !lost.isEmpty {
        result.append(File(path: path, kind: .changed, gained: gained, lost: lost))
      }
    }
    for (path, file) in earlier where !seen.contains(path) {
      result.append(
        File(path: path, kind: .removed, gained: [], lost: Self.runs(file.lines) { $0.count > 0 }))
    }
    func size(_ runs: [[UInt32]]) -> Int { runs.reduce(0) { $0 + Int($1[1] - $1[0]) + 1 } }
    files = result.sorted { (size($1.lost), $0.path) < (size($0.lost), $1.path) }
    before = old.coverage.totals
    after = new.coverage.totals
  }

  private static func counts(_ file: SourceFile) -> [UInt32: UInt64] {
    Dictionary(file.lines.map { ($0.number, $0.count) }, uniquingKeysWith: { first, _ in first })
  }

  /// Runs of executable lines that fit; those that do not fit interrupt.
  private static func runs(_ lines: [Line], _ fits: (Line) -> Bool) -> [[UInt32]] {
    var result: [[UInt32]] = []
    var isOpen = false
    for line in lines {
      if !fits(line) {
        isOpen = false
      } else if isOpen {
        result[result.count - 1][1] = line.number
      } else {
        result.append([line.number, line.number])
        isOpen = true
      }
    }
    return result
  }
}

extension Totals {
  /// For people: the percentage of lines, rounded down.
  public var linePercent: String { Percent(lines).text }
}
