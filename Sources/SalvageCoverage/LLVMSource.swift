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
      let outcome = try await export.outcome(request.content)
      guard case .success(var answer) = outcome else { return outcome }
      let whole = try await wholeCoverage(counters, tools, request, name: "llvm-\(index)-whole")
      if whole != nil || answer.coverage.isUnsettled {
        answer.coverage.settle(by: whole ?? Coverage(), lacking: counters.historyLacks)
      }
      if whole == nil && counters.withHistory != nil && !counters.historyLacks {
        answer.notes.append(counters.forksAtUnknownPlaces)
      }
      return .success(answer)
    }
    result.join(outcomes)
    return result
  }

  /// The same object once more, with what led to the lives that began by forks. Where that can't be had,
  /// the counts are as exact as without.
  private func wholeCoverage(
    _ counters: ObjectCounters, _ tools: LLVMTools, _ request: CoverageRequest, name: String
  ) async throws -> Coverage? {
    guard let whole = counters.withHistory, let object = try? LLVMObject(whole) else { return nil }
    let export = LLVMExport(
      counters: whole, object: object, tools: tools, scratch: request.scratch, name: name)
    guard case .success(let answer) = try await export.outcome(request.content) else { return nil }
    return answer.coverage
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
