import SalvageRecord

/// The process tree of a recording for readers.
struct LedgerText {
  private(set) var text = ""
  private let contents: RecordingContents
  private let filter: LedgerFilter
  private let width: Int
  private var children: [UInt64: [Life]] = [:]
  private var pids: [UInt64: Int32] = [:]
  private var rows: [(pid: String, end: String, kept: String, machine: String, program: String)] =
    []

  init(_ contents: RecordingContents, width: Int, filter: LedgerFilter = LedgerFilter()) {
    self.contents = contents
    self.filter = filter
    self.width = width
    let known = Set(contents.lives.map(\.id))
    for life in contents.lives {
      pids[life.id] = life.pid
      let parent = life.parent.flatMap { known.contains($0) ? $0 : nil } ?? 0
      children[parent, default: []].append(life)
    }
    collect()
    render()
    renderLosses()
  }

  /// Depth first, without recursion: a tree of forks may be deep. A ring of parents, which only a
  /// damaged ledger has, is reached from no root; its lives come last.
  private mutating func collect() {
    var seen: Set<UInt64> = []
    var stack: [(Life, Int)] = (children[0] ?? []).reversed().map { ($0, 0) }
    var rest = contents.lives[...]
    while true {
      guard let (life, depth) = stack.popLast() else {
        rest = rest.drop { seen.contains($0.id) }
        guard let next = rest.first else { break }
        stack.append((next, 0))
        continue
      }
      guard seen.insert(life.id).inserted else { continue }
      // What is below one that is not shown takes its place.
      let isShown = filter.shows(life)
      if isShown { append(life, depth: depth) }
      let below = children[life.id] ?? []
      // The image that it became stays at its depth, behind the children it had before.
      for child in below.reversed() where child.beginning == .exec { stack.append((child, depth)) }
      for child in below.reversed() where child.beginning != .exec {
        stack.append((child, depth + (isShown ? 1 : 0)))
      }
    }
  }

  private mutating func append(_ life: Life, depth: Int) {
    var line = String(repeating: "  ", count: min(depth, 40))
    if life.beginning == .exec { line += "= " }
    line += Self.command(of: life)
    var end = life.end.description
    if let killer = life.killer, let pid = pids[killer] {
      end += killer == life.id ? " from itself" : " from \(pid)"
    }
    let pid = life.pid == 0 ? "?" : String(life.pid)
    rows.append((pid, end, Self.kept(life), terminalText(life.machine), line))
  }

  static func command(of life: Life) -> String {
    guard !life.arguments.isEmpty else { return life.program.isEmpty ? "?" : life.program }
    let line = shellLine(life.arguments)
    return life.argumentCount > life.arguments.count ? line + " …" : line
  }

  private static func kept(_ life: Life) -> String {
    if let loss = life.losses.first { return "lost: \(loss.reason.slug)" }
    if life.flags.contains(.isPrivate) { return "saved" }
    if life.objects > 0 || life.flags.contains(.live) { return "live" }
    return "-"
  }

  private mutating func render() {
    let pids = max(3, rows.map(\.pid.count).max() ?? 0)
    let ends = max(5, rows.map(\.end.count).max() ?? 0)
    let kepts = max(4, rows.map(\.kept.count).max() ?? 0)
    // Of one machine nobody asks which.
    let isOne = Set(contents.lives.map(\.machine)).count <= 1
    let machines = isOne ? 0 : max(7, rows.map(\.machine.count).max() ?? 0)
    func machine(_ name: String) -> String { isOne ? "" : left(name, machines) + "  " }
    let room =
      width == .max ? Int.max : max(30, width - pids - ends - kepts - 6 - machine("").count)
    text = "\(right("PID", pids))  \(left("ENDED", ends))  \(left("KEPT", kepts))  "
    text += machine("MACHINE") + "PROGRAM\n"
    for row in rows {
      text += "\(right(row.pid, pids))  \(left(row.end, ends))  \(left(row.kept, kepts))  "
      text += machine(row.machine)
      text += shortened(row.program, to: room) + "\n"
    }
  }

  private mutating func renderLosses() {
    guard !contents.losses.isEmpty else {
      text += "\nNothing was lost.\n"
      return
    }
    text += "\nLost:\n"
    for group in LossGroup.groups(contents.losses) {
      text += "  \(group.reason.slug) (\(group.losses.count)): \(group.reason.sentence)\n"
      for subject in group.subjects.prefix(5) { text += "    \(subject)\n" }
      if group.subjects.count > 5 { text += "    and \(group.subjects.count - 5) more\n" }
      text += "    Cure: \(group.reason.cure)\n"
    }
  }

  private func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

/// Losses of one reason.
struct LossGroup {
  var reason: LossReason
  var losses: [Loss]

  static func groups(_ losses: [Loss]) -> [LossGroup] {
    var result: [LossGroup] = []
    for loss in losses {
      if let index = result.firstIndex(where: { $0.reason == loss.reason }) {
        result[index].losses.append(loss)
      } else {
        result.append(LossGroup(reason: loss.reason, losses: [loss]))
      }
    }
    return result
  }

  /// What they concern, each once, with what is known beyond the reason.
  var subjects: [String] {
    var seen: Set<String> = []
    return losses.map { loss in
      var text = loss.detail.isEmpty ? loss.subject : loss.detail
      if text.isEmpty { text = "a program whose name is not known" }
      if loss.code != 0 { text += ": \(errorText(loss.code))" }
      return terminalText(text)
    }.filter { seen.insert($0).inserted }
  }
}
