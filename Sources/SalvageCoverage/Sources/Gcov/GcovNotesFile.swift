import SalvageRecord
import SalvageSystem
package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A `.gcno` file: what gcc wrote when it compiled a unit, without which counters mean nothing.
package enum GcovNotesFile: Sendable, Hashable {
  case kept([UInt8])
  case file(FilePath)

  /// A file with a hole can claim any size; the notes of 200,000 lines are 20 MB.
  private static let largest = 1 << 30

  enum Failure: Error, Hashable {
    case missing(FilePath)
    case changed(FilePath)
    case unreadable(FilePath, Errno)
    case damaged(FilePath, GcovGraphError)
  }

  /// The notes of a unit: as the recording has them, else where the program says.
  init(of unit: GcovObject.Unit) throws(Failure) {
    let places = Self.places(forData: unit.name)
    if let kept = unit.notes, Self.stamp(LittleEndian(kept)) == unit.data.stamp {
      self = .kept(kept)
      return
    }
    var failure: Failure?
    for (index, place) in places.enumerated() {
      do throws(Errno) {
        if try Self.stamp(of: place) == unit.data.stamp {
          self = .file(place)
          return
        }
        failure = failure ?? .changed(place)
      } catch {
        if index == 0 && error != .noSuchFileOrDirectory && error != .notDirectory {
          failure = failure ?? .unreadable(place, error)
        }
      }
    }
    throw failure ?? (unit.notes == nil ? .missing(places[0]) : .changed(places[0]))
  }

  /// Beside the data file. With `-fprofile-dir` that has a folder of its own, and the whole path (less what
  /// `-fprofile-prefix-path` took off) with `#` for each `/` is its name: gcc left the notes at that path.
  package static func places(forData data: FilePath) -> [FilePath] {
    var stem = data
    stem.extension = nil
    var result = [FilePath(stem.string + ".gcno")]
    if let name = stem.lastComponent?.string, name.contains("#") {
      let path = name.split(separator: "#", omittingEmptySubsequences: false)
        .map { $0 == "^" ? ".." : String($0) }.joined(separator: "/")
      result.append(FilePath(path + ".gcno"))
    }
    for first in stem.components.indices.dropFirst().dropLast() {
      let tail = stem.components[first...].map(\.string).joined(separator: "/")
      result.append(FilePath("/\(tail).gcno"))
    }
    return result
  }

  /// Nil where it is no notes file.
  private static func stamp(_ bytes: LittleEndian) -> UInt32? {
    bytes.count >= 12 && bytes.u32(0) == GcovGraph.magic ? bytes.u32(8) : nil
  }

  private static func stamp(of path: FilePath) throws(Errno) -> UInt32? {
    do {
      guard let file = try openRegularFile(path) else { throw Errno.notSupported }
      return try file.closeAfter {
        var head = [UInt8](repeating: 0, count: 12)
        let count = try head.withUnsafeMutableBytes {
          try file.read(fromAbsoluteOffset: 0, into: $0)
        }
        return stamp(LittleEndian(Array(head[..<count])))
      }
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  /// Puts it where gcov looks for it: a link, where there is a file.
  func place(in scratch: ScratchFolder, as name: String) throws {
    switch self {
    case .kept(let bytes): _ = try scratch.write(bytes, to: name)
    case .file(let path):
      let link = scratch.file(name)
      let result = path.withPlatformString { from in link.withPlatformString { symlink(from, $0) } }
      guard result == 0 else { throw ScratchError(path: link, errno: Errno(rawValue: errno)) }
    }
  }

  /// Its contents.
  func bytes() throws(Failure) -> [UInt8] {
    switch self {
    case .kept(let bytes): return bytes
    case .file(let path):
      do {
        guard let file = try openRegularFile(path) else { throw Errno.notSupported }
        return try file.closeAfter {
          let size = min(Int(try file.seek(offset: 0, from: .end)), Self.largest)
          return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = try file.read(
              fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
          }
        }
      } catch {
        throw .unreadable(path, error as? Errno ?? .ioError)
      }
    }
  }

  /// One for all units that share a fate: a build tree goes as a whole.
  static func problems(_ failures: [Failure]) -> [ObjectProblem.Kind] {
    var missing: [FilePath] = []
    var changed: [FilePath] = []
    var result: [ObjectProblem.Kind] = []
    for failure in failures {
      switch failure {
      case .missing(let path): missing.append(path)
      case .changed(let path): changed.append(path)
      case .unreadable(let path, let errno): result.append(.unreadable(path, errno))
      case .damaged(let path, let error):
        result.append(.notesDamaged(path, error.description))
      }
    }
    if let first = missing.first { result.append(.notesMissing(first, units: missing.count)) }
    if let first = changed.first { result.append(.notesChanged(first, units: changed.count)) }
    return result
  }
}
