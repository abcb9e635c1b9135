import ArgumentParser
import Glibc
import Salvage
import SalvageCoverage
import SalvageRecord
import SalvageSystem
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

  @Flag(help: "Add to the recording that is there, instead of replacing it.")
  var append = false

  @Option(
    name: .customLong("report"),
    help: "FORMAT=PATH: a report when the command has ended; may be repeated.")
  var reports: [String] = []

  @OptionGroup var filter: FilterOptions
  @OptionGroup(title: "Arrangement") var style: ReportStyle
  @OptionGroup(title: "Gates") var gates: GateOptions

  @Flag(name: .shortAndLong, help: "No summary at the end.")
  var quiet = false

  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
  var command: [String] = []

  func validate() throws {
    guard let first = words.first else {
      throw ValidationError("which command? salvage run -- CMD…")
    }
    if command.first != "--" && first.hasPrefix("-") {
      let near = Self.nearestOption(to: first).map { " (did you mean \($0)?)" } ?? ""
      throw ValidationError("unknown option \(first)\(near); a command of that name comes after --")
    }
    _ = try plan()
  }

  private func plan() throws(ValidationError) -> ReportPlan {
    try ReportPlan(reports, hasStdout: false)
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
    let path = recording.path
    // Before anything is replaced for a command that is not there.
    let launch = try launch()
    let plan = try plan()
    try plan.check()
    if let outer = Recording.surrounding, isSame(outer, path) {
      return try join(outer, launch, plan)
    }
    let (opened, hold) = try Recording.prepare(
      at: path, try recording.configuration(append ? .append : .replace))
    defer { hold.release() }
    for note in opened.notes where !quiet { complain(note) }
    let status = try start(launch, in: opened, hold)
    let contents = finish(opened)
    let passes = write(plan, of: opened)
    if let contents {
      let summary = Summary(
        contents, objects: opened.objectCount, pythonFiles: opened.pythonFileCount, path: path,
        isReadOnly: opened.isReadOnly)
      complain(summary.line)
      for death in summary.deaths { complain(death) }
    }
    end(like: status, passes)
  }

  /// Inside a recorded tree the default place is that tree's recording, wherever we are.
  private func isSame(_ outer: FilePath, _ path: FilePath) -> Bool {
    guard recording.output != nil else { return true }
    return path.resolved == outer.resolved
  }

  /// A `salvage run` below another one, in the same recording: it adds to it and replaces nothing.
  /// The library in this very process announces CMD like any other child.
  private func join(_ outer: FilePath, _ launch: Launch, _ plan: ReportPlan) throws {
    let opened = try Recording.open(outer)
    var launch = launch
    launch.environment[RecordingVariables.preload] = RecordingVariables.preload(
      opened.settings.library, before: launch.environment[RecordingVariables.preload])
    let status = try watch { () throws(SalvageError) in try launch.start().pid }
    InheritedSignals.letThrough()
    let passes = write(plan, of: opened)
    if !quiet { complain("joined the recording \(outer) that this command runs in") }
    end(like: status, passes)
  }

  /// Brings the counts home and reads what happened, for the summary. The command ran: no failure of
  /// ours may stand in for its end.
  private func finish(_ opened: Recording) -> RecordingContents? {
    do throws(SalvageError) {
      var folding = Folding(opened)
      if opened.isReadOnly {
        complain(
          "the recording \(opened.directory) became read-only: what was started since is not in it; make it"
            + " writable and record again")
        return try contents(opened)
      }
      let outcome = try folding.fold()
      Blanking(opened).blank()
      for path in folding.passedOver { complain("\(path) is no file of a recording: passed over") }
      if outcome == .inUse && !quiet {
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

  /// The command's own end stands; only where that is success does a gate have a say.
  private func end(like status: Int32, _ passes: Bool) -> Never {
    if status == 0 && !passes { Glibc.exit(2) }
    SalvageCLI.end(like: status)
  }

  /// Writes the reports; false where a gate was not passed.
  private func write(_ plan: ReportPlan, of opened: Recording) -> Bool {
    guard !plan.entries.isEmpty || !gates.isEmpty else { return true }
    let (filter, style, gates) = (filter, style, gates)
    let selection = filter.selection
    nonisolated(unsafe) var passes = true
    do {
      try waitFor {
        var report = try await opened.coverage(
          content: plan.content, tools: filter.tools, builds: filter.builds
        ).selected(selection)
        if opened.isReadOnly {
          report.losses = report.losses.appending([
            Loss(.readOnly, subject: opened.directory.string)
          ])
        }
        for note in report.notes { remark(note) }
        for problem in report.problems { complain("not in the report: \(problem)") }
        try plan.write(report, style)
        // Nothing to report is told by `salvage report`; here it changes no exit status.
        let isEmpty = report.coverage.files.isEmpty
        if !isEmpty || !report.losses.isEmpty { passes = try gates.check(report) }
      }
    } catch {
      complain("\(error)")
    }
    return passes
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

  private func start(
    _ launch: Launch, in recording: Recording, _ hold: RecordingHold
  ) throws -> Int32 {
    do throws(SalvageError) {
      var started: Run?
      let status = try watch { () throws(SalvageError) in
        let (run, pid) = try Run.start(recording, launch, hold)
        started = run
        return pid
      }
      guard var run = started else { return status }
      run.finish(status: status)
      InheritedSignals.letThrough()
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

  static func failure(_ error: SalvageError) -> ExitCode {
    complain(error.description)
    switch error.code {
    case .commandNotFound: return ExitCode(127)
    case .commandNotExecutable: return ExitCode(126)
    default: return ExitCode(ownFailure)
    }
  }
}
