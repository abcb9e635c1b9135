import CSalvageABI
import Glibc
import SalvageSystem
package import SystemPackage

/// The counters of a recording, and what of them could not be read.
package struct CounterReading: Sendable {
  package var objects: [ObjectCounters]
  package var losses: [Loss]

  package init(objects: [ObjectCounters], losses: [Loss]) {
    self.objects = objects
    self.losses = losses
  }

  /// By identity, context and source; Python behind, by context, path and key.
  fileprivate mutating func sort() {
    let native = objects.filter { $0.source != .python }.sorted {
      ($0.identity, $0.context, $0.source.rawValue) < ($1.identity, $1.context, $1.source.rawValue)
    }
    let python = objects.filter { $0.source == .python }
      .map { (path: $0.origin?.name ?? "", object: $0) }
      .sorted {
        ($0.object.context, $0.path, $0.object.identity)
          < ($1.object.context, $1.path, $1.object.identity)
      }
    objects = native + python.map(\.object)
  }
}

extension RecordingReader {
  /// Adds up the counters of every object and context over all counter files of all users. An object
  /// with counters of several sources is there once for each.
  ///
  /// Files of one object whose regions differ are not added: the first is kept, the others are losses.
  package func counters() throws(RecordError) -> CounterReading {
    try WorkProgress.part("reading counters") { () throws(RecordError) in try countersNow() }
  }

  private func countersNow() throws(RecordError) -> CounterReading {
    let settings = try settings()
    var result = CounterReading(objects: [], losses: [])
    var places: [CounterPlace: Int] = [:]
    var kept: [UInt64: FilePath] = [:]
    let users = userDirectories(settings)
    var claims = Claims()
    for user in users { kept.merge(keptObjects(user)) { _, other in other } }
    for user in users {
      let names = user.childNames
      WorkProgress.expect(names.count)
      var births: [CounterFileName.Object: Births] = [:]
      for name in names {
        WorkProgress.step()
        guard let parsed = CounterFileName(name) else { continue }
        let path = user.appending(name)
        do throws(RecordError) {
          let sums = try CounterFile.sums(path, &claims)
          guard sums.layout.identity == parsed.object.identity else {
            throw RecordError(path, .malformed("it holds the counters of another object"))
          }
          if sums.missingSlots > 0 {
            result.losses.append(damaged(RecordError(path, .truncated(sums.size))))
          }
          try add(sums, parsed.object, path: path, to: &result, places: &places)
          births[parsed.object, default: Births(layout: sums.layout)].counts.add(sums.births)
        } catch {
          result.losses.append(damaged(error))
        }
      }
      for (object, births) in births { addHistory(of: object, births, user, &result, places) }
    }
    for user in users { readPython(user, settings.created, &result, &claims) }
    result.objects += unused(kept, Set(result.objects.map(\.identity)))
    for index in result.objects.indices {
      guard let path = kept[result.objects[index].identity] else { continue }
      var status = stat()
      if path.withPlatformString({ lstat($0, &status) }) == 0 {
        result.objects[index].met = status.st_mtim.time
      }
      result.objects[index].keep(path)
    }
    addCandidates(users, &result)
    // Several users' objects come in one order, as those of one user do.
    if users.count > 1 { result.sort() }
    return result
  }

  private func keptObjects(_ user: FilePath) -> [UInt64: FilePath] {
    var result: [UInt64: FilePath] = [:]
    for name in user.childNames where name.hasSuffix(".obj") {
      if let identity = UInt64(name.dropLast(4), radix: 16) {
        result[identity] = user.appending(name)
      }
    }
    return result
  }

  /// Kept objects that are instrumented and have no counters, for none of their functions is in use.
  private func unused(_ kept: [UInt64: FilePath], _ counted: Set<UInt64>) -> [ObjectCounters] {
    kept.filter { !counted.contains($0.key) }.sorted { $0.key < $1.key }
      .flatMap { identity, path in
        guard let image = try? ELFImage(path: path),
          let section = image.section(SLV_UNUSED_SECTION),
          let set = try? image.bytes(of: section, limit: 4).structure(UInt32.self, at: 0)
        else { return [ObjectCounters]() }
        return Source.allCases.filter { set & 1 << $0.rawValue != 0 }.map {
          ObjectCounters(identity: identity, source: $0, regions: [], lives: 0)
        }
      }
  }

