import ArgumentParser
import Glibc
import Salvage
import SalvageRecord
import SalvageSystem

@main
enum Entry {
  /// Not asynchronous: `run` needs a process with one thread, so that the signals it blocks are blocked
  /// in all of it.
  static func main() {
    StandardDescriptors.occupy()
    InheritedSignals.note()
    var arguments = Array(CommandLine.arguments.dropFirst())
    // Short form: `salvage -- CMD…`.
    if arguments.first == "--" { arguments.insert("run", at: 0) }
    // These take the words behind them for a command's, help's too.
    if arguments.count > 1, ["run", "watch", "doctor"].contains(arguments[0]),
      ["-h", "--help"].contains(arguments[1])
    {
      arguments = ["help", arguments[0]]
    }
    arguments = arguments.withLossReasons
    do {
      var command = try parseConfigured(arguments)
      if let talking = command as? any Talking { Talk.obey(talking.talk) }
      if let asynchronous = command as? any AsyncParsableCommand {
        nonisolated(unsafe) var asynchronous = asynchronous
        try waitFor { try await asynchronous.run() }
      } else {
        try command.run()
      }
    } catch {
      Failure.end(error, arguments)
    }
  }

  /// The named command alone, where that can be: to go through the command lines of all would cost a short command
  /// more than its recording, and a report of a small program an eighth. What it does not take gets its message, or
  /// help, from the whole.
  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    if let name = arguments.first,
      let named = SalvageCommand.configuration.subcommands.first(where: {
        $0.configuration.commandName == name
      }), let command = try? named.parseAsRoot(Array(arguments.dropFirst())),
      type(of: command) == named
    {
      return command
    }
    return try SalvageCommand.parseAsRoot(arguments)
  }

  /// With what the configuration adds. A value of it that the parser does not take is named with its place.
  private static func parseConfigured(_ arguments: [String]) throws -> any ParsableCommand {
    let configured = try ConfiguredArguments(arguments)
    do {
      return try parse(configured.words)
    } catch {
      throw configured.culprit { _ = try parse($0) } ?? error
    }
  }
}

/// The command line of Salvage.
struct SalvageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "salvage",
    abstract: "Coverage of every process of a tree, however it ends.",
    discussion: """
      salvage run -- make test          record everything that `make test` starts
      salvage watch -- make test        again whenever a source changes, with what changed
      salvage report                    a table of files and the lines not run
      salvage report -f lcov -o a.info  for other tools
      salvage open                      the report in a browser
      salvage show FILE[:LINE]          a source with its counts
      salvage uncovered                 what did not run, a line for each file
      salvage patch --base main         what of a change ran
      salvage diff A B                  what two recordings differ in
      salvage archive -o FILE           a recording as one file
      salvage merge A B -o C            recordings and archives as one
      salvage ledger                    every process, how it ended, what was lost
      eval "$(salvage env)"             record what this shell starts from now on

      `salvage -- CMD` is short for `salvage run -- CMD`.
      """,
    version: salvageVersion,
    subcommands: [
      RunCommand.self, WatchCommand.self, ReportCommand.self, ShowCommand.self,
      UncoveredCommand.self,
      PatchCommand.self, DiffCommand.self, OpenCommand.self, LedgerCommand.self, ExportCommand.self,
      ArchiveCommand.self, MergeCommand.self,
      EnvCommand.self,
      CollectCommand.self, DoctorCommand.self, InspectCommand.self, CleanCommand.self,
      ConfigCommand.self,
    ])
}

/// Writes one line for the user to stderr.
func complain(_ message: String) {
  let line = "salvage: " + terminalText(message) + "\n"
  ProgressLine.aside { _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) } }
}

extension [String] {
  /// A flag of the parser has no value: `--fail-on-loss=REASON` is another option for it. Words of a
  /// command that is run are not touched.
  fileprivate var withLossReasons: [String] {
    let end = firstIndex(of: "--") ?? endIndex
    return enumerated().map { index, word in
      guard index < end, word.hasPrefix("--fail-on-loss=") else { return word }
      return "--fail-on-loss-of=" + word.dropFirst("--fail-on-loss=".count)
    }
  }
}
