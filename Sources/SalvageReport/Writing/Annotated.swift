package import SalvageCoverage
import SalvageRecord
import SalvageSystem

/// A source in a terminal: its lines with their counts and a mark.
package struct AnnotatedSource: Sendable {
  private let file: SourceFile
  private let hasColor: Bool

  package init(_ file: SourceFile, hasColor: Bool) {
    self.file = file
    self.hasColor = hasColor
  }

  /// The lines `first` to `last` of the source, from 1.
  package func text(_ source: [UInt8], _ lines: ClosedRange<Int>) -> String {
    var records: [UInt32: (line: Line, branches: ArraySlice<Branch>)] = [:]
    for record in LinesWithBranches(file) { records[record.line.number] = record }
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
