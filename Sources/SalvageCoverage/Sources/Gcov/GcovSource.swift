import SalvageRecord
import SalvageSystem
import SystemPackage

/// gcc's `--coverage`, and clang's: counters and notes of each compiled unit, read by ourselves; those of a gcc that we do not
/// know by its own gcov.
struct GcovSource: CoverageSource {
  static let source = Source.gcov
  static let exporters: [any CounterExporter.Type] = [GcovDataExporter.self]
  static let waysToBuild: [String] = ["--coverage (gcc, clang)"]

  static func findings(of image: ELFImage, at path: FilePath) -> [Finding] {
    GcovFindings.of(image)
  }

  /// Those whose program is still there.
  private static func wrongAroundExec(_ objects: [ObjectCounters]) -> [String] {
    Set(objects.compactMap(\.origin)).sorted { $0.string < $1.string }
      .filter { (try? ELFImage(path: $0)).map(GcovFindings.callsExec) ?? false }
      .map { "\($0) \(GcovFindings.aroundExec)" }
  }

  func coverage(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> CollectedCoverage {
    var work = GcovWork()
    for counters in objects { work.add(counters, called: request.name(of: counters)) }
    var result = CollectedCoverage(problems: work.problems, notes: work.notes)
    if request.hasExec { result.notes += Self.wrongAroundExec(objects) }
    let answers = try await concurrently(
      Self.batches(work.units), width: processorCount(), GcovReading.init)
    var unknown: [GcovReading.Input] = []
    for answer in answers {
      unknown += answer.unknown
      for (object, failures) in answer.failures {
        result.problems += GcovNotesFile.problems(failures).map {
          ObjectProblem($0, objects[object])
        }
      }
    }
    result.coverage = Coverage.joined(answers.map(\.coverage))
    for (index, object) in objects.enumerated() {
      let functions = answers.flatMap { $0.uncertain[index] ?? [] }
      if let first = functions.first {
        result.notes.append(object.countsWereLost(first, functions.count))
      }
    }
    guard !unknown.isEmpty else { return result }
    let others = try await GcovByTool(objects: objects, request: request)
      .coverage(of: unknown, isAlone: unknown.count == work.units.count)
    result.coverage.add(others.coverage)
    result.problems += others.problems
    result.notes += others.notes
    return result
  }

  /// Parts that are small enough for each processor to have several, and large enough to be worth a start.
  private static func batches(_ units: [GcovReading.Input]) -> [ArraySlice<GcovReading.Input>] {
    let size = min(64, max(1, units.count / (8 * processorCount())))
    return stride(from: 0, to: units.count, by: size).map {
      units[$0..<min($0 + size, units.count)]
    }
  }
}

extension ObjectCounters {
  /// For the user: some counts of it are torn.
  fileprivate func countsWereLost(_ function: String, _ count: Int) -> String {
    "\(origin?.string ?? hex(identity)): threads, or a child of vfork, overwrote each other's counts in \(function)"
      + (count > 1 ? " and \(count - 1) more functions" : "")
      + "; lines that may have run are shown as run; build with -fprofile-update=atomic for exact counts"
  }
}

/// The coverage of some units.
struct GcovReading: Sendable {
  /// A unit whose counters and notes are there.
  struct Input: Sendable {
    /// The number of its object.
    var object: Int
    /// What that is called; nil where nothing wants to know.
    var objectName: String?
    var name: FilePath
    var data: GcovData
    /// With what led to the lives that began by a fork in the middle of functions; nil where that is the same.
    var whole: GcovData?
    /// Such lives are not all in `whole`.
    var historyLacks: Bool
    var notes: GcovNotesFile
  }

  var coverage = Coverage()
  /// By the number of their object.
  var failures: [Int: [GcovNotesFile.Failure]] = [:]
  /// Functions of which some counts cannot be told, by the number of their object.
  var uncertain: [Int: [String]] = [:]
  /// Those of a gcc that we do not know.
  var unknown: [Input] = []

  @Sendable init(_ inputs: ArraySlice<Input>) {
    var parts: [Coverage] = []
    for input in inputs {
      do throws(GcovNotesFile.Failure) {
        let part = try coverage(of: input).resolvingRelative(near: input.name)
        parts.append(part.attributed(to: input.objectName))
      } catch {
        if case .damaged(_, .unknownVersion) = error {
          unknown.append(input)
        } else {
          failures[input.object, default: []].append(error)
        }
      }
    }
    coverage = Coverage.joined(parts)
  }

  private static func unit(
    _ input: Input, _ notes: [UInt8], _ data: GcovData, repairs: Bool
  ) throws(GcovNotesFile.Failure) -> GcovUnit {
    do throws(GcovGraphError) {
      return try GcovUnit(notes: notes, data: data, repairs: repairs)
    } catch {
      throw .damaged(input.notesPath, error)
    }
  }

  private mutating func coverage(of input: Input) throws(GcovNotesFile.Failure) -> Coverage {
    let notes = try input.notes.bytes()
    let exact = try Self.unit(input, notes, input.data, repairs: input.whole == nil)
    guard let data = input.whole else {
      take(exact.uncertain, of: input)
      return Coverage(exact)
    }
    let whole = try Self.unit(input, notes, data, repairs: true)
    take(whole.uncertain, of: input)
    var result = Coverage(exact)
    result.settle(by: Coverage(whole), lacking: input.historyLacks)
    return result
  }

  private mutating func take(_ functions: [String], of input: Input) {
    // Where forks are not known, the report says so.
    guard !functions.isEmpty, !input.historyLacks else { return }
    uncertain[input.object, default: []] += functions
  }
}

extension GcovReading.Input {
  /// For messages.
  var notesPath: FilePath {
    if case .file(let path) = notes { return path }
    return GcovNotesFile.places(forData: name)[0]
  }
}

extension Coverage {
  init(_ unit: GcovUnit) {
    self.init(
      files: unit.files.map(SourceFile.init).sorted {
        $0.path.utf8.lexicographicallyPrecedes($1.path.utf8)
      })
  }
}

/// The units of all objects whose counters and notes are there.
private struct GcovWork {
  var units: [GcovReading.Input] = []
  var problems: [ObjectProblem] = []
  var notes: [String] = []
  private var objects = 0

  mutating func add(_ counters: ObjectCounters, called objectName: String?) {
    defer { objects += 1 }
    do {
      let object = try GcovObject(counters)
      let whole = try counters.withHistory.map(GcovObject.init)
      if object.hasExportedOnly {
        notes.append(
          "\(counters.origin?.string ?? hex(counters.identity)): reports do not show its paths; gcov does, of"
            + " `salvage export --format gcda`")
      }
      var failures: [GcovNotesFile.Failure] = []
      for (index, unit) in object.units.enumerated() {
        do throws(GcovNotesFile.Failure) {
          let notes = try GcovNotesFile(of: unit)
          let other = whole?.units[index].data
          units.append(
            GcovReading.Input(
              object: objects, objectName: objectName, name: unit.name, data: unit.data,
              whole: other?.functions == unit.data.functions ? nil : other,
              historyLacks: counters.historyLacks, notes: notes))
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
