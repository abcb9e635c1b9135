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
      gcda         what gcc's programs write, each file under OUT by its own path,
                   with its .gcno
      profraw      what LLVM's programs write, one file for each program or library
      profdata     the same as llvm-profdata merges it
      sancov       what sanitizers write with coverage=1, one file for each program
                   or library
      covdata      what Go's programs write in GOCOVERDIR
      coverage.py  one file .coverage, of Python's lines, written by the coverage.py
                   on PATH

      salvage export --format gcda -o tree && lcov -c -d tree -o coverage.info
      salvage export --format gcda -o tree && gcovr --root . tree
      salvage export --format gcda --in-place --merge
      salvage export --format profraw -o profiles
      salvage export --format covdata -o d && go tool covdata percent -i d
      salvage export --format coverage.py -o . && coverage html

      Exit status: 0; 1 if nothing could be exported.
      """)

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
