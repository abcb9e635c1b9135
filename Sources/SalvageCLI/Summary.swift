import SalvageRecord
import SystemPackage

/// The one line at the end of a run: processes, how they ended, objects, losses.
struct Summary {
  let line: String

  init(_ contents: RecordingContents, objects: Int, pythonFiles: Int, path: FilePath) {
    // An image that went on as another is the same process.
    let ends = contents.lives.filter { $0.end != .exec }
    var counts: [(String, Int)] = []
    func count(_ word: String) {
      if let index = counts.firstIndex(where: { $0.0 == word }) {
        counts[index].1 += 1
      } else {
        counts.append((word, 1))
      }
    }
    for life in ends {
      switch life.end {
      case .signal(let number, _): count("by \(signalName(number))")
      case .running: count("still running")
      case .vanished: count("vanished")
      default: count("exited")
      }
    }
    counts.sort { ($0.1, $1.0) > ($1.1, $0.0) }
    let parts = counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
    var text = counted(ends.count, "process", "processes")
    if !parts.isEmpty { text += " (\(parts))" }
    text += ", \(counted(objects, "object", "objects"))"
    if pythonFiles > 0 { text += ", \(counted(pythonFiles, "Python file", "Python files"))" }
    switch contents.losses.count {
    case 0: text += ", nothing lost"
    case let losses:
      text += ", \(counted(losses, "loss", "losses")): see `salvage ledger \(path)`"
    }
    line = text + "; recorded in \(path)"
  }
}
