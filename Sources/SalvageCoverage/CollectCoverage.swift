package import SalvageRecord
import SalvageSystem

/// The coverage of a set of objects, and what is missing in it.
package struct CollectedCoverage: Sendable {
  package var coverage: Coverage
  /// Objects that are not in it, each with its reason.
  package var problems: [ObjectProblem]
  /// What the tools remarked about objects that are in it, one line each.
  package var notes: [String]
  /// Sources that are newer than a program in it.
  package var outdated: [OutdatedSource] = []

  init(
    coverage: Coverage = Coverage(), problems: [ObjectProblem] = [], notes: [String] = []
  ) {
    self.coverage = coverage
    self.problems = problems
    self.notes = notes
  }
}

/// Turns the summed counters of objects into coverage, each source by its own means.
///
/// As many tools as there are processors run at once; the result is in the order of the sources,
/// and for each in that of `counters`.
/// - Parameters:
///   - counters: what the recording has; several of one identity (contexts, users) are added up.
///   - content: what the reports need. Regions are about five times the cost of lines.
///   - search: where to look for the tools.
///   - builds: of programs that were built again between their runs.
///   - sources: texts that are known without reading the file at the path.
///   - hasExec: a process with counters became another program.
/// - Throws: ``ToolsError`` where there are no tools, ``ScratchError`` where no temporary
///   file can be written. What is wrong with one object is in ``CollectedCoverage/problems``.
package func collectCoverage(
  of counters: [ObjectCounters], content: Coverage.Content = .lines,
  search: ToolSearch = ToolSearch(), builds: BuildChoice = .newest,
  sources: @escaping SourceLookup = { _ in nil }, hasExec: Bool = false
) async throws -> CollectedCoverage {
  var result = CollectedCoverage(coverage: Coverage(content: content))
  let all = ObjectCounters.joined(counters)
  guard !all.isEmpty else { return result }
  let request = CoverageRequest(
    content: content, search: search, scratch: try ScratchFolder(), sources: sources,
    hasExec: hasExec)
  let chosen = try await ChosenBuilds(of: all, builds, request)
  let objects = chosen.objects
  result.notes += chosen.notes
  var parts: [Coverage] = []
  for reader in coverageSources {
    let own = objects.filter { $0.source == reader.source }
    guard !own.isEmpty else { continue }
    WorkProgress.begin("reading what programs say of their sources", of: own.count)
    do {
      let part = try await reader.init().coverage(of: own, for: request)
      parts.append(part.coverage.carrying(content))
      result.problems += part.problems
      result.notes += part.notes
    } catch let error as any ToolsError where own.count < objects.count {
      result.problems += own.map { ObjectProblem(.noTool(error.description), $0) }
    }
  }
  result.notes += objects.filter(\.historyLacks).map(\.forksAtUnknownPlaces)
  let known = Set(coverageSources.map { $0.source })
  result.problems += objects.filter { !known.contains($0.source) }.map {
    ObjectProblem(.unknownSource($0.source), $0)
  }
  if parts.contains(where: { !$0.files.isEmpty }) {
    WorkProgress.begin("adding up")
    let joined = Coverage.joined(parts, functions: .name)
    result.outdated = await OutdatedSource.find(in: joined, objects, request)
    result.coverage = joined.joiningLinks()
  }
  return result
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
        WorkProgress.step()
      }
      group.addTask { (index, try await operation(element)) }
      running += 1
    }
    while let (done, answer) = try await group.next() {
      answers[done] = answer
      WorkProgress.step()
    }
    return answers.sorted { $0.key < $1.key }.map(\.value)
  }
}
