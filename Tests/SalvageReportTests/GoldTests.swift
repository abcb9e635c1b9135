import Foundation
import SalvageCoverage
import SalvageSystem
import Testing

@testable import SalvageReport

/// Each format's bytes for one report whose names are as hostile as names can be. The files in Gold/
/// are what was looked at once; `scripts/bless-reports` writes them anew, and git shows the difference.
@Suite struct GoldTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Gold")

  static let hostile = "</script><b>\"'&\u{1b}[31m|`*_\n::error::,=cmd\t\u{202e}é.c"

  static func lines(_ counts: [(UInt32, UInt64)]) -> [Line] {
    counts.map { Line(number: $0.0, count: $0.1) }
  }

  static let report = Report(
    coverage: Coverage(files: [
      SourceFile(
        path: "/home/me/repo/src/a.c",
        lines: lines([(1, 4), (2, 4), (3, 0), (7, 0), (9, 2), (12, .max)]),
        functions: [
          Function(name: "main", line: 1, count: 4), Function(name: hostile, line: 7, count: 0),
        ],
        branches: [
          Branch(line: 2, decision: 0, outcome: 0, reached: true, count: 4),
          Branch(line: 2, decision: 0, outcome: 1, reached: true, count: 0),
          Branch(line: 9, decision: 0, outcome: 0, reached: true, count: 1),
          Branch(line: 9, decision: 0, outcome: 1, reached: true, count: 1),
          Branch(line: 9, decision: 1, outcome: 2, reached: false, count: 0),
        ]),
      SourceFile(path: "/home/me/repo/src/=sum(A1).h", lines: lines([(1, 0)])),
      SourceFile(path: "/home/me/repo/src/empty.h"),
      SourceFile(
        path: "/home/me/repo/\(hostile)", lines: lines([(1, 1)]),
        functions: [Function(name: "f", line: 1, count: 1)]),
      SourceFile(path: "/usr/include/x.h", lines: lines([(5, 0), (6, 1)])),
    ]),
    losses: [
      Report.Loss(kind: "static", subject: hostile, message: "\(hostile): is static", count: 3)
    ],
    ledger: Report.Ledger(
      lives: 2, ends: [Report.Ledger.End(name: "SIGKILL", count: 1)], objects: 1),
    processes: { (limit, body) in
      for process in Self.processes.prefix(limit) { body(process) }
    },
    version: "1.0", timestamp: 1_700_000_000, root: "/home/me/repo",
    sources: SourceText { path in
      path.hasSuffix("a.c")
        ? Array("int main(int c, char **v) {\n  if (c)\n    return 1;\n".utf8) + [0xff, 0x1b, 10]
        : nil
    })

  private static let processes = [
    Report.Process(
      depth: 0, isExec: false, pid: 10, command: "sh -c '\(hostile)'", end: "exit 0",
      hasFailed: false, kept: "-", losses: []),
    Report.Process(
      depth: 1, isExec: false, pid: 11, command: "./server", end: "SIGKILL from 10",
      hasFailed: true, kept: "lost: static", losses: ["It is static. Link it dynamically."]),
  ]

  @Test(arguments: ReportFormat.allCases.filter { !$0.isFolder && $0 != .llvmJSON })
  func gold(_ format: ReportFormat) throws {
    let writer = try #require(format.writer() as? any FileReportWriter)
    try compare(try writer.bytes(of: Self.report), format.fileName)
  }

  @Test func goldOfLCOV2() throws {
    var options = ReportOptions()
    options.lcovVersion = 2
    try compare(try LCOVWriter(options).bytes(of: Self.report), "lcov-2.info")
  }

  private func compare(_ bytes: [UInt8], _ name: String) throws {
    let file = Self.folder.appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["SALVAGE_BLESS"] != nil {
      try Data(bytes).write(to: file)
    }
    let gold = try Data(contentsOf: file)
    #expect(
      bytes == [UInt8](gold),
      "\(name) differs: look at it, then scripts/bless-reports. Now:\n\(String(decoding: bytes, as: UTF8.self))"
    )
  }

  /// Parts are as small as asked for, where whole files allow it, and all files are in one of them.
  @Test func coberturaIsSplit() throws {
    var options = ReportOptions()
    options.coberturaLimit = 3_000
    let files = (0..<40).map {
      SourceFile(path: "/r/\($0).c", lines: (1...20).map { Line(number: $0, count: 1) })
    }
    let report = Report(coverage: Coverage(files: files), root: "/r")
    let writer = CoberturaWriter(options)
    let parts = writer.parts(of: report)
    #expect(parts.flatMap(\.coverage.files) == files)
    #expect(parts.count > 5)
    for part in parts { #expect(try writer.bytes(of: part).count <= 3_000) }
    #expect(CoberturaWriter(ReportOptions()).parts(of: report).count == 1)
  }

  /// All formats of the registry have names of their own, also as files: `-o FOLDER` puts them side by side.
  @Test func namesDiffer() {
    #expect(Set(ReportFormat.allCases.map(\.name)).count == ReportFormat.allCases.count)
    #expect(Set(ReportFormat.allCases.map(\.fileName)).count == ReportFormat.allCases.count)
  }

  @Test(arguments: [
    ("cobertra", "cobertura"), ("LCOV", "lcov"), ("sonar-qube", "sonarqube"), ("htm", "html"),
  ])
  func misspelt(_ text: String, _ meant: String) {
    #expect(ReportFormat(rawValue: text) == nil)
    #expect(ReportFormat.nearest(text)?.name == meant)
  }

  @Test func nothingIsNear() { #expect(ReportFormat.nearest("spreadsheet") == nil) }

  /// RFC 1321, appendix A.5.
  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    (
      String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a"
    ),
  ])
  func md5(_ text: String, _ hex: String) { #expect(MD5.hex(of: Array(text.utf8)) == hex) }

  /// Nobody can end the line, or steer a terminal, by a name.
  @Test func textHasNoControls() throws {
    var options = ReportOptions()
    options.table.listsFunctions = true
    for byte in try TextWriter(options).bytes(of: Self.report) {
      #expect(byte == 10 || byte >= 0x20)
    }
  }
}
