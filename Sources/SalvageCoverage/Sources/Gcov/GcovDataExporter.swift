package import SalvageRecord
import SystemPackage

/// `.gcda` files where the program would have written them, each with its `.gcno` beside it: a tree for
/// gcov, lcov and gcovr.
package struct GcovDataExporter: CounterExporter {
  package static let name = "gcda"
  package static let summary =
    "what gcc's programs write, each file under OUT by its own path, with its .gcno"
  package static let source = Source.gcov

  package init() {}

  package func files(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> ExportedFiles {
    var result = ExportedFiles()
    for counters in objects {
      do {
        let object = try GcovObject(counters)
        var failures: [GcovNotesFile.Failure] = []
        for unit in object.units {
          result.files.append(Self.data(unit))
          do {
            var stem = unit.name
            stem.extension = nil
            result.files.append(
              ExportedFile(
                path: FilePath(stem.string + ".gcno"), bytes: try GcovNotesFile(of: unit).bytes(),
                isCompanion: true))
          } catch {
            failures.append(error)
          }
        }
        result.problems += GcovNotesFile.problems(failures).map { ObjectProblem($0, counters) }
      } catch {
        result.problems.append(error)
      }
    }
    return result
  }

  private static func data(_ unit: GcovObject.Unit) -> ExportedFile {
    ExportedFile(path: unit.name, bytes: unit.data.bytes) { existing in
      var sum = unit.data
      try sum.add(GcovData(existing, by: unit.data.compiler))
      return sum.bytes
    }
  }
}
