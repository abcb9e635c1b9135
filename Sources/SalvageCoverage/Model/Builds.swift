import Glibc
import SalvageRecord
import SalvageSystem
import SystemPackage

/// Which builds of a program, and which versions of a Python source, are reported.
public struct BuildChoice: Sendable, Hashable {
  enum Choice: Sendable, Hashable {
    case newest
    case all
    case id(String)
  }

  let choice: Choice

  /// Of each program the one that was built last.
  public static let newest = BuildChoice(choice: .newest)
  /// All, added up: lines that moved between builds are mixed.
  public static let all = BuildChoice(choice: .all)

  /// Those whose id begins so; of programs that have none of that id the newest.
  ///
  /// - Parameter prefix: of an id as a linker gives it, in hexadecimal digits.
  public static func id(_ prefix: String) -> BuildChoice {
    BuildChoice(choice: .id(prefix.lowercased()))
  }

  private init(choice: Choice) { self.choice = choice }

  /// `newest`, `all` or the beginning of an id in hexadecimal digits.
  package init?(_ text: String) {
    switch text {
    case "newest": self = .newest
    case "all": self = .all
    case let id where id.utf8.count >= 4 && id.allSatisfy(\.isHexDigit): self = .id(id)
    default: return nil
    }
  }
}

/// No build of this recording has the id that was asked for.
package struct UnknownBuild: Error, CustomStringConvertible {
  let id: String
  let known: [String]

  package var description: String {
    "--build \(id): no program of the recording has such a build; "
      + (known.isEmpty
        ? "each has one alone" : "there are " + known.prefix(5).joined(separator: "; "))
  }
}

/// One build of a program, with the counters of each of its sources.
struct Build: Sendable {
  let id: String
  let built: UInt64
  let met: UInt64
  var parts: [ObjectCounters]

  /// The linker's id where it gave one: that is what users can look up.
  init(_ object: ObjectCounters, id: String) {
    self.id = id
    built = object.built
    met = object.met
    parts = [object]
  }

  /// For messages: `1a2b3c4d (built 2026-11-29 07:15:02)`.
  var text: String {
    let time = built != 0 ? " (built \(localTime(built)))" : ""
    return id.prefix(8) + time
  }
}

/// The builds of what lay at one path.
struct Builds: Sendable {
  let origin: FilePath
  /// The newest first.
  private(set) var builds: [Build] = []

  /// The builds of every path that has several, by the order of the objects.
  /// - Parameter inLots: only those that some recording has beside each other.
  static func several(_ objects: [ObjectCounters], inLots: Bool) -> [Builds] {
    struct Place: Hashable {
      var origin: FilePath
      var isPython: Bool
      var lot: Int
    }
    var groups: [Place: [ObjectCounters]] = [:]
    var order: [Place] = []
    for object in objects {
      // Code that was compiled of no text that could be read belongs to any version.
      guard let origin = object.origin, object.python?.source != 0 else { continue }
      let place = Place(
        origin: origin, isPython: object.source == .python, lot: inLots ? object.lot : 0)
      if groups[place] == nil { order.append(place) }
      groups[place, default: []].append(object)
    }
    return order.compactMap { place in
      guard let group = groups[place], Set(group.map(\.buildKey)).count > 1 else { return nil }
      return Builds(place.origin, group)
    }
  }

  private init(_ origin: FilePath, _ objects: [ObjectCounters]) {
    self.origin = origin
    var places: [UInt64: Int] = [:]
    for object in objects {
      if let place = places[object.buildKey] {
        builds[place].parts.append(object)
      } else {
        places[object.buildKey] = builds.count
        builds.append(Build(object, id: object.buildID))
      }
    }
    // What lies there now is what the sources are of, though another one was built meanwhile.
    let present = objects[0].source == .python ? nil : linkerID(origin)
    builds.sort { left, right in
      if let present, (left.id == present) != (right.id == present) { return left.id == present }
      // Dates may be set by hand, to one for all.
      return (left.built, left.met) > (right.built, right.met)
    }
  }

