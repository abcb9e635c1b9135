import Glibc
public import SalvageCoverage
import SalvageRecord
import SalvageSystem
public import SystemPackage

/// A form in which the counters of a recording are given to the tools of a compiler.
public struct ExportFormat: RawRepresentable, Sendable, Hashable, CaseIterable {
  /// `gcda`, `profraw`, `profdata`, …
  public let rawValue: String

  /// gcc's data files with their notes files, as a tree.
  public static let gcda = ExportFormat(GcovDataExporter.self)
  /// LLVM's raw profiles.
  public static let profraw = ExportFormat(RawProfileExporter.self)
  /// LLVM's indexed profiles.
  public static let profdata = ExportFormat(IndexedProfileExporter.self)

  /// What sanitizers write with `coverage=1`.
  public static let sancov = ExportFormat(SancovExporter.self)

  /// The data file of coverage.py, `.coverage`.
  public static let coveragePy = ExportFormat(PythonDataExporter.self)

  /// What a Go program leaves in GOCOVERDIR.
  public static let covdata = ExportFormat(GoDataExporter.self)

  private init(_ exporter: any CounterExporter.Type) {
    rawValue = exporter.name
  }

  public init?(rawValue: String) {
    guard counterExporters.contains(where: { $0.name == rawValue }) else { return nil }
    self.rawValue = rawValue
  }

  /// What it is, for help: "what Go's programs write in GOCOVERDIR".
  package var summary: String { exporter.summary }

  public static var allCases: [ExportFormat] {
    counterExporters.map { ExportFormat($0) }
  }

  var exporter: any CounterExporter.Type {
    counterExporters.first { $0.name == rawValue } ?? counterExporters[0]
  }
}

/// Where exported files go, and what becomes of those that are there.
public struct ExportPlace: Sendable, Hashable {
  /// Nil: where the programs themselves would have written.
  public var directory: FilePath?
  /// Components that are taken off the programs' own paths, as GCOV_PREFIX_STRIP does.
  public var strip: Int
  /// Add to files that are there, instead of replacing them.
  public var merges: Bool

  /// Files below `directory`, or where the programs themselves would have written.
  public init(directory: FilePath?, strip: Int = 0, merges: Bool = false) {
    self.directory = directory
    self.strip = strip
    self.merges = merges
  }

  /// The place of a file; nil where it has none of its own and no directory is given: the name is
  /// relative to whatever was a process's directory, or has a process's number or variables in it.
  func path(of file: FilePath) -> FilePath? {
    let path = file.lexicallyNormalized()
    guard let directory else {
      let isPattern = path.string.contains("%p") || path.string.contains("%q{")
      return path.isAbsolute && !isPattern ? path : nil
    }
    let names = path.components.filter { $0.kind == .regular }
    // The name itself stays, however much is to be taken off; a bare name has nothing to take.
    let left = path.isAbsolute ? names.dropFirst(min(strip, max(names.count - 1, 0))) : names[...]
    return left.reduce(directory) { $0.appending($1) }
  }
}

/// What an export wrote, and what it could not.
public struct ExportResult: Sendable {
  /// The files, in the order in which they were written.
  public var written: [FilePath]
  /// Objects whose counts are not in the files, or not in all of them.
  public var problems: [ObjectProblem]
  /// Files that could not be added to, and what the tools remarked, one line each.
  public var notes: [String]
}

extension Recording {
  /// As of a ``RecordingSet`` of this recording alone.
  public func export(
    _ format: ExportFormat, to place: ExportPlace, tools: ToolSearch = ToolSearch(),
    builds: BuildChoice = .newest
  ) async throws(SalvageError) -> ExportResult {
    try await RecordingSet(self).export(format, to: place, tools: tools, builds: builds)
  }
}

extension RecordingSet {
  /// Writes what was counted so far in files for the tools of a compiler.
  ///
  /// Two objects that share a file (a library's unit, linked into two programs) are added up in it.
  /// - Throws: ``SalvageError/Code/reportFailed`` where no object was counted that the format is for.
  public func export(
    _ format: ExportFormat, to place: ExportPlace, tools: ToolSearch = ToolSearch(),
    builds: BuildChoice = .newest
  ) async throws(SalvageError) -> ExportResult {
    WorkProgress.begin("reading the recording")
    let reading = try counters()
    WorkProgress.begin("making files for other tools", of: reading.objects.count)
    let exported: ExportedFiles
    do {
      guard
        let files = try await exportFiles(
          of: reading.objects, by: format.exporter, search: tools, builds: builds)
      else {
        throw SalvageError.report(
          "nothing in \(text) was counted by what \(format.rawValue) is for"
            + " (\(format.exporter.source)): see `salvage ledger`")
      }
      exported = files
    } catch let error as SalvageError {
      throw error
    } catch {
      throw .report(error)
    }
    var writer = ExportWriter(place)
    WorkProgress.begin("writing files", of: exported.files.count)
    for file in exported.files {
      WorkProgress.step()
      try writer.write(file)
    }
    return ExportResult(
      written: writer.written, problems: exported.problems,
      notes: notes + exported.notes + writer.notes)
  }
}

/// Puts files in their places.
private struct ExportWriter {
  let place: ExportPlace
  var written: [FilePath] = []
  var notes: [String] = []
  private var own: Set<FilePath> = []

  init(_ place: ExportPlace) {
    self.place = place
  }

  mutating func write(_ file: ExportedFile) throws(SalvageError) {
    guard let path = place.path(of: file.path) else {
      notes.append("\(file.path): has no place of its own; give a directory with -o")
      return
    }
    if file.isCompanion && place.directory == nil && path.isRegularFile { return }
    var bytes = file.bytes
    let isOwn = own.contains(path)
    if isOwn || place.merges, let adding = file.adding, path.isRegularFile {
      do {
        bytes = try adding(try path.contents())
      } catch {
        notes.append(
          "\(path): \(error), and was left as it is"
            + (isOwn ? "" : "; remove it, or export without --merge"))
        return
      }
    }
    try path.removingLastComponent().makeDirectories()
    try OutputFile(path).writeOut(bytes)
    if own.insert(path).inserted { written.append(path) }
  }
}
