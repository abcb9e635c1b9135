/// The process tree: how each process ended, what became of its counters, and why where they were lost.
struct HTMLProcessPage {
  let report: Report
  /// More rows than a browser searches at once.
  private static let limit = 20_000

  func write(to writer: inout ByteWriter) {
    writer.writeHead(title: "Processes – \(report.title)", up: "", script: "processes.js")
    writer.write(
      "<body>\n<div class=\"wide\">\n<header class=\"top\">\n<h1><a href=\"index.html\">")
    writer.write(xml: report.title)
    writer.write("</a> / processes</h1>\n</header>\n<main>\n")
    writer.write(
      """
      <div class="tools" role="search">
      <input type="search" id="search" placeholder="Search (/)" aria-label="Search processes" autocomplete="off">
      <span class="group" role="group" aria-label="Only">
      <button type="button" data-only="failed">Ended badly</button><button type="button" data-only="lost">Lost counts</button>
      </span>
      <span class="count" id="count" role="status"></span>
      </div>
      <table class="tree">
      <thead><tr><th scope="col">Process</th><th scope="col">PID</th><th scope="col">Ended</th><th scope="col">Counters</th></tr></thead>
      <tbody>

      """ as String)
    var count = 0
    report.processes(Self.limit) {
      write($0, to: &writer)
      count += 1
    }
    writer.write("</tbody>\n</table>\n")
    let rest = (report.ledger?.lives ?? 0) - count
    if rest > 0 { writer.write("<p>and \(rest) more: see <code>salvage ledger</code></p>\n") }
    writer.write(
      "</main>\n<footer>= the same process, after exec</footer>\n</div>\n</body>\n</html>\n")
  }

  private func write(_ process: Report.Process, to writer: inout ByteWriter) {
    writer.write("<tr")
    if process.hasFailed { writer.write(" data-failed=\"yes\"") }
    if !process.losses.isEmpty { writer.write(" data-lost=\"yes\"") }
    writer.write("><td>")
    for _ in 0..<min(process.depth, 40) { writer.write("<span class=\"in\"></span>") }
    if process.isExec { writer.write("= ") }
    writer.write(xml: String(process.command.prefix(2_000)))
    writer.write("</td><td class=\"pid\">")
    if process.pid > 0 { writer.write(UInt32(process.pid)) } else { writer.write("?") }
    writer.write(process.hasFailed ? "</td><td class=\"bad\">" : "</td><td>")
    writer.write(xml: process.end)
    writer.write(process.losses.isEmpty ? "</td><td>" : "</td><td class=\"bad\">")
    writer.write(xml: process.kept)
    for loss in process.losses {
      writer.write("<span class=\"why\">")
      writer.write(xml: loss)
      writer.write("</span>")
    }
    writer.write("</td></tr>\n")
  }
}
