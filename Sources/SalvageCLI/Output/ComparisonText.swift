import Salvage
import SalvageRecord
import SalvageReport
import SalvageSystem

/// What two recordings differ in, for people: `diff` and `watch`.
struct ComparisonText {
  let comparison: Comparison
  let before: CoverageReport
  let after: CoverageReport
  /// What the later one is called.
  var second = "the second recording"
  /// It, for a command that the user may enter.
  var place: String
  var hasColor = false

  /// Fit for a terminal.
  var text: String {
    var lines: [String] = []
    for file in comparison.files {
      switch file.kind {
      case .new: lines.append("\(file.path): new file")
      case .removed: lines.append("\(file.path): not in \(second)")
      case .changed:
        add("- ", file, file.lost, "no longer run", to: &lines)
        add("+ ", file, file.gained, "run now", to: &lines)
        add("! ", file, file.missed, "new, and not run", to: &lines)
      }
    }
    if comparison.files.isEmpty { lines.append("the same lines run") }
    let gotWorse = comparison.files.contains { !$0.lost.isEmpty }
    let lost = after.losses.count - before.losses.count
    if gotWorse && lost > 0 {
      let reasons = Set(after.losses.lazy.map(\.reason.slug)).sorted().joined(separator: ", ")
      lines.append(
        "\(second) lost more (\(after.losses.count) losses, \(before.losses.count) before: \(reasons)): lines may"
          + " have run in a process that was lost; see `salvage ledger \(place)`")
    }
    lines.append(
      "lines: \(comparison.before.linePercent) before, \(comparison.after.linePercent) after")
    return lines.map { colored($0) + "\n" }.joined()
  }

  private func add(
    _ mark: String, _ file: Comparison.File, _ runs: [[UInt32]], _ what: String,
    to lines: inout [String]
  ) {
    guard !runs.isEmpty else { return }
    let list = runs.map { $0[0] == $0[1] ? "\($0[0])" : "\($0[0])-\($0[1])" }
    lines.append("\(mark)\(file.path):\(list.joined(separator: ","))  \(what)")
  }

  /// By its mark: what runs now is green, what does not is red.
  private func colored(_ line: String) -> String {
    let shown = terminalText(line)
    let color = ["- ": 31, "! ": 31, "+ ": 32][String(line.prefix(2))]
    guard hasColor, let color else { return shown }
    return "\u{1b}[\(color)m\(shown)\u{1b}[0m"
  }
}
