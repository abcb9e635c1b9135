import Foundation
import SystemPackage
import Testing

/// What a line of a program costs whoever makes a report of it: the difference between two sizes.
@Suite struct LargeProgramTests {
  private static let generator = Places.tests.removingLastComponent()
    .appending("Benchmarks/reader_programs.py").string
  private static let peak = Places.fixtures.appending("ledgers/peak.py").string

  /// Bytes of memory a line. Of 1.1 million lines `llvm-json` has to take less than 300 MB, 30 of which it takes of
  /// any program.
  private static let most = ["lcov": 150.0, "json": 150, "text": 150, "llvm-json": 240]

  /// Records a program of so many files; answers with the lines that all have.
  private func record(_ name: String, files: Int, _ run: Recorded) async throws -> Int {
    let folder = run.directory.appending(name)
    try FileManager.default.createDirectory(
      atPath: folder.string, withIntermediateDirectories: true)
    try await Tools.run(["python3", Self.generator, folder.string, "\(files)"], in: run.directory)
    let sources = try FileManager.default.contentsOfDirectory(atPath: folder.string).filter {
      $0.hasSuffix(".c")
    }
    try await Tools.run(
      ["clang", "-w", "-fprofile-instr-generate", "-fcoverage-mapping", "-o", "program"] + sources,
      in: folder)
    let outcome = try await run.salvage(["run", "-q", "-o", "\(name).salvage", "\(name)/program"])
    #expect(outcome.status == .exit(0), "\(outcome.errors)")
    return try sources.reduce(0) { sum, source in
      let text = try Data(contentsOf: URL(filePath: folder.appending(source).string))
      return sum + text.count { $0 == UInt8(ascii: "\n") }
    }
  }

  @Test func aLineTakesFewBytes() async throws {
    if skips("large programs", without: ["clang", "python3"]) { return }
    let run = try Recorded("large-program")
    let few = try await record("few", files: 10, run)
    let many = try await record("many", files: 110, run)
    for (format, most) in Self.most {
      var sizes: [Double] = []
      for name in ["few", "many"] {
        let outcome = try await run.bare([
          "python3", Self.peak, Places.salvage.string, "report", "--all", "-f", format,
          "\(name).salvage",
        ])
        #expect(outcome.status == .exit(0), "\(outcome.errors)")
        sizes.append(try #require(Double(outcome.output.dropLast())))
      }
      let each = (sizes[1] - sizes[0]) / Double(many - few)
      #expect(each <= most, "\(format): \(each) bytes a line")
    }
  }
}
