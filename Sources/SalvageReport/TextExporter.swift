public import SalvageCoverage

/// A table for people: a row for each file with the lines that were not executed, and the totals.
public struct TextExporter: Exporter {
  public static let name = "text"
  public let requires = Coverage.Content.lines
  /// Columns of the terminal; nil: as wide as it comes. Names are shortened from their beginning and
  /// line lists at their end, never numbers.
  public var width: Int?
  /// Strips this from the beginning of paths.
  public var base: String

  public init(width: Int? = nil, base: String = "") {
    self.width = width
    self.base = base
  }

  public func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    let rows = report.coverage.files.map(row)
    let total = row("Total", report.coverage.totals, "")
    let widths = columnWidths([Self.header] + rows + [total])
    let rule = String(
      repeating: "-", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    write(Self.header, widths, to: &writer)
    write(rule, to: &writer)
    for row in rows {
      write(row, widths, to: &writer)
      try writer.flushIfFull()
    }
    write(rule, to: &writer)
    write(total, widths, to: &writer)
    for loss in report.losses {
      let times = loss.count > 1 ? " (\(loss.count) times)" : ""
      write("not covered: \(loss.message)\(times)", to: &writer)
    }
    try writer.flush()
  }

  private static let header = [
    "File", "Lines", "Missed", "Cover", "Functions", "Branches", "Missing lines",
  ]

  private func row(_ file: SourceFile) -> [String] {
    let hasBase = !base.isEmpty && file.path.hasPrefix(base + "/")
    let path = hasBase ? String(file.path.dropFirst(base.count + 1)) : file.path
    return row(path, file.totals, Self.missing(file.lines))
  }

  private func row(_ name: String, _ totals: Totals, _ missing: String) -> [String] {
    [
      name, String(totals.lines.found), String(totals.lines.found - totals.lines.hit),
      Percent(totals.lines).text, Self.ratio(totals.functions), Self.ratio(totals.branches),
      missing,
    ]
  }

  private static func ratio(_ tally: Tally) -> String {
    tally.found == 0 ? "-" : "\(tally.hit)/\(tally.found)"
  }

  /// `3, 7-12`: runs of executable lines that did not run. Lines without code do not interrupt.
  static func missing(_ lines: [Line]) -> String {
    var runs: [(first: UInt32, last: UInt32)] = []
    var isOpen = false
    for line in lines {
      if line.count > 0 {
        isOpen = false
      } else if isOpen {
        runs[runs.count - 1].last = line.number
      } else {
        runs.append((line.number, line.number))
        isOpen = true
      }
    }
    return runs.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }
      .joined(separator: ", ")
  }

  /// As wide as the widest cell; then the list of lines gives way down to its heading, then the
  /// names down to 20 columns: 80 columns are enough for files of less than 100,000 lines.
  private func columnWidths(_ rows: [[String]]) -> [Int] {
    var widths = Self.header.indices.map { column in
      rows.reduce(0) { max($0, $1[column].count) }
    }
    guard let width else { return widths }
    for (column, least) in [(Self.header.count - 1, Self.header.last?.count ?? 0), (0, 20)] {
      let excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
      if excess > 0 { widths[column] = max(min(widths[column], least), widths[column] - excess) }
    }
    return widths
  }

  private func write(_ row: [String], _ widths: [Int], to writer: inout ByteWriter) {
    var line = ""
    for (column, cell) in row.enumerated() {
      let isLast = column == row.count - 1
      let text = Self.fitted(cell, widths[column], keepingEnd: column == 0)
      let pad = String(repeating: " ", count: widths[column] - text.count)
      if column == 0 {
        line += text + pad
      } else if isLast {
        line += "  " + text
      } else {
        line += "  " + pad + text
      }
    }
    while line.last == " " { line.removeLast() }
    write(line, to: &writer)
  }

  private static func fitted(_ text: String, _ width: Int, keepingEnd: Bool) -> String {
    guard text.count > width else { return text }
    return keepingEnd ? "…" + text.suffix(width - 1) : text.prefix(width - 1) + "…"
  }

  private func write(_ line: String, to writer: inout ByteWriter) {
    writer.write(line)
    writer.write(byte: 0x0a)
  }
}
