package import SalvageCoverage
import SalvageRecord
import SalvageSystem

/// A source in a terminal: its lines with their counts and a mark.
package struct AnnotatedSource: Sendable {
  private let file: SourceFile
  private let hasColor: Bool
  /// Columns for a list of programs.
  private static let room = 28

  package init(_ file: SourceFile, hasColor: Bool) {
    self.file = file
    self.hasColor = hasColor
  }

  /// The programs and libraries that have the file, in a line; empty where there is one at most.
  package var objects: String {
    let names = ObjectNames(file.objects)
    guard names.shown.count > 1 else { return "" }
    return "in \(names.text(Array(names.shown.indices), width: 60))\n"
  }

  /// The lines `first` to `last` of the source, from 1.
  /// - Parameter told: below these stands which programs ran them, once for lines that follow each other.
  package func text(
    _ source: [UInt8], _ lines: ClosedRange<Int>, telling told: ClosedRange<Int>? = nil
  ) -> String {
    var records: [UInt32: (line: Line, branches: ArraySlice<Branch>)] = [:]
    for record in LinesWithBranches(file) { records[record.line.number] = record }
    let ran = told.map(ranIn) ?? [:]
    var result = ""
    let width = String(lines.upperBound).count
    for (index, text) in source.split(separator: 0x0a, omittingEmptySubsequences: false)
      .enumerated()
    where lines.contains(index + 1) {
      let number = Self.padded(String(index + 1), width)
      var code = String(decoding: text.prefix(2_000), as: UTF8.self)
      code.replace("\t", with: "    ")
      code = terminalText(code)
      guard let record = records[UInt32(index + 1)] else {
        result += "\(number)           | \(code)\n"
        continue
      }
      let hit = record.branches.hit
      let isPartial = record.line.count > 0 && hit < record.branches.count
      let mark = record.line.count == 0 ? "✗" : isPartial ? "◐" : "✓"
      var row = "\(number) \(Self.padded(String(record.line.count), 7)) \(mark) | \(code)"
      if isPartial { row += "   [\(hit) of \(record.branches.count) branches]" }
      result += styled(row, record.line.count == 0 ? "31" : isPartial ? "35" : nil) + "\n"
      if let names = ran[UInt32(index + 1)] {
        result += String(repeating: " ", count: width + 3) + styled(names, "2") + "\n"
      }
    }
    return result
  }

  /// What is told, by the last line of those that it holds for.
  private func ranIn(_ told: ClosedRange<Int>) -> [UInt32: String] {
    guard let objects = file.objects else { return [:] }
    let names = ObjectNames(objects)
    let ran = LineObjects(file)
    var result: [UInt32: String] = [:]
    var last: (line: UInt32, set: Int)?
    for (line, set) in zip(file.lines, ran.setOfLine) where told.contains(Int(line.number)) {
      guard line.count > 0, !ran.sets[set].isEmpty else {
        last = nil
        continue
      }
      if let before = last, before.set == set { result[before.line] = nil }
      let others = objects.names.indices.filter { !ran.sets[set].contains($0) }
      result[line.number] =
        "ran in: " + names.text(ran.sets[set], width: Self.room)
        + (others.isEmpty ? "" : " (not in: \(names.text(others, width: Self.room)))")
      last = (line.number, set)
    }
    return result
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private func styled(_ text: String, _ code: String?) -> String {
    guard hasColor, let code else { return text }
    return "\u{1b}[\(code)m\(text)\u{1b}[0m"
  }
}
