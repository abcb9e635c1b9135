import Glibc
import Salvage
import SystemPackage

/// What a file was when it was looked at.
struct FileState: Sendable {
  /// Changes with every way of writing a file: in place, and by another file that takes its name.
  struct Signature: Sendable, Hashable {
    var size: Int64
    var seconds: Int
    var nanoseconds: Int
    var device: UInt64
    var number: UInt64
  }

  var signature: Signature
  /// Of a source: a number for the text of each line.
  var lines: [UInt64]?

  /// Nil where there is no regular file.
  static func signature(of path: String) -> Signature? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Signature(
      size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec, device: UInt64(status.st_dev),
      number: UInt64(status.st_ino))
  }

  /// The same text, where both are known, else the same signature.
  func hasSameText(as other: FileState) -> Bool {
    if let lines, let others = other.lines { return lines == others }
    return signature == other.signature
  }

  /// A number for the text of each line of a file; nil where it cannot be read.
  static func lines(of path: String) -> [UInt64]? {
    guard let bytes = try? FilePath(path).contents() else { return nil }
    var result: [UInt64] = []
    // FNV-1a, 64 bits: no two lines of a source that anybody writes have the same.
    let start: UInt64 = 0xcbf2_9ce4_8422_2325
    var hash = start
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        result.append(hash)
        hash = start
      } else {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
      }
    }
    result.append(hash)
    return result
  }
}

/// The files that are watched, at one moment.
struct FileStates: Sendable {
  var files: [String: FileState] = [:]

  /// Files that were written, came or went since `earlier`.
  func changes(since earlier: FileStates) -> Set<String> {
    differences(from: earlier) { $0.signature == $1.signature }
  }

  /// Those whose text is another one: what a build writes again as it was is no change.
  func edits(since earlier: FileStates) -> Set<String> {
    differences(from: earlier) { $0.hasSameText(as: $1) }
  }

  private func differences(
    from earlier: FileStates, _ isSame: (FileState, FileState) -> Bool
  ) -> Set<String> {
    var result: Set<String> = []
    for (path, state) in files where !(earlier.files[path].map { isSame($0, state) } ?? false) {
      result.insert(path)
    }
    for path in earlier.files.keys where files[path] == nil { result.insert(path) }
    return result
  }
}
