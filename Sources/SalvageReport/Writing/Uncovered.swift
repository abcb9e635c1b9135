package import SalvageCoverage

/// The lines of a file that did not run, for editors and agents.
package struct Uncovered: Sendable, Hashable, Encodable {
  package var path: String
  /// First and last line of each run.
  package var lines: [[UInt32]]
  /// How many executable lines these are, of how many.
  package var missed: Int
  package var found: Int

  /// `path:40,52-58`.
  package var text: String {
    path + ":"
      + lines.map { $0[0] == $0[1] ? "\($0[0])" : "\($0[0])-\($0[1])" }.joined(separator: ",")
  }

  /// The files with the most missed lines first.
  package static func files(of report: Report) -> [Uncovered] {
    report.coverage.files.compactMap { file in
      let runs = MissedRun.runs(of: file.lines)
      guard !runs.isEmpty else { return nil }
      return Uncovered(
        path: report.relative(file.path), lines: runs.map { [$0.first, $0.last] },
        missed: runs.reduce(0) { $0 + $1.lines }, found: file.lines.count)
    }.sorted { ($1.missed, $0.path) < ($0.missed, $1.path) }
  }
}

extension Report {
  /// The files that a word of the command line names: a whole path, as it is shown, or the end of one.
  package func files(named name: String) -> [SourceFile] {
    let name = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
    let exact = coverage.files.filter { $0.path == name || relative($0.path) == name }
    return exact.isEmpty ? coverage.files.filter { $0.path.hasSuffix("/" + name) } : exact
  }

  /// As people of the repository write it.
  package func shownPath(_ file: SourceFile) -> String { relative(file.path) }
}
