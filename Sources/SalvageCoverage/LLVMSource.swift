import SalvageRecord

/// clang's, swiftc's and rustc's source-based coverage, by llvm-profdata and llvm-cov.
///
/// Of each object one profile and one export are made, never one for several: equal-looking functions
/// (`main`) of one program would show the counts of the other.
struct LLVMSource: CoverageSource {
  static let source = Source.llvm

  func coverage(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> CollectedCoverage {
    let (opened, problems) = LLVMObject.open(objects)
    var result = CollectedCoverage(problems: problems)
    guard let newest = opened.map(\.object.mappingVersion).max() else { return result }
    let tools = try await request.search.llvm.tools(readingMapping: newest)
    let outcomes = try await concurrently(opened.indices, width: processorCount()) { index in
      let (counters, object) = opened[index]
      let export = LLVMExport(
        counters: counters, object: object, tools: tools, scratch: request.scratch,
        name: "llvm-\(index)")
      return try await export.outcome(request.content)
    }
    result.join(outcomes)
    return result
  }
}

extension CollectedCoverage {
  fileprivate mutating func join(_ outcomes: [LLVMExport.Outcome]) {
    var parts: [Coverage] = []
    for outcome in outcomes {
      switch outcome {
      case .success(let answer):
        parts.append(answer.coverage)
        notes += answer.notes
      case .failure(let problem): problems.append(problem)
      }
    }
    if !parts.isEmpty { coverage = Coverage.joined(parts) }
  }
}
