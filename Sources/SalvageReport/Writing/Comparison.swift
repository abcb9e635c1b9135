package import SalvageCoverage

/// What changed between two reports: lines that run now and did not, and the other way round.
package struct Comparison: Sendable {
  /// A file in which something changed.
  package struct File: Sendable, Hashable, Encodable {
    package enum Kind: String, Sendable, Encodable {
      case changed, new, removed
    }
    package var path: String
    package var kind: Kind
    /// Runs of lines that ran in the second alone, first and last of each.
    package var gained: [[UInt32]]
    /// Runs of lines that ran in the first alone.
    package var lost: [[UInt32]]
    /// Runs of lines that were written between the two and did not run, where that is known.
    package var missed: [[UInt32]] = []

    // What programs read of `diff` knows of no edits.
    private enum CodingKeys: String, CodingKey {
      case path, kind, gained, lost
    }
  }

  /// Those that lost the most first.
  package let files: [File]
  package let before: Totals
  package let after: Totals

  /// - Parameter moves: of sources that were edited between the two, by their paths in `old`: their old lines are
  ///   compared with what became of them.
  package init(_ old: Report, _ new: Report, moves: [String: LineMoves] = [:]) {
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
      let edit = moves[other.path]
      let earlier = edit.map { edit in
        other.lines.compactMap { line in
          edit[line.number].map { Line(number: $0, count: line.count) }
        }
      }
      let oldLines = earlier ?? other.lines
      let was = Self.counts(oldLines)
      let now = Self.counts(file.lines)
      let gained = Self.runs(file.lines) { $0.count > 0 && was[$0.number] ?? 0 == 0 }
      // A line that is not there any more was not lost.
      let lost = Self.runs(oldLines) { $0.count > 0 && now[$0.number] == 0 }
      let missed = edit.map { edit in
        Self.runs(file.lines) { $0.count == 0 && edit.added.contains($0.number) }
      }
      if !gained.isEmpty || !lost.isEmpty || missed?.isEmpty == false {
        result.append(
          File(path: path, kind: .changed, gained: gained, lost: lost, missed: missed ?? []))
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

  private static func counts(_ lines: [Line]) -> [UInt32: UInt64] {
    Dictionary(lines.map { ($0.number, $0.count) }, uniquingKeysWith: { first, _ in first })
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
  package var linePercent: String { Percent(lines).text }
}
