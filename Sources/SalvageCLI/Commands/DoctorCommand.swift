import ArgumentParser
import Salvage
import SalvageCoverage
import SalvageRecord
import SalvageSystem
import SystemPackage

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look whether recording works here, and whether a program can be entered.",
    discussion: """
      salvage doctor
      salvage doctor -- ./server

      Exit status: 0; 1 if something would keep counts out of the recording.
      """)

  @Option(name: [.short, .customLong("output")], help: "Where the recording would be.")
  var output = ".salvage"

  @OptionGroup var toolOptions: ToolOptions

  @Flag(help: "As JSON, for programs.")
  var json = false

  @Argument(parsing: .captureForPassthrough, help: "A command to look at.")
  var command: [String] = []

  func validate() throws {
    if let first = command.first, first != "--", first.hasPrefix("-") {
      let near = Self.nearestOption(to: first).map { " (did you mean \($0)?)" } ?? ""
      throw ValidationError("unknown option \(first)\(near); a command of that name comes after --")
    }
  }

  func run() async throws {
    var findings = Diagnosis.surroundings(of: FilePath(output))
    findings += await tools()
    let words = command.first == "--" ? Array(command.dropFirst()) : command
    if let program = words.first { findings += Diagnosis.program(program) }
    if json {
      try printJSON(
        findings.map { ["name": $0.name, "grade": $0.grade.rawValue, "message": $0.message] })
    } else {
      for finding in findings {
        let mark = [.good: "ok", .warning: "note", .bad: "BAD"][finding.grade] ?? ""
        let gap = String(repeating: " ", count: 5 - mark.count)
        try printOut("\(mark)\(gap)" + terminalText("\(finding.name): \(finding.message)") + "\n")
      }
    }
    if findings.contains(where: { $0.grade == .bad }) { throw ExitCode(1) }
  }

  /// What reports of clang's programs need; gcc's need none.
  private func tools() async -> [Finding] {
    [await llvm(), await symbolizer()]
  }

  private func symbolizer() async -> Finding {
    do {
      return Finding("symbolizer", .good, try await toolOptions.search.llvm.symbolizerPath().string)
    } catch {
      return Finding("symbolizer", .warning, "\(error)")
    }
  }

  private func llvm() async -> Finding {
    do {
      let found = try await toolOptions.search.llvm.tools(readingMapping: 6)
      return Finding(
        "LLVM tools", .good, "\(found.cov) and \(found.profdata), LLVM \(found.majorVersion)")
    } catch {
      return Finding("LLVM tools", .warning, "\(error)")
    }
  }
}
