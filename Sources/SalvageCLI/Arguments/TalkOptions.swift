import ArgumentParser
import SalvageRecord
import SalvageSystem

/// How much a command says on stderr.
struct TalkOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say nothing on stderr but what is wrong.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say how long each part of the work took.")
  var verbose = false

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose: one of them") }
  }
}

/// A command with them.
protocol Talking {
  var talk: TalkOptions { get }
}

extension ReportCommand: Talking { var talk: TalkOptions { recording.talk } }
extension ShowCommand: Talking { var talk: TalkOptions { recording.talk } }
extension UncoveredCommand: Talking { var talk: TalkOptions { recording.talk } }
extension PatchCommand: Talking { var talk: TalkOptions { recording.talk } }
extension OpenCommand: Talking { var talk: TalkOptions { recording.talk } }
extension ExportCommand: Talking { var talk: TalkOptions { recording.talk } }
extension LedgerCommand: Talking { var talk: TalkOptions { recording.talk } }
extension ArchiveCommand: Talking { var talk: TalkOptions { recording.talk } }
extension CollectCommand: Talking { var talk: TalkOptions { recording.talk } }
extension CleanCommand: Talking { var talk: TalkOptions { recording.talk } }
extension DiffCommand: Talking {}
extension MergeCommand: Talking {}
extension WatchCommand: Talking {
  var talk: TalkOptions {
    var options = TalkOptions()
    (options.quiet, options.verbose) = (quiet, false)
    return options
  }
}
extension RunCommand: Talking {
  var talk: TalkOptions {
    var options = TalkOptions()
    (options.quiet, options.verbose) = (quiet, false)
    return options
  }
}

/// How much this command says; set once, before it begins.
enum Talk {
  nonisolated(unsafe) private(set) static var isQuiet = false
  nonisolated(unsafe) private(set) static var isVerbose = false

  static func obey(_ options: TalkOptions) {
    (isQuiet, isVerbose) = (options.quiet, options.verbose)
  }

  /// With --verbose: what a part of the work took.
  static func told(_ stage: WorkProgress.Stage, _ time: Duration) {
    // Of a part of a part where it took long.
    guard !stage.isPart || time >= .seconds(1) else { return }
    let (seconds, attoseconds) = time.components
    let hundredths = attoseconds / 10_000_000_000_000_000
    complain("\(stage.text): \(seconds).\(hundredths < 10 ? "0" : "")\(hundredths) s")
  }
}

/// Writes what is good to know and no fault to stderr, but with --quiet.
func remark(_ message: String) {
  if !Talk.isQuiet { complain(message) }
}
