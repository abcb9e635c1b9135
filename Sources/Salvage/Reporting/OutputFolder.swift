import Glibc
import SalvageReport
import SalvageSystem
import SystemPackage

/// The folder of a report of many files. A file whose bytes are as they were is not written; those of
/// the last report that the new one does not have are removed, and no others.
struct OutputFolder: ReportFolder {
  private let path: FilePath
  private let earlier: Set<String>
  private var written: [String] = []
  private var folders: Set<String> = []
  /// The list of our files, by which a folder of reports is known.
  private static let list = ".salvage-report"

  init(_ path: FilePath) throws(SalvageError) {
    self.path = path
    try path.absolute.makeDirectories()
    let list = path.appending(Self.list)
    if list.isRegularFile {
      let text = String(decoding: try list.contents(), as: UTF8.self)
      earlier = Set(text.split(separator: "\n").map(String.init).filter(Self.isOurs))
    } else {
      guard !path.appending("index.html").isRegularFile else {
        throw .report(
          "\(path) has an index.html that no report of salvage wrote: choose another folder, or remove it"
        )
      }
      earlier = []
    }
  }

  /// A list that was changed must not make us remove files elsewhere.
  private static func isOurs(_ name: String) -> Bool {
    !name.hasPrefix("/") && !name.split(separator: "/").contains("..")
  }

  mutating func write(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
    written.append(name)
    let file = path.appending(name)
    if earlier.contains(name), isUnchanged(file, bytes) { return }
    let folder = file.removingLastComponent()
    if folders.insert(folder.string).inserted { try folder.absolute.makeDirectories() }
    try OutputFile(file).write { sink throws(OutputError) in try sink(bytes) }
  }

  private func isUnchanged(_ file: FilePath, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let status = file.status(following: false), status.st_mode & S_IFMT == S_IFREG,
      Int(status.st_size) == bytes.count, let old = try? file.contents()
    else { return false }
    return old.withUnsafeBytes {
      $0.count == bytes.count
        && ($0.isEmpty || memcmp($0.baseAddress!, bytes.baseAddress!, $0.count) == 0)
    }
  }

  mutating func finish() throws(SalvageError) {
    for name in earlier.subtracting(written) {
      path.appending(name).withPlatformString { _ = unlink($0) }
    }
    let text = written.sorted().map { $0 + "\n" }.joined()
    try path.appending(Self.list).replaceFile(with: Array(text.utf8), mode: 0o644)
  }
}
