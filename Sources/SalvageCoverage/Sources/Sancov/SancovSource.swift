import SalvageRecord
import SalvageSystem
import SystemPackage

/// clang's `-fsanitize-coverage`, by llvm-symbolizer: which blocks ran, and where they begin.
struct SancovSource: CoverageSource {
  static let source = Source.sancov
  static let exporters: [any CounterExporter.Type] = [SancovExporter.self]
  static let waysToBuild: [String] = ["-fsanitize-coverage=inline-bool-flag,pc-table (clang)"]

  static func findings(of image: ELFImage, at path: FilePath) -> [Finding] {
    SancovFindings.of(image, at: path)
  }

  func coverage(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> CollectedCoverage {
    let symbolizer = try await request.search.llvm.symbolizer()
    let outcomes = try await concurrently(objects.indices, width: processorCount()) { index in
      try await Self.outcome(objects[index], symbolizer, request.scratch, name: "sancov-\(index)")
        .map { $0.attributed(to: request.name(of: objects[index])) }
    }
    var result = CollectedCoverage()
    var parts: [Coverage] = []
    for outcome in outcomes {
      switch outcome {
      case .success(let coverage): parts.append(coverage)
      case .failure(let problem): result.problems.append(problem)
      }
    }
    if !parts.isEmpty { result.coverage = Coverage.joined(parts) }
    return result
  }

  private static func outcome(
    _ counters: ObjectCounters, _ symbolizer: Symbolizer, _ scratch: ScratchFolder, name: String
  ) async throws -> Result<Coverage, ObjectProblem> {
    do {
      let object = try SancovObject(counters)
      let places = try await symbolizer.places(
        of: object.blocks.queries, in: try object.debug(), scratch: scratch, name: name)
      let symbols = try object.symbols()
      let files = object.blocks.files(places: places) { symbols[$0] }
      // Where the debug information was too large to be kept, its tables know no address.
      guard !files.isEmpty else { return .failure(ObjectProblem(.noLines, counters)) }
      return .success(Coverage(files: files).resolvingRelative(near: counters.origin))
    } catch let problem as ObjectProblem {
      return .failure(problem)
    } catch let error as ScratchError {
      throw error
    } catch {
      return .failure(ObjectProblem(.toolFailed("\(error)"), counters))
    }
  }
}

/// An object with blocks, as the recording kept it.
struct SancovObject: Sendable {
  static let table = ".salvage.sancov.pcs"

  var blocks: SancovBlocks
  private let counters: ObjectCounters
  private let path: FilePath
  private let kept: ELFImage

  init(_ counters: ObjectCounters) throws(ObjectProblem) {
    guard let path = counters.keptObject else { throw ObjectProblem(.missing, counters) }
    self.counters = counters
    self.path = path
    (kept, blocks) = try Self.read(path, counters)
  }

  private static func read(
    _ path: FilePath, _ counters: ObjectCounters
  ) throws(ObjectProblem) -> (ELFImage, SancovBlocks) {
    do {
      let kept = try ELFImage(path: path)
      guard let table = kept.section(Self.table) else {
        throw ObjectProblem(.malformed("it has no \(Self.table)"), counters)
      }
      guard
        let blocks = SancovBlocks(table: try kept.bytes(of: table), regions: counters.regions)
      else { throw ObjectProblem(.foreignCounters, counters) }
      return (kept, blocks)
    } catch {
      throw Self.problem(error, counters)
    }
  }

  private static func problem(_ error: any Error, _ counters: ObjectCounters) -> ObjectProblem {
    switch error {
    case let problem as ObjectProblem: problem
    case ELFError.io(let path, let errno): ObjectProblem(.unreadable(path, errno), counters)
    default: ObjectProblem(.malformed("\(error)"), counters)
    }
  }

  /// Names of functions by address, for debug information that has lines only.
  func symbols() throws(ObjectProblem) -> [UInt64: String] {
    do {
      return try kept.functions()
    } catch {
      throw Self.problem(error, counters)
    }
  }

  /// The file that knows the lines: what the recording kept, or else the program itself or its debug
  /// file. A file outside of the recording is believed by its build id only.
  func debug() throws(ObjectProblem) -> FilePath {
    if DebugFile.hasLines(kept) { return path }
    do {
      let id = try kept.buildID()
      guard let id, let found = DebugFile.find(of: counters.origin, buildID: id) else {
        throw ObjectProblem(.noLines, counters)
      }
      return found
    } catch {
      throw Self.problem(error, counters)
    }
  }
}

extension ELFImage {
  /// The functions of `.symtab`, by address.
  fileprivate func functions() throws(ELFError) -> [UInt64: String] {
    var functions: [UInt64: String] = [:]
    _ = try forEachSymbol(of: .all) {
      if $0.isFunction { functions[$0.address] = String(name: $0.name) }
    }
    return functions
  }
}
