import ArgumentParser
import Glibc
import Salvage
import SalvageCoverage
import SalvageRecord
import SystemPackage

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", _superCommandName: "salvage",
    abstract: "Run a command and record every process it starts.",
    discussion: """
      The command keeps its output, exit code, signals and terminal; salvage ends
      as it ended.

      salvage run -- ./server --port 80
      salvage run -o unit.salvage --append -- ctest
      salvage run --report text=/dev/stdout -- ./a.out

      Exit status: the command's; 125 if salvage itself failed, 126 if the command
      cannot be executed, 127 if it is not there.
      """)

  /// As env(1) and timeout(1) have it.
  static let ownFailure: Int32 = 125

  @OptionGroup var recording: RecordingOptions

  @Option(
    name: .customLong("report"),
    help: "FORMAT=PATH: a report when the command has ended; may be repeated.")
  var reports: [String] = []

  @OptionGroup var filter: FilterOptions

  @Flag(name: .shortAndLong, help: "No summary at the end.")
  var quiet = false

  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
  var command: [String] = []

  func validate() throws {
    guard let first = words.first else {
      throw ValidationError("which command? salvage run -- CMD…")
    }
    if command.first != "--" && first.hasPrefix("-") {
      throw ValidationError("unknown option \(first); a command of that name comes after --")
    }
    for text in reports where ReportFile.parse(text) == nil {
      throw ValidationError(
        "--report \(text): one of "
          + ReportFormat.allCases.map(\.name).joined(separator: ", ") + ", =, and a path")
    }
  }

  private var words: [String] {
    command.first == "--" ? Array(command.dropFirst()) : command
  }

  /// The command as it was given: `CommandLine` repairs what is no UTF-8.
  private var rawWords: [[UInt8]] {
    let total = Int(CommandLine.argc)
    return (total - words.count..<total).compactMap { index in
      CommandLine.unsafeArgv[index].map {
        Array(UnsafeRawBufferPointer(start: $0, count: strlen($0)))
      }
    }
  }

  func run() throws {
    let path = FilePath(recording.output ?? ".salvage")
    // Before anything is replaced for a command that is not there.
    let launch = try launch()
    let files = try reports.compactMap { try ReportFile($0) }
    if let outer = Recording.surrounding, isSame(outer, path) {
      return try join(outer, launch, files)
    }
    let (opened, lock) = try Recording.prepare(at: path, try recording.configuration())
    defer { lock?.release() }
    for note in opened.notes where !quiet { complain(note) }
    let status = try start(launch, in: opened)
    let contents = finish(opened)
    write(files, of: opened)
    if let contents {
      let summary = Summary(
        contents, objects: opened.objectCount, pythonFiles: opened.pythonFileCount, path: path)
      complain(summary.line)
      for death in summary.deaths { complain(death) }
    }
    end(like: status)
  }

  /// Inside a recorded tree the default place is that tree's recording, wherever we are.
  private func isSame(_ outer: FilePath, _ path: FilePath) -> Bool {
    guard recording.output != nil else { return true }
    return resolved(path) == resolved(outer)
  }

  /// A `salvage run` below another one, in the same recording: it adds to it and replaces nothing.
  /// The library in this very process announces CMD like any other child.
  private func join(_ outer: FilePath, _ launch: Launch, _ files: [ReportFile]) throws {
    let opened = try Recording.open(outer)
    var launch = launch
    launch.environment[RecordingVariables.preload] = RecordingVariables.preload(
      opened.settings.library, before: launch.environment[RecordingVariables.preload])
    let status = try watch { () throws(SalvageError) in try launch.start().pid }
    write(files, of: opened)
    if !quiet { complain("joined the recording \(outer) that this command runs in") }
    end(like: status)
  }

  /// Brings the counts home and reads what happened, for the summary. The command ran: no failure of
  /// ours may stand in for its end.
  private func finish(_ opened: Recording) -> RecordingContents? {
    do throws(SalvageError) {
      if try Folding(opened).fold() == .inUse && !quiet {
        complain("\(LossReason.stillTemporary.sentence) \(LossReason.stillTemporary.cure)")
      }
      return try contents(opened)
    } catch {
      complain(error.description)
      return try? contents(opened)
    }
  }

  /// Only a summary needs more than that the recording is still there.
  private func contents(_ opened: Recording) throws(SalvageError) -> RecordingContents? {
    if !quiet { return try opened.contents() }
    try opened.checkReadable()
    return nil
  }

  private func write(_ files: [ReportFile], of opened: Recording) {
    guard !files.isEmpty else { return }
    let regions = files.contains { $0.format == .llvmJSON }
    let (tools, wanted) = (filter.tools, filter.filter)
    do {
      try waitFor {
        let report = try await opened.coverage(
          content: regions ? [.lines, .regions] : .lines, tools: tools
        ).filtered(wanted)
        for problem in report.problems { complain("not in the report: \(problem)") }
        for file in files { try file.write(report) }
      }
    } catch {
      complain("\(error)")
    }
  }

  private func launch() throws -> Launch {
    var launch = Launch(arguments: rawWords, environment: .current())
    launch.blockedSignals = InheritedSignals.mask
    do throws(SalvageError) {
      _ = try launch.find()
    } catch {
      throw Self.failure(error)
    }
    return launch
  }

  private func start(_ launch: Launch, in recording: Recording) throws -> Int32 {
    do throws(SalvageError) {
      var run = try Run(recording, launch)
      let status = try watch { () throws(SalvageError) in try run.start() }
      run.finish(status: status)
      for problem in run.problems { complain(problem.description) }
      return status
    } catch {
      throw Self.failure(error)
    }
  }

  /// Starts CMD with the signals that we got ourselves, and waits for it.
  private func watch(_ start: () throws(SalvageError) -> Int32) throws(SalvageError) -> Int32 {
    InheritedSignals.blockAll()
    if !InheritedSignals.ignoresChildren { signal(SIGCHLD, SIG_DFL) }
    // Before CMD: from its first moment a signal to the group is told from one to us.
    let sentinel = Sentinel()
    let pid = try start()
    signal(SIGCHLD, SIG_DFL)
    return CommandWatch(command: pid).wait(sentinel)
  }

  private static func failure(_ error: SalvageError) -> ExitCode {
    complain(error.description)
    switch error {
    case .commandNotFound: return ExitCode(127)
    case .notExecutable: return ExitCode(126)
    default: return ExitCode(ownFailure)
    }
  }
}
