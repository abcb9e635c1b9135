public import ArgumentParser
public import Salvage
import SalvageCoverage
import SalvageSystem
import SystemPackage

extension ExportFormat: ExpressibleByArgument {}

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "The counters of a recording as files of a compiler's own tools.",
    discussion: """
      \(formats)

      salvage export --format gcda -o tree && lcov -c -d tree -o coverage.info
      salvage export --format gcda -o tree && gcovr --root . tree
      salvage export --format gcda --in-place --merge
      salvage export --format profraw -o profiles
      salvage export --format covdata -o d && go tool covdata percent -i d
      salvage export --format coverage.py -o . && coverage html

      Exit status: 0; 1 if nothing could be exported.
      """)

  /// A line for each format, or two.
  private static let formats = ExportFormat.allCases.map { format in
    format.rawValue.padded(to: 13)
      + lines(of: format.summary, width: 65).joined(
        separator: "\n" + String(repeating: " ", count: 13))
  }.joined(separator: "\n")

  private static func lines(of text: String, width: Int) -> [String] {
    text.split(separator: " ").reduce(into: [""]) { lines, word in
      let last = lines[lines.count - 1]
      if last.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
  }

  @OptionGroup var recording: RecordingArguments

  @Option(
    name: .shortAndLong,
    help: "\(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: ExportFormat

  @Option(name: .shortAndLong, help: "The directory to write in.", completion: .directory)
  var output: String?

  @Flag(help: "Write where the programs themselves would have.")
  var inPlace = false

  @Flag(help: "Add to the files that are there, instead of replacing them.")
  var merge = false

  @Option(help: "Take so many components off the programs' own paths, as GCOV_PREFIX_STRIP does.")
  var strip = 0

  @OptionGroup var buildOption: BuildOption
  @OptionGroup var toolOptions: ToolOptions

  func validate() throws {
    guard (output != nil) != inPlace else {
      throw ValidationError("where to? -o DIR, or --in-place")
    }
    guard strip >= 0 else { throw ValidationError("--strip \(strip): a number of components") }
  }

  func run() async throws {
    let place = ExportPlace(directory: output.map { FilePath($0) }, strip: strip, merges: merge)
    let result = try await recording.open().export(
      format, to: place, tools: toolOptions.search, builds: buildOption.choice)
    for note in result.notes { remark(note) }
    for problem in result.problems { complain("not exported, or not wholly: \(problem)") }
    remark(
      counted(result.written.count, "file", "files") + (output.map { " in \($0)" } ?? " in place"))
    if result.written.isEmpty { throw ExitCode(1) }
  }
}
