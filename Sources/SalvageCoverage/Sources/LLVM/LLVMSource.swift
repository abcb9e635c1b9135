import SalvageRecord
import SalvageSystem
import SystemPackage

/// clang's, swiftc's and rustc's source-based coverage.
///
/// Its mapping is read by ourselves (``MappingReport``), all objects at once; only one of a version that we do
/// not know is left to llvm-profdata and llvm-cov, where they are installed.
struct LLVMSource: CoverageSource {
  static let source = Source.llvm
  static let exporters: [any CounterExporter.Type] = [
    RawProfileExporter.self, IndexedProfileExporter.self,
  ]
  static let waysToBuild: [String] = [
    "-fprofile-instr-generate -fcoverage-mapping (clang)",
    "-profile-generate -profile-coverage-mapping (swiftc)",
    "-C instrument-coverage (rustc)",
  ]

  static func findings(of image: ELFImage, at path: FilePath) -> [Finding] {
    LLVMFindings.of(image)
  }

  func coverage(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> CollectedCoverage {
    let (opened, problems) = LLVMObject.open(objects)
    var result = CollectedCoverage(problems: problems)
    let known = opened.filter { MappingFiles.versions.contains($0.object.mappingVersion) }
    let other = opened.filter { !MappingFiles.versions.contains($0.object.mappingVersion) }
    var parts: [Coverage] = []
    if !known.isEmpty { parts.append(try await report(known, request, &result)) }
    if !other.isEmpty {
      do {
        let asked = try await ToolReport(request: request).coverage(of: other)
        result.problems += asked.problems
        result.notes += asked.notes
        parts.append(asked.coverage)
      } catch let error as any ToolsError where !known.isEmpty {
        result.problems += other.map { ObjectProblem(.noTool(error.description), $0.counters) }
      }
    }
    result.coverage = Coverage.joined(parts.filter { !$0.files.isEmpty })
    return result
  }

  private func report(
    _ objects: [(counters: ObjectCounters, object: LLVMObject)], _ request: CoverageRequest,
    _ result: inout CollectedCoverage
  ) async throws -> Coverage {
    let outcomes = try await concurrently(objects, width: processorCount()) {
      (one) -> Result<MappingImage, ObjectProblem> in
      do throws(ObjectProblem) {
        return .success(try one.object.image())
      } catch {
        return .failure(error)
      }
    }
    var images: [MappingImage] = []
    var owners: [ObjectCounters] = []
    for (outcome, one) in zip(outcomes, objects) {
      switch outcome {
      case .success(let image):
        images.append(image)
        owners.append(one.counters)
      case .failure(let problem): result.problems.append(problem)
      }
    }
    var report = try await MappingReport(of: images, request.content)
    let names = owners.compactMap(request.name)
    if names.count == images.count { try await report.attribute(to: names, images) }
    for (damage, counters) in zip(report.damage, owners) {
      guard let first = damage.first else { continue }
      let more = damage.count > 1 ? " (and \(damage.count - 1) more)" : ""
      result.problems.append(
        ObjectProblem(.malformed("a part of its coverage mapping, \(first)\(more)"), counters))
    }
    for counters in owners where counters.withHistory == nil && !counters.history.isEmpty {
      result.notes.append(counters.forksAtUnknownPlaces)
    }
    return report.coverage
  }
}

/// What llvm-profdata and llvm-cov say.
///
/// Of each object one profile and one export are made, never one for several: equal-looking functions
/// (`main`) of one program would show the counts of the other.
struct ToolReport: Sendable {
  var request: CoverageRequest

  func coverage(
    of opened: [(counters: ObjectCounters, object: LLVMObject)]
  ) async throws -> CollectedCoverage {
    var result = CollectedCoverage()
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
      answer.coverage = answer.coverage.resolvingRelative(near: counters.origin)
        .attributed(to: request.name(of: counters))
      return .success(answer)
    }
    result.join(outcomes)
    return result
  }

  /// The same object once more, with what led to the lives that began by forks. Where that is missing,
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
