import SalvageRecord
import SalvageReport

/// The lives of a recording in the order of a tree, for readers.
struct ProcessTree {
  private let lives: [Life]
  private var children: [UInt64: [Life]] = [:]
  private var pids: [UInt64: Int32] = [:]

  init(_ lives: [Life]) {
    self.lives = lives
    let known = Set(lives.map(\.id))
    for life in lives {
      pids[life.id] = life.pid
      let parent = life.parent.flatMap { known.contains($0) ? $0 : nil } ?? 0
      children[parent, default: []].append(life)
    }
  }

  /// Depth first, without recursion: a tree of forks may be deep. A ring of parents, which only a
  /// damaged ledger has, is reached from no root; its lives come last.
  func processes() -> [Report.Process] {
    var result: [Report.Process] = []
    var seen: Set<UInt64> = []
    var stack: [(Life, Int)] = (children[0] ?? []).reversed().map { ($0, 0) }
    var rest = lives[...]
    while true {
      guard let (life, depth) = stack.popLast() else {
        rest = rest.drop { seen.contains($0.id) }
        guard let next = rest.first else { return result }
        stack.append((next, 0))
        continue
      }
      guard seen.insert(life.id).inserted else { continue }
      result.append(process(life, depth))
      let below = children[life.id] ?? []
      // The image that it became stays at its depth, behind the children it had before.
      for child in below.reversed() where child.beginning == .exec { stack.append((child, depth)) }
      for child in below.reversed() where child.beginning != .exec {
        stack.append((child, depth + 1))
      }
    }
  }

  private func process(_ life: Life, _ depth: Int) -> Report.Process {
    var end = life.end.description
    if let killer = life.killer, let pid = pids[killer] {
      end += killer == life.id ? " from itself" : " from \(pid)"
    }
    var hasFailed = life.end.status.map { $0 != 0 } ?? false
    if case .signal = life.end { hasFailed = true }
    return Report.Process(
      depth: depth, isExec: life.beginning == .exec, pid: life.pid, command: Self.command(of: life),
      end: end, hasFailed: hasFailed, kept: Self.kept(life),
      losses: life.losses.map { "\($0.reason.sentence) \($0.reason.cure)" })
  }

  private static func command(of life: Life) -> String {
    guard !life.arguments.isEmpty else { return life.program.isEmpty ? "?" : life.program }
    let line = life.arguments.map { shellQuoted($0) }.joined(separator: " ")
    return life.argumentCount > life.arguments.count ? line + " …" : line
  }

  private static func kept(_ life: Life) -> String {
    if let loss = life.losses.first { return "lost: \(loss.reason.slug)" }
    if life.flags.contains(.isPrivate) { return "saved" }
    if life.objects > 0 || life.flags.contains(.live) { return "live" }
    return "-"
  }
}
