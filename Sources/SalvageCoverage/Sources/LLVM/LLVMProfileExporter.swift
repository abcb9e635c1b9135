package import SalvageRecord
import SalvageSystem
import SystemPackage

/// A raw profile of each object, as its own runtime would have written it: for llvm-profdata of the LLVM
/// that compiled the program.
package struct RawProfileExporter: CounterExporter {
  package static let name = "profraw"
  package static let summary = "what LLVM's programs write, one file for each program or library"
  package static let source = Source.llvm

  package init() {}

  package func files(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> ExportedFiles {
    let (opened, problems) = LLVMObject.open(objects.filter { !$0.regions.isEmpty })
    var result = ExportedFiles(problems: problems)
    for (counters, object) in opened {
      do throws(ObjectProblem) {
        let profile = try object.profile()
        result.files.append(
          ExportedFile(
            path: counters.fileName("profraw"), bytes: profile.bytes(layout: profile.layout)))
      } catch {
        result.problems.append(error)
      }
    }
    return result
  }
}

/// An indexed profile of each object, for llvm-cov of the LLVM whose tools are found.
package struct IndexedProfileExporter: CounterExporter {
  package static let name = "profdata"
  package static let summary = "the same as llvm-profdata merges it"
  package static let source = Source.llvm

  package init() {}

  package func files(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> ExportedFiles {
    let (opened, problems) = LLVMObject.open(objects.filter { !$0.regions.isEmpty })
    var result = ExportedFiles(problems: problems)
    guard let newest = opened.map(\.object.mappingVersion).max() else { return result }
    let tools = try await request.search.llvm.tools(readingMapping: newest)
    let scratch = request.scratch
    let outcomes = try await concurrently(opened.indices, width: processorCount()) { index in
      let (counters, object) = opened[index]
      let export = LLVMExport(
        counters: counters, object: object, tools: tools, scratch: scratch, name: "llvm-\(index)")
      return try await export.profile().map {
        ExportedFile(path: counters.fileName("profdata"), bytes: $0)
      }
    }
    for outcome in outcomes {
      switch outcome {
      case .success(let file): result.files.append(file)
      case .failure(let problem): result.problems.append(problem)
      }
    }
    return result
  }
}

extension ObjectCounters {
  /// Two builds of one program are two files.
  fileprivate func fileName(_ suffix: String) -> FilePath {
    let name = origin?.lastComponent?.string ?? "object"
    return FilePath("\(name)-\(hex(identity)).\(suffix)")
  }
}
