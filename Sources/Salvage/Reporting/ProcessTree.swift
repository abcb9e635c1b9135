import SalvageRecord
import SalvageReport

/// The lives of a recording in the order of a tree, for readers of pages.
struct ProcessTree {
  private let lives: Lives
  private let tree: LifeTree

  init(_ lives: Lives) {
    self.lives = lives
    tree = LifeTree(lives)
  }

  /// Hands on at most `limit` of them.
  func forEachProcess(limit: Int, _ body: (Report.Process) -> Void) {
    for step in tree.shown().prefix(limit) { body(process(lives[step.life], step.depth)) }
  }

  private func process(_ life: Life, _ depth: Int) -> Report.Process {
    var hasFailed = life.end.status.map { $0 != 0 } ?? false
    if life.end.kind == .signal { hasFailed = true }
    return Report.Process(
      depth: depth, isExec: life.beginning == .exec, pid: life.pid, command: Self.command(of: life),
      end: tree.end(of: life), hasFailed: hasFailed, kept: Self.kept(life),
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