  /// For objects whose sections could not be kept (full disk, file size limit).
  private func addCandidates(_ users: [FilePath], _ result: inout CounterReading) {
    let isLost = { (one: ObjectCounters) in one.keptObject == nil && one.source != .python }
    guard result.objects.contains(where: isLost) else { return }
    let known = Set(result.objects.compactMap(\.origin))
    let ran = programs(users).filter { !known.contains($0) }
    for index in result.objects.indices where isLost(result.objects[index]) {
      result.objects[index].candidates = ran
    }
  }

  /// The lines of Python code, each source an object of its own; an empty one has nothing to say.
  private func readPython(
    _ user: FilePath, _ created: UInt64, _ result: inout CounterReading, _ claims: inout Claims
  ) {
    for name in user.childNames {
      guard let context = PythonArena.context(ofName: name) else { continue }
      do throws(RecordError) {
        let arena = try PythonArena(user.appending(name), &claims)
        result.losses += arena.problems.map(damaged)
        for block in arena.blocks {
          var object = ObjectCounters(
            identity: block.key, context: context, source: .python,
            regions: [
              Region(address: 0, kind: .or8, bytes: block.lines),
              Region(address: 1, kind: .or8, bytes: block.entered),
              Region(address: 2, kind: .or8, bytes: block.taken),
            ],
            lives: 0, origin: FilePath(name: block.path), python: block.code)
          // Comparable with that of another recording.
          object.met = created &+ block.place
          result.objects.append(object)
        }
      } catch {
        result.losses.append(damaged(error))
      }
    }
  }

  /// Different Python sources of which code ran.
  package func pythonFileCount(_ settings: RecordingSettings) -> Int {
    var paths: Set<String> = []
    var claims = Claims()
    for user in userDirectories(settings) {
      for name in user.childNames where PythonArena.context(ofName: name) != nil {
        let blocks = (try? PythonArena(user.appending(name), &claims))?.blocks ?? []
        paths.formUnion(blocks.map(\.path))
      }
    }
    return paths.count
  }

  /// Different objects with a counter file, and those that have nothing to count.
  package func objectCount(_ settings: RecordingSettings) -> Int {
    var identities: Set<UInt64> = []
    var kept: [UInt64: FilePath] = [:]
    for user in userDirectories(settings) {
      for name in user.childNames {
        if let parsed = CounterFileName(name) { identities.insert(parsed.object.identity) }
      }
      kept.merge(keptObjects(user)) { first, _ in first }
    }
    return identities.count + Set(unused(kept, identities).map(\.identity)).count
  }

  private func damaged(_ error: RecordError) -> Loss {
    Loss(.damagedFile, subject: error.path.string, detail: error.description)
  }

  private func add(
    _ sums: CounterSums, _ object: CounterFileName.Object, path: FilePath,
    to result: inout CounterReading, places: inout [CounterPlace: Int]
  ) throws(RecordError) {
    // A file that was made and never counted in says nothing of an object.
    guard sums.lives > 0 else { return }
    var regions: [Source: [Region]] = [:]
    for (part, bytes) in zip(sums.layout.parts, sums.sums) {
      regions[part.source, default: []]
        .append(Region(address: part.address, kind: part.kind, bytes: bytes))
    }
    for source in sums.layout.sources {
      let one = ObjectCounters(
        identity: object.identity, context: object.context, source: source,
        regions: regions[source] ?? [], lives: sums.lives)
      let place = CounterPlace(object: object, source: source)
      guard let index = places[place] else {
        places[place] = result.objects.count
        result.objects.append(one)
        continue
      }
      guard result.objects[index].add(one) else {
        throw RecordError(
          path, .malformed("its regions are not those of the object's other files"))
      }
    }
  }
}

