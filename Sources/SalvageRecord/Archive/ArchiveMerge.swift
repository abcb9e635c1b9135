package import SystemPackage

/// Adds archives to one. Any order of any partial sums gives the same bytes. One archive is read at a time; what
/// stays in memory is the sum of the counters, and a few hundred bytes for each input.
package struct ArchiveMerge {
  private struct Input {
    var path: FilePath
    /// By which a file is known that was gone through.
    var checksum: UInt32
    var recordings: [Contained]
  }

  /// Where a section is that is copied.
  private struct Place {
    var input: Int
    var entry: ArchiveEntry
  }

  private let inputs: [Input]
  package let containment: Containment

  /// Looks at all inputs; throws what speaks against adding them.
  package init(_ paths: [FilePath]) throws(RecordError) {
    var inputs: [Input] = []
    for path in paths {
      let archive = try Archive(path)
      inputs.append(
        Input(path: path, checksum: archive.checksum, recordings: try archive.contained()))
    }
    self.inputs = inputs
    containment = try Containment(
      inputs.map {
        Containment.Input(path: $0.path, recordings: $0.recordings, rank: UInt64($0.checksum))
      }
    ) { (number, one) throws(RecordError) in
      let archive = try Archive(inputs[number].path, known: inputs[number].checksum)
      return try archive.ledger(of: one).lives.sortedIDs
    }
  }

  /// The recordings in the sum.
  package var recordings: [Contained] {
    containment.kept.flatMap { inputs[$0].recordings }.sorted { $0.name < $1.name }
  }

  private func open(_ number: Int) throws(RecordError) -> Archive {
    try Archive(inputs[number].path, known: inputs[number].checksum)
  }

  package func write(to sink: @escaping ArchiveWriter.Sink) throws {
    var totals = CounterTotals()
    var places: [ArchiveSection: [ArchiveEntry.Name: Place]] = [:]
    for number in containment.kept {
      let archive = try open(number)
      try archive.add(to: &totals)
      for entry in archive.entries where entry.kind != .counters {
        let place = places[entry.kind]?[entry.name]
        if let place, !entry.outranks(place.entry) { continue }
        places[entry.kind, default: [:]][entry.name] = Place(input: number, entry: entry)
      }
    }
    let writer = try ArchiveWriter(sink)
    for kind in ArchiveSection.allCases {
      if kind == .counters {
        try writer.section(.counters, ArchiveEntry.Name(0)) { try $0.counters(totals.sorted) }
        continue
      }
      for (_, place) in (places[kind] ?? [:]).sorted(by: { $0.key < $1.key }) {
        try writer.copy(place.entry, of: try open(place.input))
      }
    }
    try writer.finish()
  }
}

extension ArchiveWriter {
  /// All of one recording.
  /// - Parameter sources: paths, and what reads them; those that cannot be read are left out.
  package func write(
    _ shard: Shard, sources: [String] = [], _ text: (String) -> [UInt8]? = { _ in nil }
  ) throws {
    try section(.recording, shard.contained.name) { try $0.contained(shard.contained) }
    try section(.ledger, shard.contained.name) { try $0.ledger(shard.ledger) }
    var totals = CounterTotals()
    for object in shard.objects { totals.add(object) }
    try section(.counters, ArchiveEntry.Name(0)) { try $0.counters(totals.sorted) }
    var kept: [UInt64: FilePath] = [:]
    for object in shard.objects { kept[object.identity] = object.keptObject }
    for (identity, path) in kept.sorted(by: { $0.key < $1.key }) {
      let file = try RecordFile(path)
      try section(.object, ArchiveEntry.Name(identity)) { packer in
        for start in stride(from: 0, to: file.size, by: 1 << 20) {
          try file.bytes(start..<start + 1 << 20).withUnsafeBytes { try packer.bytes($0) }
        }
      }
    }
    let named = sources.map { (ArchiveEntry.Name(source: $0), $0) }.sorted { $0.0 < $1.0 }
    for (name, path) in named {
      guard let text = text(path) else { continue }
      try section(.source, name) { packer in
        try packer.text(path)
        try packer.list(text)
      }
    }
    try finish()
  }
}

extension ArchiveEntry.Name {
  /// Of a source, by its path.
  package init(source path: String) {
    let bytes = Array(path.utf8)
    self.init(contentHash(seed: 11, bytes[...]), contentHash(seed: 13, bytes[...]))
  }
}
