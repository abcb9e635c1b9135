import SalvageCoverage
import SalvageRecord

/// The page of one source: every line with its count, and whether it ran, did not, or ran in part.
struct HTMLSourcePage {
  private let report: Report
  private let file: SourceFile
  private let path: String
  private let previous: String?
  private let next: String?
  private let objects: HTMLFileObjects
  /// Longer lines are cut: a generated line of a megabyte would make the page useless.
  private static let longest = 5_000
  /// Lines in an element that the browser lays out only when it comes into sight.
  private static let block = 200

  init(_ report: Report, _ pages: HTMLPageNames, _ index: Int) {
    self.report = report
    file = report.coverage.files[index]
    path = report.relative(file.path)
    objects = HTMLFileObjects(report, file)
    previous = index > 0 ? pages.names[index - 1] : nil
    next = index + 1 < pages.names.count ? pages.names[index + 1] : nil
  }

  func write(to writer: inout ByteWriter) {
    let source = report.sources.bytes(file.path)
    let lines = source.map { $0.withUnsafeBytes { Self.lines($0) } } ?? []
    writer.writeHead(
      title: "\(splitPath(path).name) – \(report.title)", up: "../", script: "file.js")
    writer.write("<body>\n")
    writeBar(to: &writer)
    writeFunctions(to: &writer)
    if source == nil {
      writer.write("<p class=\"note\">The source cannot be read here: ")
      writer.write(xml: file.path)
      writer.write(". These are its lines that have code.</p>\n")
    } else if let last = file.lines.last, Int(last.number) > lines.count {
      writer.write(
        "<p class=\"note\">The source has \(lines.count) lines, and line \(last.number) was ")
      writer.write("recorded: it has been changed since the program was built.</p>\n")
    }
    writer.write("<main class=\"source show-m show-p\" aria-label=\"Source\">\n")
    if let source {
      source.withUnsafeBytes { write($0, lines, to: &writer) }
    } else {
      writeWithoutSource(to: &writer)
    }
    writer.write("</main>\n")
    writeStrip(lines: max(lines.count, Int(file.lines.last?.number ?? 0)), to: &writer)
    objects.writeData(to: &writer)
    writer.write(keys: Self.keys + objects.keys)
    writer.write("</body>\n</html>\n")
  }

  private static let keys = [
    (["j", "n"], "next place that is marked"), (["k", "b"], "previous one"),
    (["0"], "top of the page"), (["1"], "first place that is marked"),
    (["[", "]"], "previous, next file"), (["u"], "index"), (["m"], "mark what did not run"),
    (["p"], "mark what ran in part"), (["r"], "mark what ran"), (["?"], "this list"),
  ]

  // MARK: Head

  private func writeBar(to writer: inout ByteWriter) {
    let totals = file.totals
    writer.write(
      "<header class=\"bar-top\"><div class=\"wide\">\n<h1><a rel=\"index\" href=\"../index.html\">"
    )
    writer.write(xml: report.title)
    writer.write("</a> / ")
    writer.write(xml: path)
    writer.write("</h1>\n<span class=\"facts\"><b>")
    writer.write(Percent(totals.lines).text)
    writer.write("</b> of \(totals.lines.found) lines")
    if totals.functions.found > 0 { writer.write(", <b>\(totals.functions.ratio)</b> functions") }
    if totals.branches.found > 0 { writer.write(", <b>\(totals.branches.ratio)</b> branches") }
    objects.writeNames(to: &writer)
    writer.write("</span>\n<span class=\"right\">\n")
    objects.writeChoice(to: &writer)
    writer.write(
      "<span class=\"group\" role=\"group\" aria-label=\"Mark\">")
    for (name, title) in [("m", "Missed"), ("p", "Partial"), ("h", "Ran")] {
      writer.write(
        "<button type=\"button\" data-show=\"\(name)\" aria-pressed=\"\(name != "h")\">\(title)</button>"
      )
    }
    writer.write("</span>\n")
    write(link: previous, "prev", "‹", "Previous file", to: &writer)
    write(link: next, "next", "›", "Next file", to: &writer)
    writer.write("<button type=\"button\" id=\"keys\" aria-label=\"Keys\">?</button>\n")
    writer.write("</span>\n</div></header>\n")
  }

