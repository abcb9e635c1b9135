import SalvageRecord
import SystemPackage

/// Units of a gcc that we do not know, by its own gcov: our counts are written as `.gcda` files, one for each
/// unit, and read through gcov's JSON.
struct GcovByTool {
  let objects: [ObjectCounters]
  let request: CoverageRequest

  /// - Parameter isAlone: there are no other units; it throws where none of these can be read.
  func coverage(
    of units: [GcovReading.Input], isAlone: Bool
  ) async throws -> CollectedCoverage {
    var result = CollectedCoverage()
    var tools: [Int: GcovTool] = [:]
    var missing: GcovToolError?
    let versions = Dictionary(grouping: units) { $0.data.version.major ?? 0 }
    for (major, units) in versions.sorted(by: { $0.key < $1.key }) {
      do throws(GcovToolError) {
        tools[major] = try await request.search.gcov.tool(ofMajorVersion: major)
      } catch {
        missing = error
        result.problems += Dictionary(grouping: units, by: \.object).sorted { $0.key < $1.key }
          .map { object, units in
            ObjectProblem(.noTool("\(units[0].name) \(error)"), objects[object])
          }
      }
    }
    if isAlone, tools.isEmpty, let missing { throw missing }
    let known = units.filter { tools[$0.data.version.major ?? 0] != nil }
    // One object after the other is slower, and tells which of them ran a line.
    let groups =
      request.content.contains(.objects)
      ? Dictionary(grouping: known, by: \.object).sorted { $0.key < $1.key }.map(\.value) : [known]
    var parts: [Coverage] = []
    for group in groups {
      let part = try await settled(group, tools, &result)
      parts.append(part.attributed(to: group.first?.objectName))
    }
    result.coverage = Coverage.joined(parts)
    return result
  }

  private func settled(
    _ known: [GcovReading.Input], _ tools: [Int: GcovTool], _ result: inout CollectedCoverage
  ) async throws -> Coverage {
    let exact = try await read(known.map { (unit: $0, data: $0.data) }, tools)
    result.problems += exact.problems
    result.notes += exact.notes
    guard known.contains(where: { $0.whole != nil }) else { return exact.coverage }
    let whole = try await read(known.map { (unit: $0, data: $0.whole ?? $0.data) }, tools)
    var coverage = exact.coverage
    coverage.settle(by: whole.coverage, lacking: known.contains(where: \.historyLacks))
    return coverage
  }

  private func read(
    _ units: [(unit: GcovReading.Input, data: GcovData)], _ tools: [Int: GcovTool]
  ) async throws -> CollectedCoverage {
    var result = CollectedCoverage()
    var batches: [(tool: GcovTool, units: [GcovToolExport.Input])] = []
    for (major, tool) in tools.sorted(by: { $0.key < $1.key }) {
      let inputs = units.enumerated().filter { $0.element.data.version.major == major }.map {
        GcovToolExport.Input(
          index: $0.offset, name: $0.element.unit.name, data: $0.element.data,
          notes: $0.element.unit.notes)
      }
      batches += Self.batches(inputs).map { (tool, $0) }
    }
    let answers = try await concurrently(batches, width: processorCount()) { batch in
      try await GcovToolExport(tool: batch.tool, scratch: request.scratch).run(batch.units)
    }
    result.coverage = Coverage.joined(answers.map(\.coverage))
    result.notes = answers.flatMap(\.notes)
    result.problems = answers.flatMap(\.failures).map { failure in
      ObjectProblem(.toolFailed(failure.message), objects[units[failure.index].unit.object])
    }
    return result
  }

  /// Starting a gcov costs as much as a few small units; a batch is small enough that every processor
  /// has some, and its output stays in the cache.
  private static func batches(_ units: [GcovToolExport.Input]) -> [[GcovToolExport.Input]] {
    let size = min(32, max(1, units.count / (2 * processorCount())))
    return stride(from: 0, to: units.count, by: size).map {
      Array(units[$0..<min($0 + size, units.count)])
    }
  }
}
