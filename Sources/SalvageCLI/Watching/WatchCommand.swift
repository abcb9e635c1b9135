import ArgumentParser
import Glibc
import Salvage
import SalvageCoverage
import SalvageRecord
import SalvageReport
import SalvageSystem
import SystemPackage

struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch", _superCommandName: "salvage",
    abstract:
      "Run a command again whenever a source changes, and tell what changed in its coverage.",
    discussion: """
      salvage watch -- make test
      salvage watch --watch Makefile --watch 'tests/*.txt' -- make test
      salvage watch --report html=coverage --include 'src/**' -- ctest --test-dir build

      Each run is one of `salvage run`, and replaces the recording. Watched are the
      sources of the last report and what --watch names; until there is a report,
      all in the current directory but hidden files, the recording and what git
      ignores. Lines are followed when sources are edited.

      A run goes to its end when something changes meanwhile, and the next one
      begins then: half a run would look like lost coverage. With --restart it is
      ended by SIGTERM instead.

      Ctrl-C ends the command and salvage. Exit status: 125 if salvage itself
      failed, 126 or 127 if the command cannot be started.
      """)

  @Option(
    name: .customLong("watch"),
    help: "Watch this file, folder or pattern too; may be repeated.", completion: .file())
  var paths: [String] = []

  @Flag(help: "End a run by SIGTERM when something changes meanwhile.")
  var restart = false

  @OptionGroup var recording: RecordingOptions

  @Option(
    name: .customLong("report"),
    help: "FORMAT=PATH: a report after each run; may be repeated.")
  var reports: [String] = []

  @OptionGroup var filter: FilterOptions
  @OptionGroup(title: "Arrangement") var style: ReportStyle
  @OptionGroup(title: "Gates") var gates: GateOptions

  @Flag(name: .shortAndLong, help: "Only what changed, no summaries.")
  var quiet = false

  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
  var command: [String] = []

  func validate() throws {
    guard let first = words.first else {
      throw ValidationError("which command? salvage watch -- CMD…")
    }
    if command.first != "--" && first.hasPrefix("-") {
      let near = Self.nearestOption(to: first).map { " (did you mean \($0)?)" } ?? ""
      throw ValidationError("unknown option \(first)\(near); a command of that name comes after --")
    }
    _ = try ReportPlan(reports, hasStdout: false)
  }

  private var words: [String] {
    command.first == "--" ? Array(command.dropFirst()) : command
  }

  func run() throws {
    guard Recording.surrounding == nil else {
      complain("watch does not work inside a recording: its runs would add to that one")
      throw ExitCode(RunCommand.ownFailure)
    }
    var launch = try runLaunch()
    launch.blockedSignals = InheritedSignals.mask
    let signals = WatchSignals()
    var loop = WatchLoop(
      files: WatchedFiles(paths, recording: recording.path), launch: launch,
      restarts: restart, isQuiet: quiet, signals: signals)
    for path in loop.files.absent { complain("--watch: \(path) is not there yet") }
    let (path, filter) = (recording.path, filter)
    loop.files.sources = Self.sources(of: path, filter)
    let hasColor = style.color.isOn(STDOUT_FILENO)
    loop.run { (earlier, moves, failed) in
      try Self.tell(earlier, moves, failed, path, filter, hasColor)
    }
  }

  /// The sources of a recording that is there from before, if there is one.
  private static func sources(of path: FilePath, _ filter: FilterOptions) -> Set<String>? {
    guard RecordingPlace(path).content == .recording else { return nil }
    nonisolated(unsafe) var paths: Set<String> = []
    try? waitFor {
      let report = try await RecordingSet.open([path]).coverage(
        tools: filter.tools, builds: filter.builds
      ).selected(filter.selection)
      paths = WatchedFiles.sources(of: report)
    }
    return paths.isEmpty ? nil : paths
  }

  /// `salvage run` with our own options, and what the configuration adds, but those that are ours alone.
  private func runLaunch() throws -> Launch {
    let total = CommandLine.arguments.count
    let raw = (0..<Int(CommandLine.argc)).map { index in
      CommandLine.unsafeArgv[index].map {
        Array(UnsafeRawBufferPointer(start: $0, count: strlen($0)))
      } ?? []
    }
    let command = Array(raw[(total - words.count)...])
    do throws(SalvageError) {
      _ = try Launch(arguments: command, environment: .current()).find()
    } catch {
      throw RunCommand.failure(error)
    }
    let configured = try ConfiguredArguments(Array(CommandLine.arguments.dropFirst()))
    let own = Self.withoutOwn(configured.words.dropFirst().dropLast(words.count))
    let program = FilePath("/proc/self/exe").linkTarget.map { Array($0.string.utf8) }
    let options = ["run", "--no-append", "--no-config"] + own + ["--"]
    return Launch(
      arguments: [program ?? raw[0]] + options.map { Array($0.utf8) } + command,
      environment: .current())
  }

  private static func withoutOwn(_ words: some Sequence<String>) -> [String] {
    var result: [String] = []
    var isValue = false
    var isFile = false
    for word in words {
      if isValue || isFile {
        (isValue, isFile) = (false, false)
        continue
      }
      isValue = word == "--watch"
      isFile = word == "--config"
      let isOwn = ["--watch", "--restart", "--config", "--no-config", "--"].contains(word)
      if !isOwn && !["--watch=", "--config="].contains(where: { word.hasPrefix($0) }) {
        result.append(word)
      }
    }
    return result
  }

  /// Reads the recording and tells what is different; nil where it says nothing.
  private static func tell(
    _ earlier: CoverageReport?, _ moves: [String: LineMoves], _ failed: Bool, _ path: FilePath,
    _ filter: FilterOptions, _ hasColor: Bool
  ) throws -> CoverageReport? {
    nonisolated(unsafe) var result: CoverageReport?
    try waitFor {
      let report = try await RecordingSet.open([path]).coverage(
        tools: filter.tools, builds: filter.builds
      ).selected(filter.selection)
      if report.coverage.files.isEmpty {
        // A build that failed is no fault of the coverage.
        complain(failed ? "nothing was counted in this run" : report.reasonForNothing)
      } else {
        result = report
      }
    }
    guard let result else { return nil }
    guard let earlier else {
      let totals = result.coverage.totals
      try printOut(
        "lines: \(totals.linePercent) of \(totals.lines.found) in"
          + " \(counted(result.coverage.files.count, "file", "files"))\n")
      return result
    }
    let comparison = Comparison(earlier.report, result.report, moves: moves)
    try printData(
      ComparisonText(
        comparison: comparison, before: earlier, after: result, second: "this run",
        place: path.string, hasColor: hasColor
      ).text)
    return result
  }
}