  private func write(
    link page: String?, _ relation: StaticString, _ text: StaticString, _ title: StaticString,
    to writer: inout ByteWriter
  ) {
    guard let page else { return }
    writer.write("<a rel=\"")
    writer.write(relation)
    writer.write("\" href=\"../")
    writer.write(xml: page)
    writer.write("\" title=\"")
    writer.write(title)
    writer.write("\" aria-label=\"")
    writer.write(title)
    writer.write("\">")
    writer.write(text)
    writer.write("</a>\n")
  }

  private func writeFunctions(to writer: inout ByteWriter) {
    let functions = ReportedFunction.folded(file.functions)
    guard !functions.isEmpty else { return }
    let missed = functions.count { $0.count == 0 }
    writer.write("<details class=\"functions\"><summary>\(functions.count) ")
    writer.write(functions.count == 1 ? "function" : "functions")
    if missed > 0 { writer.write(", \(missed) not called") }
    writer.write("</summary><table><tbody>\n")
    for function in functions {
      writer.write("<tr><td>")
      write(count: function.count, to: &writer)
      writer.write("</td><td><a href=\"#L\(function.line)\">line \(function.line)</a></td><td>")
      writer.write(xml: function.name)
      if function.instances > 1 { writer.write(" (\(function.instances) instances)") }
      writer.write("</td></tr>\n")
    }
    writer.write("</tbody></table></details>\n")
  }

  // MARK: Lines

  /// Where each line begins and ends, without its line end.
  private static func lines(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = 0
    for index in bytes.indices where bytes[index] == 0x0a {
      result.append(start..<(index > start && bytes[index - 1] == 0x0d ? index - 1 : index))
      start = index + 1
    }
    if start < bytes.count { result.append(start..<bytes.count) }
    return result
  }

  private func write(
    _ source: UnsafeRawBufferPointer, _ lines: [Range<Int>], to writer: inout ByteWriter
  ) {
    var records = LinesWithBranches(file)
    var record = records.next()
    for (index, range) in lines.enumerated() {
      if index % Self.block == 0 {
        writer.write(index == 0 ? "<div class=\"block\">\n" : "</div>\n<div class=\"block\">\n")
      }
      let number = UInt32(index + 1)
      while let current = record, current.line.number < number { record = records.next() }
      if let current = record, current.line.number == number {
        begin(number, current.line, current.branches, to: &writer)
      } else {
        begin(number, nil, [], to: &writer)
      }
      let shown = range.prefix(Self.longest)
      writer.write(
        source: UnsafeRawBufferPointer(rebasing: source[shown.startIndex..<shown.endIndex]))
      if let current = record, current.line.number == number, current.line.count > 0,
        current.branches.hit < current.branches.count
      {
        writer.write(
          "  <s class=\"of\">\(current.branches.hit) of \(current.branches.count) branches</s>")
      }
      if shown.count < range.count {
        writer.write(" <s>\(range.count - shown.count) more bytes</s>")
      }
      writer.write("</code></p>\n")
    }
    if !lines.isEmpty { writer.write("</div>\n") }
  }

  private func writeWithoutSource(to writer: inout ByteWriter) {
    for (line, branches) in LinesWithBranches(file) {
      begin(line.number, line, branches, to: &writer)
      writer.write("</code></p>\n")
    }
  }

  /// Everything of a line before its text.
  private func begin(
    _ number: UInt32, _ line: Line?, _ branches: ArraySlice<Branch>, to writer: inout ByteWriter
  ) {
    writer.write("<p id=\"L")
    writer.write(number)
    guard let line else {
      writer.write("\"><a href=\"#L")
      writer.write(number)
      writer.write("\">")
      writer.write(number)
      return writer.write("</a><b></b><i></i><code>")
    }
    let hit = branches.hit
    let kind = line.count == 0 ? "m" : hit < branches.count ? "p" : "h" as StaticString
    writer.write("\" class=\"")
    writer.write(kind)
    writer.write("\"><a href=\"#L")
    writer.write(number)
    writer.write("\">")
    writer.write(number)
    writer.write("</a><b>")
    write(count: line.count, to: &writer)
    if branches.isEmpty {
      writer.write("</b><i></i><code>")
    } else {
      writer.write("</b><i title=\"\(hit) of \(branches.count) branches: ")
      for (place, branch) in branches.prefix(50).enumerated() {
        if place > 0 { writer.write(", ") }
        if branch.reached { writer.write(branch.count) } else { writer.write("not reached") }
      }
      writer.write("\"></i><code>")
    }
  }

