import SalvageCoverage
import SalvageRecord
import SalvageSystem

/// A table for people: a row for each file, or folder, with what did not run, and the totals.
package struct TextWriter: FileReportWriter {
  package static let name = "text"
  package static let summary = "a table for people"
  package static let fileName = "coverage.txt"
  private let options: ReportOptions

  package init(_ options: ReportOptions) {
    self.options = options
  }

  package func write(_ report: Report, to writer: inout ByteWriter) throws {
    try check(report.coverage)
    let rows = rows(of: report)
    let total = Row("TOTAL", report.coverage.totals, "")
    let header = Row(cells: Self.header, cover: nil)
    let widths = columnWidths([header] + rows + [total])
    let rule = String(repeating: "-", count: widths.reduce(0, +) + 2 * (widths.count - 1))
    write(header, widths, style: .bold, to: &writer)
    write(rule, to: &writer)
    for row in rows {
      write(row, widths, style: nil, to: &writer)
      try writer.flushIfFull()
    }
    write(rule, to: &writer)
    write(total, widths, style: .bold, to: &writer)
    if options.table.listsFunctions { writeFunctions(of: report, to: &writer) }
    for loss in report.losses {
      let times = loss.count > 1 ? " (\(loss.count) times)" : ""
      write(terminalText("not covered: \(loss.message)\(times)"), to: &writer)
    }
    try writer.flush()
  }

  private static let header = [
    "File", "Lines", "Missed", "Cover", "Functions", "Branches", "Missing lines",
  ]

  // MARK: Rows

  private struct Row {
    var cells: [String]
    /// What the colour tells.
    var cover: Tally?

    init(cells: [String], cover: Tally?) {
      self.cells = cells
      self.cover = cover
    }

    init(_ name: String, _ totals: Totals, _ missing: String) {
      let percent = Percent(totals.lines).number
      cells = [
        terminalText(name), String(totals.lines.found),
        String(totals.lines.found - totals.lines.hit),
        // Without a space: the patterns by which GitLab finds a total want it so.
        percent == "-" ? percent : percent + "%", totals.functions.ratio, totals.branches.ratio,
        missing,
      ]
      cover = totals.lines
    }
  }

  private func rows(of report: Report) -> [Row] {
    var entries: [(name: String, totals: Totals, file: SourceFile?)] = []
    if options.table.foldsFolders {
      var places: [String: Int] = [:]
      for file in report.coverage.files {
        let folder = String(splitPath(shown(file.path, report)).folder)
        let name = folder.isEmpty ? "./" : folder + "/"
        if let place = places[name] {
          entries[place].totals += file.totals
        } else {
          places[name] = entries.count
          entries.append((name, file.totals, nil))
        }
      }
    } else {
      entries = report.coverage.files.map { (shown($0.path, report), $0.totals, $0) }
    }
    let table = options.table
    if table.skipsEmpty { entries.removeAll { $0.totals.lines.found == 0 } }
    if table.skipsCovered {
      entries.removeAll { entry in
        [entry.totals.lines, entry.totals.functions, entry.totals.branches]
          .allSatisfy { $0.hit == $0.found }
      }
    }
    table.order.sort(&entries) { $0.totals }
    return entries.map { entry in
      Row(entry.name, entry.totals, table.showsMissing ? entry.file.map(Self.missing) ?? "" : "")
    }
  }

  private func shown(_ path: String, _ report: Report) -> String {
    let base = options.base
    guard !base.isEmpty, path.hasPrefix(base + "/") else { return report.relative(path) }
    return String(path[path.utf8.index(path.startIndex, offsetBy: base.utf8.count + 1)...])
  }

  /// `3, 7-12, 40 (1/2)`: lines that did not run, and lines some of whose branches were not taken.
  static func missing(_ file: SourceFile) -> String {
    var parts = MissedRun.runs(of: file.lines).map { ($0.first, $0.text) }
    for (line, branches) in LinesWithBranches(file) where line.count > 0 && !branches.isEmpty {
      let hit = branches.hit
      if hit < branches.count {
        parts.append((line.number, "\(line.number) (\(hit)/\(branches.count))"))
      }
    }
    return parts.sorted { $0.0 < $1.0 }.map(\.1).joined(separator: ", ")
  }

  private func writeFunctions(of report: Report, to writer: inout ByteWriter) {
    let missed = report.coverage.files.flatMap { file in
      file.functionsNotCalled.map { function in
        "\(shown(file.path, report)):\(function.line): \(Demangler().name(function.name))"
      }
    }
    guard !missed.isEmpty else { return }
    write("\nFunctions that were not called:", to: &writer)
    for line in missed { write(terminalText("  " + line), to: &writer) }
  }

  // MARK: Layout

  /// As wide as the widest cell; then the list of lines gives way down to its heading, then the
  /// names down to 20 columns: 80 columns are enough for files of less than 100,000 lines.
  private func columnWidths(_ rows: [Row]) -> [Int] {
    var widths = Self.header.indices.map { column in
      rows.reduce(0) { max($0, $1.cells[column].count) }
    }
    guard let width = options.width else { return widths }
    for (column, least) in [(Self.header.count - 1, Self.header.last?.count ?? 0), (0, 20)] {
      let excess = widths.reduce(0, +) + 2 * (widths.count - 1) - width
      if excess > 0 { widths[column] = max(min(widths[column], least), widths[column] - excess) }
    }
    return widths
  }

  private func write(_ row: Row, _ widths: [Int], style: Style?, to writer: inout ByteWriter) {
    var line = ""
    var pending = 0
    for (column, cell) in row.cells.enumerated() {
      let text = Self.fitted(cell, widths[column], keepingEnd: column == 0)
      let pad = widths[column] - text.count
      let isLeft = column == 0 || column == row.cells.count - 1
      if !isLeft { pending += pad }
      if !text.isEmpty {
        line += String(repeating: " ", count: pending)
        pending = 0
        let isCover = column == 3 && row.cover != nil
        line += styled(text, isCover ? row.cover.flatMap(Style.init) : style)
      }
      pending += (isLeft ? pad : 0) + 2
    }
    write(line, to: &writer)
  }

  private static func fitted(_ text: String, _ width: Int, keepingEnd: Bool) -> String {
    guard text.count > width else { return text }
    return keepingEnd ? "…" + text.suffix(width - 1) : text.prefix(width - 1) + "…"
  }

  private enum Style: String {
    case bold = "1"
    case good = "32"
    case fair = "33"
    case poor = "31"

    /// The limits of lcov: 90 and 75.
    init?(_ tally: Tally) {
      guard let percent = tally.percent else { return nil }
      self = percent >= 90 ? .good : percent >= 75 ? .fair : .poor
    }
  }

  private func styled(_ text: String, _ style: Style?) -> String {
    guard options.hasColor, let style else { return text }
    return "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m"
  }

  private func write(_ line: String, to writer: inout ByteWriter) {
    writer.write(line)
    writer.write(byte: 0x0a)
  }
}

extension TableOptions.Order {
  /// Entries of equal rank stay in the order of their names.
  func sort<Entry>(_ entries: inout [Entry], by totals: (Entry) -> Totals) {
    func missed(_ entry: Entry) -> Int {
      totals(entry).lines.found - totals(entry).lines.hit
    }
    switch self {
    case .name: return
    case .cover:
      entries.sort { (totals($0).lines.percent ?? 101) < (totals($1).lines.percent ?? 101) }
    case .missed: entries.sort { missed($0) > missed($1) }
    case .lines: entries.sort { totals($0).lines.found > totals($1).lines.found }
    }
  }
}

extension ReportFormat {
  /// A table for people.
  public static let text = ReportFormat(TextWriter.self)
}
