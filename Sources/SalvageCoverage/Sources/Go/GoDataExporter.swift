package import SalvageRecord
import SalvageSystem
import SystemPackage

/// What a Go program leaves in GOCOVERDIR at a normal end: covmeta and covcounters, for `go tool covdata`.
///
/// Layouts: internal/coverage of Go 1.21 to 1.27 (`MetaFileHeader`, `CounterFileHeader`).
package struct GoDataExporter: CounterExporter {
  package static let name = "covdata"
  package static let summary = "what Go's programs write in GOCOVERDIR"
  package static let source = Source.go

  package init() {}

  package func files(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> ExportedFiles {
    var result = ExportedFiles()
    for counters in objects {
      do throws(ObjectProblem) {
        let data = GoData(try GoObject(counters))
        result.files.append(
          ExportedFile(path: FilePath("covmeta.\(data.name)"), bytes: data.meta, isCompanion: true))
        // The numbers stand for a process and a time.
        result.files.append(
          ExportedFile(
            path: FilePath("covcounters.\(data.name).1.\(counters.identity)"),
            bytes: data.counters.bytes,
            adding: { try data.counters.adding($0).bytes }))
      } catch {
        result.problems.append(error)
      }
    }
    return result
  }
}

/// The two files of one program.
struct GoData {
  private let object: GoObject
  private let hash: [UInt8]

  init(_ object: GoObject) {
    self.object = object
    hash = Self.hash(of: object.packages)
  }

  /// The mode and granularity of the program, which packages without functions do not say.
  private static func kind(of packages: [GoPackage]) -> (mode: UInt32, granularity: UInt32) {
    let package = packages.first { (1...3).contains($0.mode) } ?? packages.first
    return (package?.mode ?? 1, package?.granularity ?? 1)
  }

  /// FNV-1a of 128 bits, as since Go 1.23, of what the program registers. Older ones name the file by MD5: tools only
  /// want the two files' names to be equal.
  private static func hash(of packages: [GoPackage]) -> [UInt8] {
    let kind = kind(of: packages)
    let mode = ["set", "count", "atomic"][Int(kind.mode) - 1 < 3 ? max(0, Int(kind.mode) - 1) : 0]
    let granularity = kind.granularity == 2 ? "perfunc" : "perblock"
    var sum: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
    let prime: UInt128 = (1 << 88) | 0x13b
    for byte in packages.flatMap(\.hash) + Array((mode + granularity).utf8) {
      sum = (sum ^ UInt128(byte)) &* prime
    }
    return (0..<16).map { UInt8(truncatingIfNeeded: sum >> UInt128(8 * (15 - $0))) }
  }

  /// As in the names of both files.
  var name: String { hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

  private static let metaHead = 56

  var meta: [UInt8] {
    let packages = object.packages
    let start = Self.metaHead + 16 * packages.count + 2  // a table of one name, ""
    var out = LittleEndianBuilder()
    out.append([0, 0x63, 0x76, 0x6d] as [UInt8])
    out.append(UInt32(1))
    out.append(UInt64(start + packages.reduce(0) { $0 + $1.bytes.count }))
    out.append(UInt64(packages.count))
    out.append(hash)
    out.append(UInt32(start - 2))
    out.append(UInt32(2))
    let kind = Self.kind(of: packages)
    out.append([UInt8(truncatingIfNeeded: kind.mode), UInt8(truncatingIfNeeded: kind.granularity)])
    out.append([UInt8](repeating: 0, count: 6))
    var place = start
    for package in packages {
      out.append(UInt64(place))
      place += package.bytes.count
    }
    for package in packages { out.append(UInt64(package.bytes.count)) }
    out.append([1, 0] as [UInt8])
    for package in packages { out.append(package.bytes) }
    return out.bytes
  }

  var counters: GoCounterFile {
    var functions: [GoCounterFile.Place: [UInt32]] = [:]
    for (package, ran) in object.counts.enumerated() {
      for (function, counts) in ran where counts.contains(where: { $0 != 0 }) {
        functions[GoCounterFile.Place(package: UInt32(package), function: UInt32(function))] =
          counts
      }
    }
    return GoCounterFile(
      hash: hash, countsOnce: Self.kind(of: object.packages).mode == 1, functions)
  }
}
