import Glibc
import SystemPackage

/// All of one recording that an archive has of it, but the kept objects and the sources.
package struct Shard: Sendable {
  package var contained: Contained
  package var ledger: LedgerPart
  package var objects: [ObjectCounters]
}

extension RecordingReader {
  /// What the recording holds now. One that is in use is read in a state in which each life that counted is on
  /// the ledger.
  package func shard() throws(RecordError) -> Shard {
    let counters = try counters()
    let contents = try contents()
    var progress = Contained.Progress(
      lives: contents.lives.count, ended: contents.lives.count { $0.end != .running })
    for object in counters.objects {
      let (sum, over) = progress.counted.addingReportingOverflow(object.counted)
      progress.counted = over ? .max : sum
    }
    let rules = try? RecordFile(directory.appending("python")).bytes(0..<1 << 20)
    return Shard(
      contained: Contained(
        settings: contents.settings, machine: machine(contents.settings, contents.runs),
        progress: progress, rules: rules ?? [],
        objects: Set(counters.objects.lazy.filter { $0.source != .python }.map(\.identity))
          .sorted()),
      ledger: LedgerPart(contents, counterLosses: counters.losses), objects: counters.objects)
  }
}

/// The ledgers of several recordings as one.
package enum JoinedLedgers {
  package static func contents(_ parts: [(Contained, LedgerPart)]) -> RecordingContents? {
    let parts = parts.sorted { $0.0.name < $1.0.name }
    guard let first = parts.first else { return nil }
    var contents = RecordingContents(
      settings: first.0.settings, runs: [], lives: [], losses: [], problems: [])
    var seen: Set<UInt64> = []
    var others: [Loss] = []
    for (one, part) in parts {
      var part = part
      // Ids are unique in one recording alone.
      if part.lives.contains(where: { seen.contains($0.id) }) { part.rename(by: one.id) }
      for index in part.lives.indices { part.lives[index].machine = one.machine }
      seen.formUnion(part.lives.map(\.id))
      contents.runs += part.runs
      contents.lives += part.lives
      others += part.losses
    }
    contents.runs.sort { ($0.started, $0.life) < ($1.started, $1.life) }
    contents.lives.sort { ($0.born, $0.id) < ($1.born, $1.id) }
    contents.losses = contents.lives.flatMap(\.losses) + others
    return contents
  }
}

extension LedgerPart {
  /// Other ids for all lives, which stay as they belong together.
  fileprivate mutating func rename(by recording: RecordingID) {
    let mask = contentHash(seed: recording.high, bytes(of: recording.low)[...]) << 32
    for index in lives.indices {
      lives[index].id ^= mask
      lives[index].parent = lives[index].parent.map { $0 ^ mask }
      lives[index].killer = lives[index].killer.map { $0 ^ mask }
      for loss in lives[index].losses.indices { lives[index].losses[loss].life = lives[index].id }
    }
    for loss in losses.indices { losses[loss].life = losses[loss].life.map { $0 ^ mask } }
  }
}

extension [ObjectCounters] {
  /// Makes a lot of those objects at one path of which a recording has two: there one was built after the other. What
  /// never met in a recording was built side by side, as the cells of a matrix are, and all of it counts.
  package mutating func formLots(_ recordings: [Contained]) {
    var identities: [FilePath: Set<UInt64>] = [:]
    for object in self where object.source != .python {
      guard let origin = object.origin else { continue }
      identities[origin, default: []].insert(object.identity)
    }
    for (origin, known) in identities where known.count > 1 {
      var lots = Dictionary(uniqueKeysWithValues: known.sorted().enumerated().map { ($1, $0) })
      for one in recordings {
        let met = one.objects.filter { lots[$0] != nil }
        let joined = Set(met.compactMap { lots[$0] })
        guard let first = joined.min(), joined.count > 1 else { continue }
        for (identity, lot) in lots where joined.contains(lot) { lots[identity] = first }
      }
      for index in indices where self[index].origin == origin && self[index].source != .python {
        self[index].lot = lots[self[index].identity] ?? 0
      }
    }
  }
}
