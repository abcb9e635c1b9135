import Salvage
import SalvageRecord
import SalvageSystem

/// The process tree of a recording for readers. It is written as it is made.
struct LedgerText {
  private let contents: RecordingContents
  private let filter: LedgerFilter
  private let width: Int
  private let tree: LifeTree

  private struct Row {
    var pid: String
    var end: String
    var kept: String
    var machine: String
  }

  init(_ contents: RecordingContents, width: Int, filter: LedgerFilter = LedgerFilter()) {
    self.contents = contents
    self.filter = filter
    self.width = width
    tree = LifeTree(contents.lives)
  }

  /// Writes it to stdout.
  func print() throws {
    var pending = ""
    func put(_ text: String) throws {
      pending += text
      guard pending.utf8.count > 1 << 16 else { return }
      try printOut(pending)
      pending = ""
    }
    try render(put)
    try renderLosses(put)
    if !filter.selects { try renderUncounted(put) }
    try printOut(pending)
  }

  private var shown: LifeTree.Walk {
    let (lives, filter) = (contents.lives, filter)
    return tree.shown { filter.isEmpty || filter.shows(lives[$0]) }
  }

  private func row(_ life: Life) -> Row {
    Row(
      pid: life.pid == 0 ? "?" : String(life.pid), end: tree.end(of: life), kept: Self.kept(life),
      machine: terminalText(life.machine))
  }

  private func isParentShown(_ life: Life) -> Bool {
    guard !filter.isEmpty else { return true }
    guard let parent = life.parent.flatMap(tree.position) else { return false }
    return filter.shows(contents.lives[parent])
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

  private func render(_ put: (String) throws -> Void) throws {
    var (pids, ends, kepts, machines) = (3, 5, 4, 7)
    for (position, _) in shown {
      let row = row(contents.lives[position])
      pids = max(pids, row.pid.count)
      ends = max(ends, row.end.count)
      kepts = max(kepts, row.kept.count)
      machines = max(machines, row.machine.count)
    }
    // Of one machine nobody asks which.
    let isOne = !contents.lives.areOfSeveralMachines
    func machine(_ name: String) -> String { isOne ? "" : left(name, machines) + "  " }
    let room =
      width == .max ? Int.max : max(30, width - pids - ends - kepts - 6 - machine("").count)
    try put(
      "\(right("PID", pids))  \(left("ENDED", ends))  \(left("KEPT", kepts))  "
        + machine("MACHINE") + "PROGRAM\n")
    for (position, depth) in shown {
      let life = contents.lives[position]
      let row = row(life)
      var line = String(repeating: "  ", count: min(depth, 40))
      if life.beginning == .exec && isParentShown(life) { line += "= " }
      line += Self.command(of: life)
      try put(
        "\(right(row.pid, pids))  \(left(row.end, ends))  \(left(row.kept, kepts))  "
          + machine(row.machine) + shortened(line, to: room) + "\n")
    }
  }

  private func renderLosses(_ put: (String) throws -> Void) throws {
    guard !contents.losses.isEmpty else { return try put("\nNothing was lost.\n") }
    try put("\nLost:\n")
    for group in LossGroup.groups(contents.losses) {
      try put("  \(group.reason.slug) (\(group.count)): \(group.reason.sentence)\n")
      for subject in group.subjects.prefix(5) { try put("    \(subject)\n") }
      if group.subjects.count > 5 { try put("    and \(group.subjects.count - 5) more\n") }
      try put("    Cure: \(group.reason.cure)\n")
    }
  }

  /// What is in no report although it ran, by names: most programs are found by several paths.
  private func renderUncounted(_ put: (String) throws -> Void) throws {
    let programs = contents.uncountedPrograms
    guard !programs.isEmpty else { return }
    try put("\nNot counted, with the number of process images:\n")
    let byReason = Dictionary(grouping: programs) { $0.interpreter?.sentence ?? "" }
    let reasons = programs.map { $0.interpreter?.sentence ?? "" }.uniqued()
    for reason in reasons {
      try put("  \(counts(of: byReason[reason] ?? [])): ")
      try put(reason.isEmpty ? "no counters in them\n" : reason + "\n")
    }
  }

  private func counts(of programs: [UncountedProgram]) -> String {
    let name = { (program: UncountedProgram) in
      program.program.split(separator: "/").last.map(String.init) ?? program.program
    }
    let names = programs.map(name).uniqued()
    let lives = Dictionary(programs.map { (name($0), $0.lives) }, uniquingKeysWith: +)
    let more = names.count > 8 ? " and \(names.count - 8) more programs" : ""
    return names.prefix(8).map { "\(terminalText($0)) (\(lives[$0] ?? 0))" }
      .joined(separator: ", ") + more
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
  let reason: LossReason
  private(set) var count = 0
  /// What they concern, each once, with what is known beyond the reason.
  private(set) var subjects: [String] = []
  private var seen: Set<String> = []

  private init(_ reason: LossReason) { self.reason = reason }

  static func groups(_ losses: Losses) -> [LossGroup] {
    var result: [LossGroup] = []
    for loss in losses {
      let index = result.firstIndex { $0.reason == loss.reason } ?? result.count
      if index == result.count { result.append(LossGroup(loss.reason)) }
      result[index].add(loss)
    }
    return result
  }

  private mutating func add(_ loss: Loss) {
    count += 1
    var text = loss.detail.isEmpty ? loss.subject : loss.detail
    if text.isEmpty { text = "a program whose name is not known" }
    if loss.code != 0 { text += ": \(errorText(loss.code))" }
    let subject = terminalText(text)
    if seen.insert(subject).inserted { subjects.append(subject) }
  }
}

extension Sequence where Element: Hashable {
  /// Each once, in the order of their first.
  fileprivate func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
