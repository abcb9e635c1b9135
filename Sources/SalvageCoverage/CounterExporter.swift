package import SalvageRecord
import SalvageSystem
package import SystemPackage

/// Writes the counters of one source in the files of its own tools: what the programs would have left
/// had all of them ended well.
///
/// A format is one type that conforms, listed by its source (``CoverageSource/exporters``). It makes bytes; where they go is
/// decided elsewhere.
package protocol CounterExporter: Sendable {
  /// What `--format` calls it.
  static var name: String { get }
  /// For help: "what gcc's programs write".
  static var summary: String { get }
  /// Whose counters it writes.
  static var source: Source { get }
  init()
  /// The files of objects, which are all of its source, each identity once.
  ///
  /// What is wrong with one object is a problem of that object.
  func files(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> ExportedFiles
}

/// A file for other tools.
package struct ExportedFile: Sendable {
  /// Absolute where the program itself has a place for it, else a name.
  package var path: FilePath
  package var bytes: [UInt8]
  /// Only another file's companion: where a program has its own place for it, one that is there stays.
  package var isCompanion: Bool
  /// Adds what another file of this name has; nil where two such files cannot be one.
  package var adding: (@Sendable (_ existing: [UInt8]) throws -> [UInt8])?

  package init(
    path: FilePath, bytes: [UInt8], isCompanion: Bool = false,
    adding: (@Sendable ([UInt8]) throws -> [UInt8])? = nil
  ) {
    self.path = path
    self.bytes = bytes
    self.isCompanion = isCompanion
    self.adding = adding
  }
}

/// The files of a set of objects, and what is missing.
package struct ExportedFiles: Sendable {
  package var files: [ExportedFile]
  package var problems: [ObjectProblem]
  /// What the tools remarked, one line each.
  package var notes: [String]

  package init(
    files: [ExportedFile] = [], problems: [ObjectProblem] = [], notes: [String] = []
  ) {
    self.files = files
    self.problems = problems
    self.notes = notes
  }
}

/// Makes the files of one format; nil where no object is of its source.
package func exportFiles(
  of counters: [ObjectCounters], by exporter: any CounterExporter.Type, search: ToolSearch,
  builds: BuildChoice = .newest
) async throws -> ExportedFiles? {
  let all = ObjectCounters.joined(counters).filter { $0.source == exporter.source }
  guard !all.isEmpty else { return nil }
  let request = CoverageRequest(search: search, scratch: try ScratchFolder())
  let chosen = try await ChosenBuilds(of: all, builds, request)
  var files = try await exporter.init().files(of: chosen.objects, for: request)
  files.notes = chosen.notes + files.notes
  return files
}
