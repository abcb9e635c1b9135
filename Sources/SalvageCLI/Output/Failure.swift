import ArgumentParser
import FoundationEssentials
import Glibc
import Salvage
import SalvageReport

/// How every command says that it failed: one line that begins with `salvage: `, names the thing, and a cure
/// that fits the command.
enum Failure {
  /// Ends the process; what `error` asks to show (help, the version) goes to stdout.
  static func end(_ error: any Error, _ arguments: [String]) -> Never {
    let command = arguments.first ?? ""
    let isRunner = ["run", "watch"].contains(command)
    let own = isRunner ? RunCommand.ownFailure : 1
    switch error {
    case let error as SalvageError:
      complain(error.message(for: command))
      exit(own)
    case let error as ConfigurationError:
      complain(error.description)
      exit(own)
    case let code as ExitCode: exit(code.rawValue)
    default: break
    }
    let code = SalvageCommand.exitCode(for: error)
    guard code != .success else { show(SalvageCommand.fullMessage(for: error)) }
    complain(UsageMessage(SalvageCommand.message(for: error), arguments).text)
    exit(isRunner ? RunCommand.ownFailure : code.rawValue)
  }

  private static func show(_ text: String) -> Never {
    do {
      try printData(text + "\n")
    } catch {
      complain((error as? SalvageError)?.description ?? "\(error)")
      exit(1)
    }
    exit(0)
  }
}

/// What is wrong with a command line, in the words of the parser or ours, on one line.
struct UsageMessage {
  private(set) var text: String

  init(_ message: String, _ arguments: [String]) {
    let known = SalvageCommand.names
    guard let first = arguments.first, !first.hasPrefix("-") else {
      text = Self.with("salvage --help", Self.line(message))
      return
    }
    guard known.contains(first) else {
      text = "there is no command \(first)"
      if let near = nearestName(to: first, among: known) {
        text += "; did you mean \(near)?"
      } else {
        text += ": `salvage run -- \(first)` records a program of that name"
      }
      text = Self.with("salvage --help", text)
      return
    }
    text = Self.with("salvage \(first) --help", Self.line(message))
  }

  private static func with(_ help: String, _ text: String) -> String {
    text + (text.hasSuffix("?") ? " See `" : "; see `") + help + "`"
  }

  private static func line(_ message: String) -> String {
    var text = quoted(message).split(separator: "\n").joined(separator: " ")
    text = text.replacing(". Did you mean", with: "; did you mean")
      .replacing(". Please provide one of", with: ": one of")
    if text.hasSuffix(".") { text.removeLast() }
    if let near = nearest(text) { text += "; did you mean \(near)?" }
    // The parser begins its sentences with a capital letter.
    let start = text.prefix(2)
    if start.count == 2, start.first?.isUppercase == true, start.last?.isLowercase == true {
      text = text.prefix(1).lowercased() + text.dropFirst()
    }
    return text
  }

  /// The parser lists more than five values a line each: in a row, as fewer.
  private static func quoted(_ message: String) -> String {
    let parts = message.components(separatedBy: " of the following:\n")
    guard parts.count == 2 else { return message }
    let values = parts[1].split(separator: "\n").map {
      "'" + $0.drop { " -".contains($0) } + "'"
    }
    return parts[0] + " of " + values.dropLast().joined(separator: ", ") + " or "
      + (values.last ?? "")
  }

  /// `The value 'X' is invalid for '--sort <sort>': one of 'a', 'b' or 'c'`.
  private static func nearest(_ text: String) -> String? {
    let parts = text.components(separatedBy: ": one of ")
    guard parts.count == 2, parts[0].hasPrefix("The value '") else { return nil }
    let value = parts[0].dropFirst("The value '".count).prefix { $0 != "'" }
    let quoted = parts[1].split(separator: "'", omittingEmptySubsequences: false).enumerated()
    return nearestName(
      to: String(value), among: quoted.filter { $0.offset % 2 == 1 }.map { String($0.element) })
  }
}

extension SalvageCommand {
  /// Its commands.
  static var names: [String] {
    configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
  }
}

extension ParsableCommand {
  /// The long option of this command that is nearest to a misspelt one.
  static func nearestOption(to word: String) -> String? {
    let words = helpMessage().split { " ,[]|\n".contains($0) }.filter { $0.hasPrefix("--") }
    let name = word.prefix { $0 != "=" }
    return nearestName(to: String(name), among: Set(words.map(String.init)).sorted())
  }
}

extension SalvageError {
  /// With a cure that the command has.
  func message(for command: String) -> String {
    switch problem {
    case .notARecording(let path) where command == "clean":
      "\(path) is not a recording, and is left alone: name the one to remove"
    case .notARecording(let path) where !["run", "watch", "env", "doctor"].contains(command):
      "\(path) is not a recording: name one that `salvage run` or `salvage env` made"
    case .inUse(let path, let pids) where !pids.contains(getpid()) && command == "clean":
      "the recording \(path) is in use\(Self.by(pids)): wait until it ends, or end it"
    case .inUse(let path, let pids) where !pids.contains(getpid()) && command == "env":
      "the recording \(path) is in use\(Self.by(pids)): wait for it, add to it (without --fresh), or choose"
        + " another place with -o"
    case .otherBoot(let path) where ["run", "watch", "env"].contains(command):
      "the recording \(path) is from before this machine was started: what runs now cannot be told from what"
        + " ran then, so nothing is added; choose another place with -o, or replace it"
        + (command == "env" ? " (--fresh)" : " (without --append)")
    default: description
    }
  }

  private static func by(_ pids: [Int32]) -> String {
    pids.isEmpty ? "" : " by process \(pids.map(String.init).joined(separator: ", "))"
  }
}
