import SalvageRecord
import SalvageSystem
import SystemPackage

/// The end of a run: a line with processes, how they ended, objects, losses; and lines for those with
/// counters that died by a signal, and whether what they counted is there.
struct Summary {
  let line: String
  let deaths: [String]

  init(
    _ contents: RecordingContents, objects: Int, pythonFiles: Int, path: FilePath,
    isReadOnly: Bool = false
  ) {
    // An image that went on as another is the same process.
    let lives = contents.lives
    var processes = 0
    var counts: [(String, Int)] = []
    func count(_ word: String) {
      if let index = counts.firstIndex(where: { $0.0 == word }) {
        counts[index].1 += 1
      } else {
        counts.append((word, 1))
      }
    }
    for life in lives.indices {
      let end = lives.way(at: life)
      if end != .exec { processes += 1 }
      switch end {
      case .exec: continue
      case .signal(let number, _): count("by \(signalName(number))")
      case .running: count("still running")
      case .vanished: count("vanished")
      default: count("exited")
      }
    }
    counts.sort { ($0.1, $1.0) > ($1.1, $0.0) }
    let parts = counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
    var text = counted(processes, "process", "processes")
    if !parts.isEmpty { text += " (\(parts))" }
    text += ", \(counted(objects, "object", "objects"))"
    if pythonFiles > 0 { text += ", \(counted(pythonFiles, "Python file", "Python files"))" }
    switch contents.losses.count {
    case 0 where isReadOnly: text += ", lost what was started since it is read-only"
    case 0 where objects == 0 && pythonFiles == 0:
      text +=
        lives.indices.contains { lives[$0].flags.contains(.coverage) }
        ? ", nothing lost of what coverage.py measured"
        : ", nothing lost and nothing counted: see `salvage ledger \(path)`"
    case 0: text += ", nothing lost"
    case let losses:
      text += ", \(counted(losses, "loss", "losses")): see `salvage ledger \(path)`"
    }
    line = text + "; recorded in \(path)"
    deaths = Self.deaths(lives)
  }

  /// One line for all that had the same program, arguments and death.
  private static func deaths(_ lives: Lives) -> [String] {
    var groups: [(text: String, pids: [Int32], count: Int)] = []
    // Of those that are not shown it is enough to know how many there are.
    var rest: Set<Int> = []
    for position in lives.indices {
      guard case .signal(let number, _) = lives.way(at: position) else { continue }
      let life = lives[position]
      guard !life.flags.isDisjoint(with: [.live, .isPrivate]) || !life.losses.isEmpty else {
        continue
      }
      let fate = life.losses.first.map { "lost (\($0.reason.slug))" } ?? "kept"
      let words = life.arguments.isEmpty ? [life.program] : life.arguments
      let command = shortened(shellLine(words.map(Self.brief)), to: 60)
      let text = "by \(signalName(number)), \(fate): \(command)"
      if let index = groups.firstIndex(where: { $0.text == text }) {
        groups[index].count += 1
        if groups[index].pids.count < 4 { groups[index].pids.append(life.pid) }
      } else if groups.count < shownDeaths {
        groups.append((text, [life.pid], 1))
      } else {
        rest.insert(text.hashValue)
      }
    }
    let lines = groups.map { group in
      let pids = group.pids.map(String.init).joined(separator: ", ")
      let more = group.count - group.pids.count
      return "  \(pids)\(more > 0 ? " and \(more) more" : "") \(group.text)"
    }
    return lines + (rest.isEmpty ? [] : ["  and \(rest.count) more: see `salvage ledger`"])
  }

  private static let shownDeaths = 5

  /// A file without its directory.
  private static func brief(_ word: String) -> String {
    guard word.hasPrefix("/"), let name = FilePath(word).lastComponent else { return word }
    return name.string
  }
}
