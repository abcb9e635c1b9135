import SalvageCoverage
import SalvageSystem
import Testing

@testable import SalvageReport

/// The formats that are ours, and the writer under all of them.
@Suite struct FormatTests {
  static let report = Report(
    coverage: Coverage(files: [
      SourceFile(
        path: "/home/me/src/a.c",
        lines: [(1, 4), (2, 0), (3, 0), (7, 0), (9, 2), (12, 0)].map {
          Line(number: UInt32($0.0), count: UInt64($0.1))
        },
        functions: [Function(name: "main \"x\"", line: 1, count: 4)],
        branches: [
          Branch(line: 2, decision: 0, outcome: 0, reached: true, count: 4),
          Branch(line: 2, decision: 0, outcome: 1, reached: true, count: 0),
          Branch(line: 7, decision: 0, outcome: 0, reached: false, count: 0),
        ]),
      SourceFile(path: "/home/me/src/long/empty.h"),
    ]),
    losses: [
      Report.Loss(kind: "static", subject: "/bin/s", message: "/bin/s: is static", count: 3)
    ],
    ledger: Report.Ledger(
      lives: 5, ends: [Report.Ledger.End(name: "signal 9", count: 2)], objects: 1),
    version: "1.0")

  private func text(_ exporter: some FileReportWriter, _ report: Report = report) throws -> String {
    String(decoding: try exporter.bytes(of: report), as: UTF8.self)
  }

  @Test func table() throws {
    #expect(
      try text(TextWriter()) == """
        File                       Lines  Missed   Cover  Functions  Branches  Missing lines
        ------------------------------------------------------------------------------------
        /home/me/src/a.c               6       4  33.33%        1/1       1/3  2-7, 12
        /home/me/src/long/empty.h      0       0       -          -         -
        ------------------------------------------------------------------------------------
        TOTAL                          6       4  33.33%        1/1       1/3
        not covered: /bin/s: is static (3 times)

        """)
    #expect(
      try text(TextWriter(ReportOptions(base: "/home/me"))).split(separator: "\n")[2].hasPrefix(
        "src/a.c  "))
  }

  /// Names give way before numbers do, and no line is wider than the terminal where that can be.
  @Test(arguments: [60, 70, 80, 90])
  func fits(_ width: Int) throws {
    var report = Self.report
    report.losses = []
    for number in 0..<100 {
      report.coverage.files[0].lines.append(Line(number: UInt32(100 + 2 * number), count: 0))
      report.coverage.files[0].lines.append(Line(number: UInt32(101 + 2 * number), count: 1))
    }
    let lines = try text(TextWriter(ReportOptions(width: width)), report).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= max(width, 80) })
    #expect(lines[3].contains("/empty.h "))
    #expect(lines[2].hasSuffix("…"))
  }

  @Test func json() throws {
    #expect(
      try text(JSONWriter()) == #"""
        {"format":"salvage-coverage","schema":2,"version":"1.0",
        "totals":{"lines":{"found":6,"hit":2},"functions":{"found":1,"hit":1},"branches":{"found":3,"hit":1}},
        "ledger":{"lives":5,"objects":1,"ends":[{"end":"signal 9","count":2}]},
        "losses":[{"kind":"static","subject":"/bin/s","message":"/bin/s: is static","count":3}],
        "files":[
        {"path":"/home/me/src/a.c","totals":{"lines":{"found":6,"hit":2},"functions":{"found":1,"hit":1},"branches":{"found":3,"hit":1}},"lines":[[1,4],[2,0],[3,0],[7,0],[9,2],[12,0]],"functions":[{"name":"main \"x\"","line":1,"count":4}],"branches":[[2,0,0,4],[2,0,1,0],[7,0,0,null]]},
        {"path":"/home/me/src/long/empty.h","totals":{"lines":{"found":0,"hit":0},"functions":{"found":0,"hit":0},"branches":{"found":0,"hit":0}},"lines":[],"functions":[],"branches":[]}]}

        """#)
  }

  @Test func formatsSayWhatTheyNeed() {
    #expect(throws: ReportError.contentMissing("llvm-json")) {
      try LLVMJSONWriter().bytes(of: Self.report)
    }
    let regions = Report(coverage: Coverage(content: .regions))
    #expect(throws: ReportError.contentMissing("lcov")) { try LCOVWriter().bytes(of: regions) }
  }

  @Test(arguments: [0, 9, 10, 11, 99, 100, 4_294_967_296, .max - 1, .max] as [UInt64])
  func numbers(_ number: UInt64) {
    var writer = ByteWriter()
    writer.write(number)
    #expect(String(decoding: writer.bytes, as: UTF8.self) == "\(number)")
  }

  @Test func jsonStrings() {
    var writer = ByteWriter()
    writer.write(json: "a\"b\\c\n\t\r\u{1}\u{1f}é😀/")
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == #""a\"b\\c\n\t\r\u0001\u001fé😀/""#)
  }

  /// What a sink gets in pieces is what stays in memory without one.
  @Test func pieces() throws {
    var report = Self.report
    report.coverage.files[0].lines = (1...40_000).map { Line(number: $0, count: UInt64($0) * 7) }
    var pieces: [[UInt8]] = []
    var writer = ByteWriter(to: { pieces.append(Array($0)) })
    try LCOVWriter().write(report, to: &writer)
    #expect(pieces.count > 1)
    #expect(Array(pieces.joined()) == (try LCOVWriter().bytes(of: report)))
    struct Full: Error {}
    var refusing = ByteWriter(to: { _ in throw Full() })
    #expect(throws: Full.self) { try LCOVWriter().write(report, to: &refusing) }
  }

  @Test(arguments: [
    (1, 3, "33.33 %"), (2, 3, "66.66 %"), (999_999, 1_000_000, "99.99 %"), (5, 5, "100.00 %"),
    (29, 100, "29.00 %"), (0, 7, "0.00 %"), (0, 0, "-"), (57, 1000, "5.70 %"),
  ])
  func percentages(_ hit: Int, _ found: Int, _ text: String) {
    #expect(Percent(Tally(found: found, hit: hit)).text == text)
  }
}
