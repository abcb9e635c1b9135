import SalvageRecord
import SystemPackage

/// gcc's `--coverage`, by its own gcov: our counts are written as `.gcda` files, one for each compiled
/// unit, and read through gcov's JSON.
struct GcovSource: CoverageSource {
  static let source = Source.gcov

  func coverage(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> CollectedCoverage {
    var result = try await exactCoverage(of: objects, for: request)
    let forked = objects.compactMap(\.withHistory)
    guard !forked.isEmpty else { return result }
    let whole = try await exactCoverage(of: forked, for: request)
    result.coverage.settle(
      by: whole.coverage,
      lacking: forked.count < objects.count || forked.contains(where: \.historyLacks))
    return result
  }

  private func exactCoverage(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> CollectedCoverage {
    var work = GcovWork()
    for counters in objects { work.add(counters) }
    var result = CollectedCoverage(problems: work.problems, notes: work.notes)
    var batches: [(tool: GcovTool, units: [GcovExport.Input])] = []
    var missing: GcovToolError?
    for (major, units) in work.units.sorted(by: { $0.key < $1.key }) {
      do throws(GcovToolError) {
        let tool = try await request.search.gcov.tool(ofMajorVersion: major)
        batches += Self.batches(units).map { (tool, $0) }
      } catch {
        missing = error
        let owners = Set(units.map { work.owners[$0.index] }).sorted()
        result.problems += owners.map { ObjectProblem(.noTool(error.description), objects[$0]) }
      }
    }
    if batches.isEmpty, let missing { throw missing }
    let answers = try await concurrently(batches, width: processorCount()) { batch in
      try await GcovExport(tool: batch.tool, scratch: request.scratch).run(batch.units)
    }
    result.coverage = Coverage.joined(answers.map(\.coverage))
    result.notes += answers.flatMap(\.notes)
    result.problems += answers.flatMap(\.failures).map { failure in
      ObjectProblem(.toolFailed(failure.message), objects[work.owners[failure.index]])
    }
    return result
  }

  /// Starting a gcov costs as much as a few small units; a batch is small enough that every processor
  /// has some, and its output stays in the cache.
  private static func batches(_ units: [GcovExport.Input]) -> [[GcovExport.Input]] {
    let size = min(32, max(1, units.count / (2 * processorCount())))
    return stride(from: 0, to: units.count, by: size).map {
      Array(units[$0..<min($0 + size, units.count)])
    }
  }
}

/// The units of all objects that gcov can be asked about, by gcc's major version.
private struct GcovWork {
  var units: [Int: [GcovExport.Input]] = [:]
  /// For each unit the place of its object.
  var owners: [Int] = []
  var problems: [ObjectProblem] = []
  var notes: [String] = []
  private var objects = 0

  mutating func add(_ counters: ObjectCounters) {
    defer { objects += 1 }
    do {
      let object = try GcovObject(counters)
      if object.hasExportedOnly {
        notes.append(
          "\(counters.origin?.string ?? hex(counters.identity)): reports do not show its conditions and"
            + " paths; gcov does, of `salvage export --format gcda`")
      }
      var failures: [GcovNotesFile.Failure] = []
      for unit in object.units {
        do throws(GcovNotesFile.Failure) {
          let notes = try GcovNotesFile(of: unit)
          let input = GcovExport.Input(
            index: owners.count, name: unit.name, data: unit.data, notes: notes)
          units[unit.data.version.major ?? 0, default: []].append(input)
          owners.append(objects)
        } catch {
          failures.append(error)
        }
      }
      problems += GcovNotesFile.problems(failures).map { ObjectProblem($0, counters) }
    } catch {
      problems.append(error)
    }
  }
}
