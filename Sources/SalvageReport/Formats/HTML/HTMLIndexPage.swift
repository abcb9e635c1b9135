import SalvageCoverage

/// The index: totals, losses, and all files as JSON, from which index.js makes the rows that are in sight.
struct HTMLIndexPage {
  let report: Report
  let pages: HTMLPageNames

  func write(to writer: inout ByteWriter) {
    writer.writeHead(title: report.title, up: "", script: "index.js")
    writer.write("<body>\n<div class=\"wide\">\n<header class=\"top\">\n<h1>")
    writer.write(xml: report.title)
    writer.write("</h1>\n")
    writeLedger(to: &writer)
    writeTotals(to: &writer)
    writeLosses(to: &writer)
    writer.write("</header>\n<noscript><p class=\"lost\">The list of files needs JavaScript. ")
    writer.write("The pages of sources in the folder files/ do not.</p></noscript>\n")
    writeTools(to: &writer)
    writeTable(to: &writer)
    writer.write("<footer>salvage ")
    writer.write(xml: report.version)
    writer.write(". Percentages are rounded down.</footer>\n</div>\n")
    writer.write(keys: Self.keys)
    writeData(to: &writer)
    writer.write("</body>\n</html>\n")
  }

  private static let keys = [
    (["/"], "search"), (["t"], "tree or flat list"), (["j", "k", "↓", "↑"], "next, previous row"),
    (["→", "←"], "open, close a folder"), (["Enter"], "go to the source"),
    (["n"], "sort by name"), (["c"], "by coverage"), (["m", "x"], "by missed lines"),
    (["f"], "by functions"), (["b"], "by branches"), (["?"], "this list"),
  ]

  private func writeLedger(to writer: inout ByteWriter) {
    guard let ledger = report.ledger else { return }
    writer.write("<p class=\"sub\"><a href=\"processes.html\">")
    writer.write(grouped(ledger.lives))
    writer.write(ledger.lives == 1 ? " process" : " processes")
    writer.write("</a>")
    if !ledger.ends.isEmpty {
      writer.write(" (")
      writer.write(
        xml: ledger.ends.prefix(5).map { "\($0.count) \($0.name)" }.joined(separator: ", "))
      writer.write(")")
    }
    writer.write(report.losses.isEmpty ? ", nothing lost</p>\n" : "</p>\n")
  }

  private func writeTotals(to writer: inout ByteWriter) {
    let totals = report.coverage.totals
    writer.write("<ul class=\"totals\">\n")
    for (name, tally) in [
      ("Lines", totals.lines), ("Functions", totals.functions), ("Branches", totals.branches),
    ] {
      writer.write("<li><div class=\"name\">")
      writer.write(name)
      writer.write("</div><div class=\"value\">")
      writer.write(tally.found == 0 ? "–" : Percent(tally).text)
      writer.write("</div><div class=\"of\">")
      if tally.found > 0 {
        writer.write(grouped(tally.hit))
        writer.write(" of ")
        writer.write(grouped(tally.found))
      } else {
        writer.write("none")
      }
      writer.write("</div>")
      writer.write(barOf: tally)
      writer.write("</li>\n")
    }
    writer.write("</ul>\n")
  }

  private func writeLosses(to writer: inout ByteWriter) {
    guard !report.losses.isEmpty else { return }
    writer.write("<details class=\"lost\"><summary>")
    let count = report.losses.reduce(0) { $0 + $1.count }
    writer.write(count)
    writer.write(count == 1 ? " loss: not in this report" : " losses: not in this report")
    writer.write("</summary><ul>\n")
    for loss in report.losses.prefix(500) {
      writer.write("<li>")
      writer.write(xml: loss.message)
      if loss.count > 1 { writer.write(" (\(loss.count) times)") }
      writer.write("</li>\n")
    }
    if report.losses.count > 500 {
      writer.write("<li>and \(report.losses.count - 500) more</li>\n")
    }
    writer.write("</ul></details>\n")
  }

  private func writeTools(to writer: inout ByteWriter) {
    writer.write(
      """
      <main>
      <div class="tools" role="search">
      <input type="search" id="search" placeholder="Search paths (/)" aria-label="Search paths" autocomplete="off">
      <select id="cover" aria-label="Filter by coverage">
      <option value="all">All files</option>
      <option value="missed">With something missed</option>
      <option value="low">Below 75 %</option>
      <option value="medium">75 % to 90 %</option>
      <option value="high">From 90 % on</option>
      </select>
      <span class="group" role="group" aria-label="View">
      <button type="button" data-view="tree">Tree</button><button type="button" data-view="flat">Flat</button>
      </span>
      <button type="button" id="keys" aria-label="Keys">?</button>
      <span class="count" id="count" role="status"></span>
      </div>

      """ as String)
  }

  private func writeTable(to writer: inout ByteWriter) {
    writer.write(
      "<table class=\"list\" id=\"files\" role=\"treegrid\" aria-label=\"Files\">\n<thead><tr>")
    let columns = [
      ("name", "File"), ("cover", "Lines"), ("missed", "Missed"), ("functions", "Functions"),
      ("branches", "Branches"),
    ]
    for (index, (name, title)) in columns.enumerated() {
      writer.write(
        "<th class=\"c\(index + 1)\" scope=\"col\" data-sort=\"\(name)\"><button type=\"button\">\(title)</button></th>"
      )
    }
    writer.write("</tr></thead>\n<tbody></tbody>\n</table>\n</main>\n")
  }

  private func writeData(to writer: inout ByteWriter) {
    writer.write("<script type=\"application/json\" id=\"data\">{\"tree\":true,\"files\":[")
    for (index, file) in report.coverage.files.enumerated() {
      if index > 0 { writer.write(",") }
      writer.write("\n[")
      writer.write(pageJSON: report.relative(file.path))
      writer.write(",")
      writer.write(pageJSON: pages.names[index])
      let totals = file.totals
      for tally in [totals.lines, totals.functions, totals.branches] {
        writer.write(",")
        writer.write(tally.found)
        writer.write(",")
        writer.write(tally.hit)
      }
      writer.write("]")
    }
    writer.write("]}</script>\n")
  }
}

/// `12,345`.
func grouped(_ number: Int) -> String {
  var text = ""
  for (index, digit) in String(number).reversed().enumerated() {
    if index > 0 && index % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return String(text.reversed())
}