  /// The builds without those that know the place of a function otherwise than `index`.
  func kept(_ index: Int, _ request: CoverageRequest) async throws -> Set<Int> {
    if builds[index].parts[0].source == .python { return [index] }
    let outline = try await BuildOutline(builds[index].parts, request)
    var result: Set<Int> = [index]
    for other in builds.indices where other != index {
      let theirs = try await BuildOutline(builds[other].parts, request)
      if outline.contradicts(theirs) {
        // Whatever is older than a build that is out of date is out of date.
        if index == 0 { break }
        continue
      }
      result.insert(other)
    }
    return result
  }

  func note(kept: Set<Int>) -> String {
    let out = builds.indices.filter { !kept.contains($0) }.map { builds[$0].text }
    let more = out.count > 3 ? " and \(out.count - 3) more" : ""
    let what = builds[0].parts[0].source == .python ? "versions" : "builds"
    let index = kept.min() ?? 0
    return "\(origin): \(builds.count) \(what) of it were recorded; reported is "
      + (index == 0 ? "the newest, " : "") + builds[index].text + ", and not "
      + out.prefix(3).joined(separator: ", ") + more
      + ": `--build ID` reports another one, `--build all` adds them up"
  }
}

/// The objects that are to be reported, and what the user should know of the others.
struct ChosenBuilds: Sendable {
  /// So many programs are named; of the others only the number.
  private static let named = 3

  private(set) var objects: [ObjectCounters]
  private(set) var notes: [String] = []

  init(
    of objects: [ObjectCounters], _ choice: BuildChoice, _ request: CoverageRequest
  ) async throws {
    self.objects = objects
    guard choice != .all else { return }
    // One build that was asked for by its id stands for all of that path, whichever machine made them.
    let groups = Builds.several(objects, inLots: choice == .newest)
    var isFound = false
    var left: Set<Key> = []
    var told = 0
    for group in groups {
      var index = 0
      if case .id(let id) = choice.choice,
        let found = group.builds.firstIndex(where: { $0.has(id) })
      {
        index = found
        isFound = true
      }
      let kept = try await group.kept(index, request)
      guard kept.count < group.builds.count else { continue }
      for other in group.builds.indices where !kept.contains(other) {
        left.formUnion(group.builds[other].parts.map(Key.init))
      }
      told += 1
      if told <= Self.named { notes.append(group.note(kept: kept)) }
    }
    if told > Self.named {
      notes.append("and \(told - Self.named) more programs and sources have several builds")
    }
    if case .id(let id) = choice.choice, !isFound,
      !objects.contains(where: { Build($0, id: $0.buildID).has(id) })
    {
      throw UnknownBuild(
        id: id,
        known: groups.map { group in
          "\(group.origin): " + group.builds.prefix(4).map(\.text).joined(separator: ", ")
        })
    }
    self.objects = objects.filter { !left.contains(Key($0)) }
  }

  private struct Key: Hashable {
    var identity: UInt64
    var isPython: Bool

    init(_ object: ObjectCounters) {
      identity = object.identity
      isPython = object.source == .python
    }
  }
}

extension Build {
  fileprivate func has(_ prefix: String) -> Bool {
    id.hasPrefix(prefix) || parts.contains { hex($0.buildKey).hasPrefix(prefix) }
  }
}

extension ObjectCounters {
  /// What makes it another build: the content of its counters; of Python the text of the source.
  fileprivate var buildKey: UInt64 { python?.source ?? identity }

  fileprivate var buildID: String {
    keptObject.flatMap(linkerID) ?? hex(buildKey)
  }
}

/// The id that a linker gave to a file, in hexadecimal digits.
private func linkerID(_ path: FilePath) -> String? {
  guard let id = try? ELFImage(path: path).buildID(), id.count >= 4 else { return nil }
  return id.map { hex(UInt64($0)).suffix(2) }.joined()
}

/// A date and time of this machine's zone.
func localTime(_ nanoseconds: UInt64) -> String {
  var time = time_t(nanoseconds / 1_000_000_000)
  var parts = tm()
  localtime_r(&time, &parts)
  var text = [CChar](repeating: 0, count: 64)
  let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
  return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