  /// Exact up to a million, then `1.2M`, with the exact one to be pointed at.
  private func write(count: UInt64, to writer: inout ByteWriter) {
    guard count >= 1_000_000 else { return writer.write(count) }
    var value = Double(count)
    var unit = 0
    while value >= 1000, unit < 6 {
      value /= 1000
      unit += 1
    }
    writer.write("<span title=\"")
    writer.write(count)
    writer.write("\">")
    writer.write(formatC((value * 10).rounded(.down) / 10, decimals: 1))
    writer.write(["", "k", "M", "G", "T", "P", "E"][unit])
    writer.write("</span>")
  }

  // MARK: The strip

  /// The whole source at a glance: a bar for each run of lines that did not run, or ran in part.
  private func writeStrip(lines: Int, to writer: inout ByteWriter) {
    guard lines > 0, lines < 10_000_000 else { return }
    // A short source does not fill it.
    let lines = max(lines, 45)
    writer.write("<svg class=\"strip\" viewBox=\"0 0 14 \(lines)\" preserveAspectRatio=\"none\" ")
    writer.write("data-lines=\"\(lines)\" aria-hidden=\"true\">")
    // A place is seen however long the source is.
    let least = max(1, UInt32(lines / 300))
    writer.write("<path class=\"m\" d=\"")
    for run in MissedRun.runs(of: file.lines) {
      writer.write("M7 ")
      writer.write(run.first - 1)
      writer.write("v")
      writer.write(max(run.last - run.first + 1, least))
    }
    writer.write("\"/><path class=\"p\" d=\"")
    for (line, branches) in LinesWithBranches(file)
    where line.count > 0 && branches.hit < branches.count {
      writer.write("M7 ")
      writer.write(line.number - 1)
      writer.write("v")
      writer.write(least)
    }
    writer.write("\"/></svg>\n")
  }
}

/// A function for people: the instances of one source place are one.
struct ReportedFunction {
  var name: String
  var line: UInt32
  var count: UInt64
  var instances: Int

  /// Those that were not called first, then by their line.
  static func folded(_ functions: [Function]) -> [ReportedFunction] {
    let demangler = Demangler()
    var places: [UInt64: Int] = [:]
    var result: [ReportedFunction] = []
    for function in functions {
      let place = UInt64(function.line) << 32 | UInt64(function.column)
      // Without a column two functions of one line cannot be told from two instances of one.
      if function.column > 0, let known = places[place] {
        result[known].count =
          result[known].count.addingReportingOverflow(function.count).overflow
          ? .max : result[known].count + function.count
        result[known].instances += 1
      } else {
        places[place] = result.count
        result.append(
          ReportedFunction(
            name: demangler.name(function.name), line: function.line, count: function.count,
            instances: 1))
      }
    }
    return result.sorted { ($0.count == 0 ? 0 : 1, $0.line) < ($1.count == 0 ? 0 : 1, $1.line) }
  }
}

extension ByteWriter {
  /// Text of a source, any bytes, between tags: no byte of it is markup or a control character. Marks
  /// that turn the direction of writing are shown by name, for they can hide what the code does.
  mutating func write(source bytes: UnsafeRawBufferPointer) {
    var start = 0
    for (index, byte) in bytes.enumerated() {
      if byte >= 0x80 { return writeSlowly(source: bytes) }
      let isPlain = byte >= 0x20 && byte != 0x7f || byte == 0x09
      if isPlain && byte != 0x26 && byte != 0x3c && byte != 0x3e { continue }
      write(bytes: bytes[start..<index])
      start = index + 1
      switch byte {
      case 0x26: write("&amp;")
      case 0x3c: write("&lt;")
      case 0x3e: write("&gt;")
      case 0x0c: write(" ")
      default: write("\u{fffd}")
      }
    }
    write(bytes: bytes[start...])
  }

  private mutating func writeSlowly(source bytes: UnsafeRawBufferPointer) {
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar.value {
      case 0x09: write("\t")
      case 0x26: write("&amp;")
      case 0x3c: write("&lt;")
      case 0x3e: write("&gt;")
      case 0x0c: write(" ")
      case 0..<0x20, 0x7f..<0xa0: write("\u{fffd}")
      case 0x61c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069:
        write("<s>U+" + String(scalar.value, radix: 16, uppercase: true) + "</s>")
      default: write(scalar)
      }
    }
  }
}
