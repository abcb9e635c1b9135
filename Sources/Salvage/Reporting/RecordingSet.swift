import Glibc
import SalvageCoverage
public import SalvageRecord
import SalvageSystem
public import SystemPackage

/// One recording or archive, or several, as reports and ledgers read them: their sum.
///
///     let all = try RecordingSet.open(["unit.salvage", "nightly.archive"])
///     let report = try await all.coverage()
///
/// Objects that `counters()` answers with may have files in a temporary folder, which is there as long as
/// the set.
public struct RecordingSet: Sendable {
  enum Input: Sendable {
    case directory(Recording)
    /// With what was read of it, to be compared with others.
    case read(Recording, Shard)
    case archive(Archive, [Contained])
  }

  /// Without those that another one contains.
  let inputs: [Input]
  /// What the user should know, one line each: archives that are in another one, or of a recording in use.
  public let notes: [String]
  private let folder: ScratchFolder?
  let sources: ArchivedSources

  /// One recording alone.
  public init(_ recording: Recording) {
    inputs = [.directory(recording)]
    notes = []
    folder = nil
    sources = ArchivedSources()
  }

  /// Opens recordings and archives. What another one contains is left out; where two have only a part in common,
  /// that is an error, for it would count twice.
  public static func open(_ paths: [FilePath]) throws(SalvageError) -> RecordingSet {
    if paths.count == 1, archive(paths[0]) == nil {
      return RecordingSet(try Recording.open(paths[0]))
    }
    do {
      return try RecordingSet(paths)
    } catch let error as SalvageError {
      throw error
    } catch {
      throw .unreadable(error)
    }
  }

  private init(_ paths: [FilePath]) throws {
    var all: [Input] = []
    for path in paths { all.append(try Self.input(path)) }
    let containment = try Containment(zip(paths, all).map { $1.compared(as: $0) }) {
      (number, one) throws(RecordError) in try all[number].lives(of: one)
    }
    inputs = containment.kept.map { all[$0] }
    notes =
      containment.left.map { "\(paths[$0.input]) is left out: \(paths[$0.within]) contains it" }
      + containment.kept.flatMap { number in
        all[number].recordings.filter { $0.running > 0 && all[number].isArchive }.map {
          "\(paths[number]): \($0.running == 1 ? "a process was" : "\($0.running) processes were") running when"
            + " it was archived"
        }
      }
    folder = try ScratchFolder()
    sources = try ArchivedSources(inputs)
  }

  /// The archive at a path, which may be a link to it; nil where something else is.
  static func archive(_ path: FilePath) -> FilePath? {
    path.resolved.flatMap { Archive.isArchive($0) ? $0 : nil }
  }

  private static func input(_ path: FilePath) throws -> Input {
    if let file = archive(path) {
      let archive = try Archive(file)
      return .archive(archive, try archive.contained())
    }
    let recording = try Recording.open(path)
    return .read(recording, try RecordingReader(recording.directory).shard())
  }

  // MARK: Reading

  /// The process trees: every life with how it ended and what of it is lost.
  public func contents() throws(SalvageError) -> RecordingContents {
    if case .directory(let recording) = inputs.first { return try recording.contents() }
    return try joinedLedgers().contents
  }

  /// The counters of every object, added up over all processes.
  package func counters() throws(SalvageError) -> CounterReading {
    if case .directory(let recording) = inputs.first { return try recording.counters() }
    return CounterReading(objects: try objects(), losses: try joinedLedgers().counterLosses)
  }

  /// Both. A ledger may be large: that of an archive is gone through once for both.
  func reading() throws(SalvageError) -> (counters: CounterReading, contents: RecordingContents) {
    if case .directory(let recording) = inputs.first {
      // In this order each life that counted is on the ledger.
      let counters = try recording.counters()
      return (counters, try recording.contents())
    }
    let objects = try objects()
    let ledgers = try joinedLedgers()
    return (CounterReading(objects: objects, losses: ledgers.counterLosses), ledgers.contents)
  }

  private func joinedLedgers() throws(SalvageError) -> JoinedLedgers {
    do throws(RecordError) {
      guard let joined = try JoinedLedgers(ledgers) else { throw RecordError("", .foreign) }
      return joined
    } catch {
      throw .unreadable(error)
    }
  }

  /// Each is read as its turn comes.
  private var ledgers: [JoinedLedgers.Part] {
    inputs.flatMap { input -> [JoinedLedgers.Part] in
      switch input {
      case .directory: []
      case .read(_, let shard):
        [
          JoinedLedgers.Part(shard.contained) { (lives: inout Lives) throws(RecordError) in
            lives.append(contentsOf: shard.ledger.lives)
            return shard.ledger
          }
        ]
      case .archive(let archive, let all):
        all.map { JoinedLedgers.Part($0, of: archive) }
      }
    }
  }

