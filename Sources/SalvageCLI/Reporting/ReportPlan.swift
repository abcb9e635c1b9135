import ArgumentParser
import Glibc
import Salvage
import SalvageCoverage
public import SalvageReport
import SalvageSystem
import SystemPackage

/// One `FORMAT[=PATH]` of the command line.
struct ReportRequest {
  var format: ReportFormat
  var path: String?

  /// - Throws: what the user should know: the formats, or the one that was probably meant.
  init(_ text: String) throws(ValidationError) {
    let mark = text.firstIndex(of: "=")
    let name = String(text[..<(mark ?? text.endIndex)])
    guard let format = ReportFormat(rawValue: name) else {
      let hint =
        ReportFormat.nearest(name).map { "did you mean \($0.name)?" }
        ?? "one of " + ReportFormat.allCases.map(\.name).joined(separator: ", ")
      throw ValidationError("there is no report format \(shellQuoted(name)): \(hint)")
    }
    self.format = format
    path = mark.map { String(text[text.index(after: $0)...]) }
    if path == "" { throw ValidationError("\(text): a path comes after =") }
  }
}

/// The reports of one command and where each goes.
struct ReportPlan {
  struct Entry: Sendable {
    var format: ReportFormat
    var destination: ReportDestination
  }

  private(set) var entries: [Entry] = []
  /// It is made where it is not there.
  private var folder: String?

  /// - Parameters:
  ///   - output: `-o`: the file of one format, or the folder of all that have no path of their own.
  ///   - hasStdout: one format without any path may go to stdout.
  init(_ texts: [String], output: String? = nil, hasStdout: Bool) throws(ValidationError) {
    var requests: [ReportRequest] = []
    for text in texts { requests.append(try ReportRequest(text)) }
    let pathless = requests.count { $0.path == nil }
    for request in requests {
      let format = request.format
      if let path = request.path {
        add(format, ReportDestination(path, for: format))
      } else if let output {
        // One format alone may be a folder by itself.
        let isFolder = pathless > 1 || ReportDestination.namesFolder(output) && !format.isFolder
        let path = isFolder ? FilePath(output).appending(format.fileName).string : output
        if isFolder { folder = output }
        add(format, ReportDestination(path, for: format))
      } else if hasStdout && pathless == 1 && !format.isFolder {
        add(format, .stdout)
      } else if format.isFolder {
        throw ValidationError(
          "\(format.name) is a folder of files: -f \(format.name)=DIR, or -o DIR")
      } else {
        throw ValidationError(
          hasStdout
            ? "several formats need paths: -f \(format.name)=PATH, or -o FOLDER for all of them"
            : "\(format.name)=PATH: where to? \(format.name)=\(format.fileName), for instance")
      }
    }
    var seen: Set<ReportDestination> = []
    for entry in entries where !seen.insert(entry.destination).inserted {
      throw ValidationError("two reports would go to the same place: \(entry.format.name)")
    }
  }

  private mutating func add(_ format: ReportFormat, _ destination: ReportDestination) {
    entries.append(Entry(format: format, destination: destination))
  }

  /// What the model must carry for all of them.
  var content: Coverage.Content {
    entries.reduce(into: .lines) { $0.formUnion($1.format.uses) }
  }

  /// A report on stdout that tells of losses itself.
  var tellsLosses: Bool {
    entries.contains {
      $0.destination.isStdout && [.text, .markdown].contains($0.format)
    }
  }

  func check() throws(SalvageError) {
    if let folder { try ReportDestination.makeFolder(folder) }
    for entry in entries { try entry.destination.check() }
  }

  func write(_ report: CoverageReport, _ style: ReportStyle) throws {
    for entry in entries {
      if entry.destination.isStdout { ProgressLine.endForOutput() }
      for path in report.coverage.unnamed(in: entry.format) {
        complain("\(path): left out of \(entry.format.name), which has no form for this name")
      }
      try report.write(
        entry.format, to: entry.destination, style.options(isStdout: entry.destination.isStdout))
    }
  }
}

/// How reports are arranged.
struct ReportStyle: ParsableArguments {
  @Option(help: "Order of rows: name, cover, missed or lines.")
  var sort = TableOptions.Order.name

  @Flag(help: "No rows for files all of which ran.")
  var skipCovered = false

  @Flag(help: "No rows for files without executable lines.")
  var skipEmpty = false

  @Flag(
    inversion: .prefixedNo,
    help: "Lines that did not run, and `40 (1/2)`: one of two branches of line 40 was taken.")
  var showMissing = true

  @Flag(help: "A row for each folder instead of each file.")
  var folders = false

  @Flag(help: "Name the functions that were not called.")
  var missedFunctions = false

  @Option(help: "auto, always or never; auto follows NO_COLOR, FORCE_COLOR and the terminal.")
  var color = ColorChoice.auto

  @Option(help: "Records of lcov 1 or 2 (FNL, FNA).")
  var lcovVersion = 1

  @Option(help: "Split a Cobertura report into files of at most so many MiB; GitLab takes 10.")
  var coberturaLimit: Int?

  func validate() throws {
    if let coberturaLimit, !(1...1_000_000).contains(coberturaLimit) {
      throw ValidationError("--cobertura-limit \(coberturaLimit): MiB, from 1 on")
    }
    guard [1, 2].contains(lcovVersion) else {
      throw ValidationError("--lcov-version \(lcovVersion): 1 or 2")
    }
  }

  /// `isStdout`: the report goes there, perhaps to a terminal.
  func options(isStdout: Bool) -> ReportOptions {
    var options = ReportOptions(
      width: isStdout ? terminalWidth() : nil, hasColor: isStdout && color.isOn(STDOUT_FILENO))
    options.base = FilePath(".").absolute.string
    options.lcovVersion = lcovVersion
    options.coberturaLimit = coberturaLimit.map { $0 << 20 }
    options.table.order = sort
    options.table.skipsCovered = skipCovered
    options.table.skipsEmpty = skipEmpty
    options.table.showsMissing = showMissing
    options.table.foldsFolders = folders
    options.table.listsFunctions = missedFunctions
    return options
  }
}

/// When output has colours.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never

  /// no-color.org: any value but an empty one; FORCE_COLOR=0 is no.
  func isOn(_ descriptor: Int32) -> Bool {
    switch self {
    case .always: return true
    case .never: return false
    case .auto:
      if let text = Self.variable("NO_COLOR"), !text.isEmpty { return false }
      if let text = Self.variable("FORCE_COLOR"), !text.isEmpty { return text != "0" }
      return isatty(descriptor) == 1 && Self.variable("TERM") != "dumb"
    }
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }
}

extension TableOptions.Order: ExpressibleByArgument {}
