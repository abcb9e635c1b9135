import Foundation
import SystemPackage
import Testing

/// Whoever else looks at a program sees what it would see without us, and our lines are there. Before
/// 3.12 there is one trace function: while it is another's, lines are not recorded.
@Suite struct PythonCompanyTests {
  static let source = Places.fixtures.appending("python/company.py")

  @Test(arguments: Python.all)
  func othersThatLook(_ python: Python) async throws {
    let recorded = try Recorded("company\(python.name)")
    let command = [python.program.string, "-B", Self.source.string]
    let bare = try await recorded.bare(command)
    let run = try await recorded.run(command)
    #expect(bare.status == .exit(0), "\(bare.errors)")
    #expect(run.status == bare.status && run.output == bare.output, "\(run.errors)")
    let counts = try await recorded.lines().files[Self.source.string] ?? [:]
    let text = try String(contentsOfFile: Self.source.string, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
    let errors = try PythonLines(Self.source).errors(in: counts, case: "*").filter { error in
      let number = error.prefix { $0.isNumber }
      return python.minor >= 12 || !(Int(number).map { text[$0 - 1].hasSuffix("# later") } ?? false)
    }
    #expect(errors == [], "\(python)")
  }

  /// Before 3.12: threading.settrace(None), and coverage.py's own interface, started and stopped.
  @Test(arguments: Python.all)
  func tracersThatComeAndGo(_ python: Python) async throws {
    guard let programs = await PythonTools.shared.programs(of: python) else { return }
    let source = Places.fixtures.appending("python/comes_and_goes.py")
    let recorded = try Recorded("goes\(python.name)")
    let command = [programs.appending("python3").string, "-B", source.string]
    let run = try await recorded.run(command)
    #expect(run.status == .exit(0) && run.errors.contains("nothing lost"), "\(run.errors)")
    let counts = try await recorded.lines().files[source.string] ?? [:]
    #expect(try PythonLines(source).errors(in: counts, case: "*") == [], "\(python)")
    // Which one stops at the end, where 3.8 says on stderr that it takes no pending calls any more.
    let bare = try await recorded.bare(command)
    #expect(bare.status == run.status && bare.output == run.output)
    let errors = run.errors.split(separator: "\n").filter { !$0.hasPrefix("salvage: ") }
    #expect(errors == bare.errors.split(separator: "\n"))
  }
}