/// The lives of one object that began by a fork.
private struct Births {
  var layout: CounterLayout
  /// By place.
  var counts: [UInt64] = []
}

extension RecordingReader {
  /// Adds what led to the lives that began by forks. Without it, the counts stay exact.
  private func addHistory(
    of object: CounterFileName.Object, _ births: Births, _ user: FilePath,
    _ result: inout CounterReading, _ places: [CounterPlace: Int]
  ) {
    guard births.counts.contains(where: { $0 != 0 }) else { return }
    var history: [[UInt8]]?
    var lacks = births.counts.last != 0
    do throws(RecordError) {
      let snapshots = try ForkSnapshots(user.appending(object.name + ".forks"))
      history = try snapshots.history(of: births.counts, births.layout)
      lacks = lacks || !snapshots.lead(to: births.counts)
    } catch {
      // Where no place of a fork is known, nothing led there that could have been kept.
      let hasPlaces = births.counts.dropLast().contains { $0 != 0 }
      lacks = true
      if hasPlaces || !error.isMissingFile { result.losses.append(damaged(error)) }
    }
    for source in births.layout.sources {
      guard let index = places[CounterPlace(object: object, source: source)] else { continue }
      result.objects[index].historyLacks = result.objects[index].historyLacks || lacks
      guard let history else { continue }
      result.objects[index].addHistory(
        zip(births.layout.parts, history).filter { $0.0.source == source }.map(\.1))
    }
  }
}

/// Counters that are added up.
private struct CounterPlace: Hashable {
  var object: CounterFileName.Object
  var source: Source
}

extension ObjectCounters {
  /// Takes a kept object as its own, which says in our section where the program was and when it was built.
  package mutating func keep(_ kept: FilePath) {
    keptObject = kept
    guard let image = try? ELFImage(path: kept), let section = image.section(SLV_ORIGIN_SECTION),
      let bytes = try? image.bytes(of: section, limit: 4096 + 9)
    else { return }
    let path = bytes.prefix { $0 != 0 }
    origin = path.first == UInt8(ascii: "/") ? FilePath(name: String(name: path)) : nil
    built = bytes.structure(UInt64.self, at: path.count + 1) ?? 0
  }

  /// Adds what another file of the object holds; false, and nothing added, if that has other regions.
  fileprivate mutating func add(_ other: ObjectCounters) -> Bool {
    let fits =
      regions.count == other.regions.count
      && zip(regions, other.regions).allSatisfy {
        $0.address == $1.address && $0.kind == $1.kind && $0.bytes.count == $1.bytes.count
      }
    guard fits else { return false }
    for (number, region) in other.regions.enumerated() {
      region.bytes.withUnsafeBytes { image in
        regions[number].bytes.withUnsafeMutableBytes {
          Summing.add(image, to: $0, kind: region.kind)
        }
      }
    }
    lives += other.lives
    return true
  }
}

/// `<identity>-<ctx>.<n>.cnt`
struct CounterFileName {
  struct Object: Hashable {
    var identity: UInt64
    var context: UInt32

    /// As the names of its files begin.
    var name: String {
      func hex(_ value: some BinaryInteger, _ digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
      }
      return hex(identity, 16) + "-" + hex(context, 8)
    }
  }
  var object: Object
  var number: Int

  init?(_ name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2] == "cnt", let number = Int(parts[1]) else { return nil }
    let ids = parts[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ids.count == 2, ids[0].count == 16, ids[1].count == 8,
      let identity = UInt64(ids[0], radix: 16), let context = UInt32(ids[1], radix: 16)
    else { return nil }
    self.object = Object(identity: identity, context: context)
    self.number = number
  }
}

extension timespec {
  /// In nanoseconds since 1970.
  package var time: UInt64 {
    UInt64(clamping: tv_sec) &* 1_000_000_000 &+ UInt64(clamping: tv_nsec)
  }
}
