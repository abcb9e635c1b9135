import SalvageRecord
import SalvageSystem

/// `__llvm_covmap`: the file names of each compiled unit, found by the hash of the list.
///
/// Source: CoverageMappingReader.cpp and docs/CoverageMappingFormat.rst of LLVM: u32 number of records (0
/// since version 4), size of the list, size of the mapping (0 since version 4), version (from 0); then the
/// list: ULEB count, ULEB unpacked size, ULEB packed size (0: as it is), strings. The next header begins at a
/// multiple of 8.
struct MappingFiles: Sendable {
  /// The versions that are read, from 1 as LLVM's `CovMapVersion` names them: LLVM 11 to 22.
  static let versions = 4...7

  /// One list for each that differs.
  private(set) var lists: [[String]] = []
  /// Lists that were not read, with the reason.
  private(set) var damage: [MappingError] = []
  /// The number of a list by the hash of its bytes.
  private(set) var numbers: [UInt64: Int] = [:]

  init(section: [UInt8]) {
    section.withUnsafeBytes { raw in
      var at = 0
      while at + 16 <= raw.count {
        let size = Int(raw.little(at + 4, as: UInt32.self))
        let mapping = Int(raw.little(at + 8, as: UInt32.self))
        let version = Int(raw.little(at + 12, as: UInt32.self)) + 1
        let start = at + 16
        guard size <= raw.count - start, Self.versions.contains(version) else {
          damage.append(.truncated)
          break
        }
        add(raw.part(start..<start + size), version)
        at = (start + size + mapping + 7) & ~7
      }
    }
  }

  private mutating func add(_ blob: UnsafeRawBufferPointer, _ version: Int) {
    let hash = MD5.low64(blob)
    guard numbers[hash] == nil else { return }
    do {
      lists.append(try Self.list(blob, version))
      numbers[hash] = lists.count - 1
    } catch {
      damage.append(error)
    }
  }

  private static func list(
    _ blob: UnsafeRawBufferPointer, _ version: Int
  ) throws(MappingError) -> [String] {
    var cursor = MappingCursor(blob, 0..<blob.count)
    let count = cursor.number()
    let size = cursor.number()
    let packed = cursor.number()
    try cursor.check()
    if packed == 0 { return try strings(&cursor, blob, count, version) }
    let range = cursor.bytes(packed)
    try cursor.check()
    let unpacked = try Inflate.bytes(blob.part(range), unpacked: size)
    return try unpacked.withBytes { (raw) throws(MappingError) in
      var cursor = MappingCursor(raw, 0..<raw.count)
      return try strings(&cursor, raw, count, version)
    }
  }

  private static func strings(
    _ cursor: inout MappingCursor, _ raw: UnsafeRawBufferPointer, _ count: UInt64, _ version: Int
  ) throws(MappingError) -> [String] {
    guard count <= UInt64(cursor.left) else { throw .truncated }
    var names: [String] = []
    names.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      let length = cursor.number()
      let range = cursor.bytes(length)
      try cursor.check()
      let name = String(name: raw.part(range))
      // Since LLVM 13 the first one is the compiler's directory.
      let isRelative = version >= 6 && index > 0 && !name.hasPrefix("/")
      names.append(isRelative ? joined(names[0], name) : name)
    }
    return names
  }

  /// As LLVM joins them: `.` and `..` are taken out by text (`sys::path::remove_dots`).
  static func joined(_ folder: String, _ name: String) -> String {
    let path = folder.isEmpty || folder.hasSuffix("/") ? folder + name : folder + "/" + name
    let isAbsolute = path.hasPrefix("/")
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." {
        parts.append(part)
      } else if let last = parts.last, last != ".." {
        parts.removeLast()
      } else if !isAbsolute {
        parts.append(part)
      }
    }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
  }
}
