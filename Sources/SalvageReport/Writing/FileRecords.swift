import SalvageCoverage
import SalvageSystem

/// The lines of a file, each with the branches on it.
struct LinesWithBranches: Sequence, IteratorProtocol {
  private let file: SourceFile
  private var line = 0
  private var branch = 0

  init(_ file: SourceFile) { self.file = file }

  mutating func next() -> (line: Line, branches: ArraySlice<Branch>)? {
    guard line < file.lines.count else { return nil }
    let current = file.lines[line]
    line += 1
    let branches = file.branches
    while branch < branches.count, branches[branch].line < current.number { branch += 1 }
    let first = branch
    while branch < branches.count, branches[branch].line == current.number { branch += 1 }
    return (current, branches[first..<branch])
  }
}

extension ArraySlice<Branch> {
  var hit: Int { reduce(0) { $0 + ($1.count > 0 ? 1 : 0) } }

  /// The outcomes of each decision: those of one follow each other.
  var decisions: [ArraySlice<Branch>] {
    var result: [ArraySlice<Branch>] = []
    var first = startIndex
    for index in indices
    where index + 1 == endIndex || self[index + 1].decision != self[index].decision {
      result.append(self[first...index])
      first = index + 1
    }
    return result
  }
}

/// Consecutive executable lines that did not run. Lines without code do not interrupt.
struct MissedRun: Hashable {
  var first: UInt32
  var last: UInt32
  /// Executable lines in it.
  var lines: Int

  var text: String { first == last ? "\(first)" : "\(first)-\(last)" }

  static func runs(of lines: [Line]) -> [MissedRun] {
    var runs: [MissedRun] = []
    var isOpen = false
    for line in lines {
      if line.count > 0 {
        isOpen = false
      } else if isOpen {
        runs[runs.count - 1].last = line.number
        runs[runs.count - 1].lines += 1
      } else {
        runs.append(MissedRun(first: line.number, last: line.number, lines: 1))
        isOpen = true
      }
    }
    return runs
  }
}

/// Files below one folder, for formats that have packages.
struct PackageFiles {
  /// The folder, with `/`; empty for files without one.
  var name: String
  var files: [SourceFile]
  var totals: Totals { files.reduce(into: Totals()) { $0 += $1.totals } }

  /// By folder of the path that is shown, in the order of the names.
  static func packages(of report: Report) -> [PackageFiles] {
    var places: [String: Int] = [:]
    var result: [PackageFiles] = []
    for file in report.coverage.files {
      let name = String(splitPath(report.relative(file.path)).folder)
      if let place = places[name] {
        result[place].files.append(file)
      } else {
        places[name] = result.count
        result.append(PackageFiles(name: name, files: [file]))
      }
    }
    return result.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}

/// The folder of a path, without the slash at its end, and the name in it.
func splitPath(_ path: String) -> (folder: Substring, name: Substring) {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path[...]) }
  return (path[..<slash], path[path.utf8.index(after: slash)...])
}
