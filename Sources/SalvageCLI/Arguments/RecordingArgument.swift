import ArgumentParser
import Salvage
import SalvageCoverage
import SystemPackage

/// The recording that a command reads.
struct RecordingArgument: ParsableArguments {
  @Argument(help: "The recording (default: .salvage).", completion: .directory)
  var recording: String?

  @Option(
    name: [.customShort("r"), .customLong("recording")], help: "The same as an option.",
    completion: .directory)
  var option: String?

  /// What the configuration names.
  @Option(help: .hidden)
  var defaultRecording: String?

  @OptionGroup var configuration: ConfigurationOptions
  @OptionGroup var talk: TalkOptions

  var path: FilePath { FilePath(option ?? recording ?? defaultRecording ?? ".salvage") }

  func open() throws -> Recording {
    Memory.prepare(for: [path])
    return try Recording.open(path)
  }
}

/// Recordings and archives that a command reads as one.
struct RecordingArguments: ParsableArguments {
  @Argument(
    help: "Recordings and archives; several are added up (default: .salvage).",
    completion: .file())
  var recordings: [String] = []

  @Option(
    name: [.customShort("r"), .customLong("recording")],
    help: "The same as an option; may be repeated.", completion: .file())
  var options: [String] = []

  /// What the configuration names.
  @Option(help: .hidden)
  var defaultRecording: String?

  @OptionGroup var configuration: ConfigurationOptions
  @OptionGroup var talk: TalkOptions

  var paths: [FilePath] {
    let named = recordings + options
    return (named.isEmpty ? [defaultRecording ?? ".salvage"] : named).map { FilePath($0) }
  }

  /// For commands that the user may enter.
  var text: String { paths.map { shellQuoted($0.string) }.joined(separator: " ") }

  func open() throws -> RecordingSet {
    Memory.prepare(for: paths)
    return try RecordingSet.open(paths)
  }
}

/// The recordings, for commands whose arguments are something else.
struct RecordingOption: ParsableArguments {
  @Option(
    name: [.customShort("r"), .customLong("recording")],
    help: "The recording or archive; several are added up (default: .salvage).",
    completion: .file())
  var recordings: [String] = []

  /// What the configuration names.
  @Option(help: .hidden)
  var defaultRecording: String?

  @OptionGroup var configuration: ConfigurationOptions
  @OptionGroup var talk: TalkOptions

  var paths: [FilePath] {
    (recordings.isEmpty ? [defaultRecording ?? ".salvage"] : recordings).map { FilePath($0) }
  }

  /// Reads them and selects from them, and says on stderr what should be known of that.
  func report(
    _ filter: FilterOptions, _ content: Coverage.Content = .lines
  ) async throws -> CoverageReport {
    let report = try await RecordingSet.open(paths).coverage(
      content: content, tools: filter.tools, builds: filter.builds)
    return try report.checked(filter)
  }
}
