import SalvageRecord
import SalvageSystem
import SystemPackage

/// A Go program as the recording kept it, and what it counted.
struct GoObject: Sendable {
  static let table = ".salvage.go"

  var packages: [GoPackage]
  /// Of all source files, as the program knows them: absolute, unless it was built with `-trimpath`.
  var fileNames: [String]
  /// The counts of each function that ran, by package and function.
  var counts: [[Int: [UInt32]]]

  init(_ counters: ObjectCounters) throws(ObjectProblem) {
    guard let path = counters.keptObject else { throw ObjectProblem(.missing, counters) }
    do {
      let kept = try ELFImage(path: path)
      guard let section = kept.section(Self.table) else {
        throw ObjectProblem(.malformed("it has no \(Self.table)"), counters)
      }
      (packages, fileNames) = try Self.read(try kept.bytes(of: section))
      counts = packages.map { _ in [:] }
      for region in counters.regions { try add(region.bytes, counters) }
    } catch let problem as ObjectProblem {
      throw problem
    } catch ELFError.io(let path, let errno) {
      throw ObjectProblem(.unreadable(path, errno), counters)
    } catch {
      throw ObjectProblem(.malformed("\(error)"), counters)
    }
  }

  /// `struct slv_go_header`, then for each package `struct slv_go_package` and its meta-data.
  static func read(_ bytes: [UInt8]) throws(MappingError) -> ([GoPackage], [String]) {
    let words = LittleEndian(bytes)
    guard bytes.count >= 16, words.u32(0) == 1 else {
      throw .invalid("its table is of no known version")
    }
    var at = 16
    var packages: [GoPackage] = []
    for _ in 0..<words.u32(4) {
      guard at + 16 <= bytes.count else { throw .truncated }
      let size = Int(words.u32(at))
      guard size <= bytes.count - at - 16 else { throw .truncated }
      packages.append(
        try GoPackage(
          bytes: Array(bytes[(at + 16)..<(at + 16 + size)]), mode: words.u32(at + 4),
          granularity: words.u32(at + 8)))
      at = min(at + 16 + (size + 7) / 8 * 8, bytes.count)
    }
    let end = words.u64(8)
    guard end <= UInt64(bytes.count - at) else { throw .truncated }
    let names = bytes[at..<(at + Int(end))].split(separator: 0).map { String(name: $0) }
    return (packages, names)
  }

  /// The lists of one region. A list that fits no function of the program is damage: what follows it could be
  /// anything.
  private mutating func add(_ bytes: [UInt8], _ counters: ObjectCounters) throws(ObjectProblem) {
    let words = LittleEndian(bytes)
    guard !Self.hasRuntime(words) else { throw ObjectProblem(.goRuntime, counters) }
    var at = 0
    while at + 4 * CounterLists.head <= bytes.count {
      let count = Int(words.u32(at))
      guard count != 0 else {
        at += 4
        continue
      }
      let (package, function) = (words.u32(at + 4), Int(words.u32(at + 8)))
      let end = at + 4 * (CounterLists.head + count)
      // Killed between the stores of a head: nothing of it was counted. Go itself passes it over.
      if package != 0 {
        let place = try place(package, function, count, counters)
        guard end <= bytes.count, counts[place][function] == nil else {
          throw ObjectProblem(.malformed("its counters contradict each other"), counters)
        }
        // In mode `set` a sum would be the number of lives.
        let most = packages[place].mode == 1 ? 1 : UInt32.max
        counts[place][function] = (0..<count).map {
          min(words.u32(at + 4 * (CounterLists.head + $0)), most)
        }
      }
      at = end
    }
  }

  /// Go's runtime names its own packages by numbers below 0. They are made known before all others, which then
  /// have other numbers than those of our list.
  private static func hasRuntime(_ words: LittleEndian) -> Bool {
    var at = 0
    while at + 4 * CounterLists.head <= words.count {
      let count = Int(words.u32(at))
      if count != 0, words.u32(at + 4) > UInt32(Int32.max) { return true }
      at += count == 0 ? 4 : 4 * (CounterLists.head + count)
    }
    return false
  }

  private func place(
    _ number: UInt32, _ function: Int, _ count: Int, _ counters: ObjectCounters
  ) throws(ObjectProblem) -> Int {
    let place = Int(number) - 1
    guard place < packages.count, function < packages[place].functions.count,
      packages[place].functions[function].units.count == count
    else {
      throw ObjectProblem(.malformed("its counters are not those of its functions"), counters)
    }
    return place
  }
}
