import Glibc
import SalvageSystem
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
      lives: contents.lives.count,
      ended: contents.lives.indices.count { contents.lives.way(at: $0) != .running })
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
package struct JoinedLedgers {
  /// One of them.
  package struct Part {
    package var recording: Contained
    /// Appends its lives to others, and answers with the rest.
    package var read: (inout Lives) throws(RecordError) -> LedgerPart

    package init(
      _ recording: Contained, _ read: @escaping (inout Lives) throws(RecordError) -> LedgerPart
    ) {
      self.recording = recording
      self.read = read
    }

    package init(_ recording: Contained, of archive: Archive) {
      self.init(recording) { (lives: inout Lives) throws(RecordError) in
        try archive.ledger(of: recording, to: &lives)
      }
    }
  }

  package let contents: RecordingContents
  /// What was met as counters were read.
  package let counterLosses: [Loss]

  /// Nil where there is none.
  package init?(_ parts: [Part]) throws(RecordError) {
    let parts = parts.sorted { $0.recording.name < $1.recording.name }
    guard let first = parts.first else { return nil }
    var sum = LedgerSum()
    for (number, part) in parts.enumerated() {
      try sum.add(part, isLast: number == parts.count - 1)
    }
    sum.runs.sort { ($0.started, $0.life) < ($1.started, $1.life) }
    sum.lives.sort()
    contents = RecordingContents(
      settings: first.recording.settings, runs: sum.runs, lives: sum.lives,
      losses: Losses(of: sum.lives, others: sum.losses), problems: [])
    counterLosses = sum.counterLosses
  }
}

/// One ledger after the other.
private struct LedgerSum {
  var lives = Lives()
  var runs: [RunNote] = []
  var losses: [Loss] = []
  var counterLosses: [Loss] = []
  private var index = LifeIndex()

  mutating func add(_ part: JoinedLedgers.Part, isLast: Bool) throws(RecordError) {
    let start = lives.count
    var rest = try part.read(&lives)
    lives.setMachine(part.recording.machine, from: start)
    // Ids are unique in one recording alone.
    if (start..<lives.count).contains(where: {
      index.position(of: lives.id(at: $0), in: lives) != nil
    }) {
      let id = part.recording.id
      let mask = contentHash(seed: id.high, bytes(of: id.low)[...]) << 32
      lives.rename(from: start, by: mask)
      for loss in rest.losses.indices { rest.losses[loss].life? ^= mask }
      for loss in rest.counterLosses.indices { rest.counterLosses[loss].life? ^= mask }
    }
    if !isLast { for life in start..<lives.count { _ = index.insert(life, lives.records) } }
    runs += rest.runs
    losses += rest.losses
    counterLosses += rest.counterLosses
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
