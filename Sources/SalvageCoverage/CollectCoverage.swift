public import SalvageRecord

/// The coverage of a set of objects, and what is missing in it.
public struct CollectedCoverage: Sendable {
  public var coverage: Coverage
  /// Objects that are not in it, each with its reason.
  public var problems: [ObjectProblem]
  /// What the tools remarked about objects that are in it, one line each.
  public var notes: [String]
  /// The tools that were used; nil where no object needed any.
  public var tools: LLVMTools?
}

/// Turns the summed counters of objects into coverage.
///
/// Of each object one profile and one export are made, never one for several: equal-looking functions
/// (`main`) of one program would show the counts of the other. As many objects as there are
/// processors are worked on at once; the result is in the order of `counters`.
/// - Parameters:
///   - counters: what the recording has; several of one identity (contexts, users) are added up.
///   - content: what the reports need. Regions are about five times as dear as lines.
///   - search: where to look for the LLVM tools.
/// - Throws: ``LLVMToolsError`` where no tools are to be had, ``ScratchError`` where no temporary
///   file can be written. What is wrong with one object is in ``CollectedCoverage/problems``.
public func collectCoverage(
  of counters: [ObjectCounters], content: Coverage.Content = .lines,
  search: LLVMToolSearch = LLVMToolSearch()
) async throws -> CollectedCoverage {
  var result = CollectedCoverage(coverage: Coverage(content: content), problems: [], notes: [])
  let objects = result.open(ObjectCounters.joined(counters))
  guard let newest = objects.map(\.object.mappingVersion).max() else { return result }
  let tools = try await search.tools(readingMapping: newest)
  result.tools = tools
  let scratch = try ScratchFolder()
  let outcomes = try await concurrently(objects.indices, width: processorCount()) { index in
    let (counters, object) = objects[index]
    let export = LLVMExport(
      counters: counters, object: object, tools: tools, scratch: scratch, name: "\(index)")
    return try await export.outcome(content)
  }
  result.join(outcomes)
  return result
}

extension CollectedCoverage {
  /// The objects that the tools can work on; the others become problems.
  fileprivate mutating func open(
    _ counters: [ObjectCounters]
  ) -> [(counters: ObjectCounters, object: LLVMObject)] {
    var objects: [(counters: ObjectCounters, object: LLVMObject)] = []
    for one in counters {
      guard one.source == .llvm else {
        problems.append(ObjectProblem(.unknownSource(one.source), one))
        continue
      }
      do {
        objects.append((one, try LLVMObject(one)))
      } catch {
        problems.append(error)
      }
    }
    return objects
  }

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

/// Runs an operation for each element, at most `width` at once; answers in the order of the elements.
func concurrently<Element: Sendable, Answer: Sendable>(
  _ elements: some Sequence<Element>, width: Int,
  _ operation: @escaping @Sendable (Element) async throws -> Answer
) async throws -> [Answer] {
  try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
    var answers: [Int: Answer] = [:]
    var running = 0
    for (index, element) in elements.enumerated() {
      if running == max(width, 1), let (done, answer) = try await group.next() {
        answers[done] = answer
        running -= 1
      }
      group.addTask { (index, try await operation(element)) }
      running += 1
    }
    while let (done, answer) = try await group.next() { answers[done] = answer }
    return answers.sorted { $0.key < $1.key }.map(\.value)
  }
}