  /// The counters alone.
  private func objects() throws(SalvageError) -> [ObjectCounters] {
    do {
      var totals = CounterTotals()
      for input in inputs {
        switch input {
        case .directory: break
        case .read(_, let shard):
          for object in shard.objects { totals.add(object) }
        case .archive(let archive, _): try archive.add(to: &totals)
        }
      }
      var objects = totals.sorted
      try keep(of: &objects)
      objects.formLots(inputs.flatMap(\.recordings))
      return objects
    } catch {
      throw .unreadable(error)
    }
  }

  /// Gives each object its sections; of several the same ones that a merge would choose.
  private func keep(of objects: inout [ObjectCounters]) throws {
    var places: [UInt64: (archive: Archive, entry: ArchiveEntry)] = [:]
    var files: [UInt64: (path: FilePath, size: Int)] = [:]
    for input in inputs {
      switch input {
      case .directory: break
      case .read(_, let shard):
        for object in shard.objects {
          guard let path = object.keptObject, let size = path.status()?.st_size else { continue }
          if files[object.identity].map({ $0.size < size }) ?? true {
            files[object.identity] = (path, Int(size))
          }
        }
      case .archive(let archive, _):
        for entry in archive.entries(.object) {
          if let other = places[entry.name.high], !entry.outranks(other.entry) { continue }
          places[entry.name.high] = (archive, entry)
        }
      }
    }
    var kept: [UInt64: FilePath] = [:]
    for index in objects.indices where objects[index].source != .python {
      let identity = objects[index].identity
      if kept[identity] == nil {
        let (file, place) = (files[identity], places[identity])
        if let place, let folder, file.map({ $0.size < place.entry.raw }) ?? true {
          let path = folder.file(hex(identity) + ".obj")
          try place.archive.extract(place.entry, to: path)
          kept[identity] = path
        } else {
          kept[identity] = file?.path
        }
      }
      if let path = kept[identity] { objects[index].keep(path) }
    }
  }

  /// Which Python code was to be recorded.
  var pythonRules: [PythonRules.Rule] {
    var rules: [PythonRules.Rule] = []
    for input in inputs {
      switch input {
      case .directory(let recording): return PythonRules.stored(in: recording.directory)
      case .read, .archive:
        for one in input.recordings.sorted(by: { $0.settings.created < $1.settings.created }) {
          rules += PythonRules.rules(one.rules).filter { !rules.contains($0) }
        }
      }
    }
    return rules
  }

  /// For messages.
  var text: String { inputs.map(\.path.string).joined(separator: ", ") }
}

extension RecordingSet.Input {
  var recordings: [Contained] {
    switch self {
    case .directory: []
    case .read(_, let shard): [shard.contained]
    case .archive(_, let all): all
    }
  }

  var isArchive: Bool { if case .archive = self { true } else { false } }

  var path: FilePath {
    switch self {
    case .directory(let recording), .read(let recording, _): recording.directory
    case .archive(let archive, _): archive.path
    }
  }

  func compared(as path: FilePath) -> Containment.Input {
    var rank: UInt64 = 0
    if case .archive(let archive, _) = self { rank = UInt64(archive.checksum) + 1 }
    return Containment.Input(path: path, recordings: recordings, rank: rank)
  }

  func lives(of one: Contained) throws(RecordError) -> [UInt64] {
    switch self {
    case .directory: []
    case .read(_, let shard): shard.ledger.lives.sortedIDs
    case .archive(let archive, _): try archive.ledger(of: one).lives.sortedIDs
    }
  }
}

/// The sources that archives hold, by their paths.
struct ArchivedSources: Sendable {
  private var places: [String: (archive: Archive, entry: ArchiveEntry)] = [:]

  init() {}

  init(_ inputs: [RecordingSet.Input]) throws {
    for case .archive(let archive, _) in inputs {
      for entry in archive.entries(.source) {
        let path = try archive.unpacker(entry).text()
        if let other = places[path], !entry.outranks(other.entry) { continue }
        places[path] = (archive, entry)
      }
    }
  }

  var paths: Set<String> { Set(places.keys) }

  func text(_ path: String) -> [UInt8]? {
    guard let place = places[path] else { return nil }
    return try? place.archive.source(place.entry).text
  }

  /// As a report names its files.
  func mapped(_ name: (String) -> String) -> ArchivedSources {
    guard !places.isEmpty else { return self }
    var result = self
    for (path, place) in places { result.places[name(path)] = place }
    return result
  }
}
