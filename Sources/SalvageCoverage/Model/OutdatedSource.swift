import Glibc
import SalvageRecord
import SalvageSystem
public import SystemPackage

/// A source that was written after a program was built of it which is in the report: lines may have moved.
public struct OutdatedSource: Sendable, Hashable {
  /// As ``SourceFile/path``.
  public var path: String
  /// The program that is older.
  public var program: FilePath
}

extension OutdatedSource {
  /// In files with a date before 1980 a date says nothing: builds that can be repeated set one for all.
  private static let firstDate: UInt64 = 315_532_800_000_000_000

  /// The sources of `coverage` that are newer than one of `objects` which knows them, each once.
  ///
  /// Only where a source is newer than the oldest object are objects looked at one by one.
  static func find(
    in coverage: Coverage, _ objects: [ObjectCounters], _ request: CoverageRequest
  ) async -> [OutdatedSource] {
    let dated = objects.filter { $0.source != .python && $0.built >= firstDate }
    guard let oldest = dated.map(\.built).min() else { return [] }
    var changed: [String: UInt64] = [:]
    for file in coverage.files {
      if let time = written(file.path), time > oldest { changed[file.path] = time }
    }
    guard let last = changed.values.max() else { return [] }
    var found: [String: FilePath] = [:]
    for object in dated where object.built < last {
      guard let origin = object.origin,
        let reader = coverageSources.first(where: { $0.source == object.source }),
        let part = try? await reader.init().coverage(of: [object], for: request.linesOnly)
      else { continue }
      for file in part.coverage.files where found[file.path] == nil {
        if let time = changed[file.path], time > object.built { found[file.path] = origin }
      }
    }
    return found.sorted { $0.key < $1.key }.map { OutdatedSource(path: $0.key, program: $0.value) }
  }

  /// Nil for what is not there.
  private static func written(_ path: String) -> UInt64? {
    var status = stat()
    guard path.hasPrefix("/"), FilePath(name: path).withPlatformString({ stat($0, &status) }) == 0
    else { return nil }
    return status.st_mtim.time
  }
}

extension CoverageRequest {
  fileprivate var linesOnly: CoverageRequest {
    var request = self
    request.content = .lines
    return request
  }
}
