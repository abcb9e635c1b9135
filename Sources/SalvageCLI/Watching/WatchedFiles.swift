import Glibc
import Salvage
import SalvageReport
import SalvageSystem
import SystemPackage

/// Which files are watched: the sources of the last report, and what --watch names.
struct WatchedFiles {
  /// The sources of the last report that named some; nil before it: then all below the current directory.
  var sources: Set<String>?
  private let named: [Named]
  /// The recording, which every run writes.
  private let recording: String
  /// Where we write ourselves: `salvage watch … >log` in the watched folder.
  private let own = OwnOutput()

  /// One PATH of --watch: a file, a folder with all in it, or a pattern.
  private struct Named {
    var root: String
    var glob: Glob?

    init(_ text: String) {
      let parts = text.split(separator: "/", omittingEmptySubsequences: false)
      let plain = parts.prefix { part in !part.contains { "*?[".contains($0) } }
      let start = plain.joined(separator: "/")
      guard plain.count < parts.count else {
        root = FilePath(text).absolute.string
        return
      }
      let isRoot = start.isEmpty && text.hasPrefix("/")
      root = FilePath(isRoot ? "/" : start.isEmpty ? "." : start).absolute.string
      let rest = parts[plain.count...].joined(separator: "/")
      glob = Glob((root == "/" ? "" : root) + "/" + rest)
    }

    func covers(_ path: String) -> Bool {
      path == root || path.hasPrefix(root == "/" ? "/" : root + "/") && glob?.matches(path) ?? true
    }
  }

  init(_ paths: [String], recording: FilePath) {
    named = paths.map { Named($0) }
    self.recording = recording.resolved?.string ?? recording.absolute.string
  }

  private var places: [Named] { sources == nil && named.isEmpty ? [Named(".")] : named }

  /// Not just all that is in the current directory.
  var isDefinite: Bool { sources != nil || !named.isEmpty }

  /// Whether it would be watched, were it there, for another reason than that it is a source.
  func isNamed(_ path: String) -> Bool { places.contains { $0.covers(path) } }

  /// Those of a report that are here, or were.
  static func sources(of report: CoverageReport, known: FileStates = FileStates()) -> Set<String> {
    Set(
      report.coverage.files.map(\.path).filter {
        $0.hasPrefix("/") && (known.files[$0] != nil || FileState.signature(of: $0) != nil)
      })
  }

  /// Paths of --watch below which there is nothing.
  var absent: [String] {
    named.map(\.root).filter { access($0, F_OK) != 0 }
  }

  /// What is there now, and the folders that must be listened to. Sources whose signature is that of `known` are not
  /// read again.
  func look(known: FileStates) -> (states: FileStates, folders: Set<String>) {
    var states = FileStates()
    var folders: Set<String> = []
    func add(_ path: String, isSource: Bool) {
      guard states.files[path] == nil, let signature = FileState.signature(of: path),
        !own.contains(signature)
      else { return }
      var state = FileState(signature: signature)
      if isSource {
        let before = known.files[path]
        let isSame = before?.signature == signature && before?.lines != nil
        state.lines = isSame ? before?.lines : FileState.lines(of: path)
      }
      states.files[path] = state
    }
    for path in sources ?? [] {
      // Editors put another file under the name: the folder tells, the file itself does not.
      folders.insert(Self.folder(above: path))
      add(path, isSource: true)
    }
    for place in places {
      guard FilePath(place.root).isDirectory else {
        folders.insert(Self.folder(above: place.root))
        add(place.root, isSource: false)
        continue
      }
      var walk = Walk(recording: recording, ignored: IgnoredFiles(below: place.root))
      walk.go(place.root)
      folders.formUnion(walk.folders)
      for path in walk.files where place.glob?.matches(path) ?? true { add(path, isSource: false) }
    }
    return (states, folders)
  }

  /// The nearest folder above `path` that is there.
  private static func folder(above path: String) -> String {
    var folder = FilePath(path).removingLastComponent()
    while !folder.isDirectory, folder.removingLastComponent() != folder {
      folder = folder.removingLastComponent()
    }
    return folder.string
  }

  /// All below a folder, without what is hidden and what git ignores; links to folders are not followed.
  private struct Walk {
    let recording: String
    let ignored: IgnoredFiles
    var files: [String] = []
    var folders: Set<String> = []

    mutating func go(_ folder: String) {
      folders.insert(folder)
      guard let stream = opendir(folder) else { return }
      defer { closedir(stream) }
      while let entry = readdir(stream) {
        let type = Int32(entry.pointee.d_type)
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard !name.hasPrefix(".") else { continue }
        let path = (folder == "/" ? "" : folder) + "/" + name
        guard path != recording, !ignored.contains(path) else { continue }
        var isFolder = type == Int32(DT_DIR)
        if type == Int32(DT_UNKNOWN) { isFolder = FilePath(path).isDirectory }
        if isFolder { go(path) } else { files.append(path) }
      }
    }
  }
}

/// The files that stdout and stderr go to.
private struct OwnOutput {
  private let numbers: Set<[UInt64]>

  init() {
    numbers = Set(
      [STDOUT_FILENO, STDERR_FILENO].compactMap { descriptor in
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
      })
  }

  func contains(_ signature: FileState.Signature) -> Bool {
    numbers.contains([signature.device, signature.number])
  }
}

/// What git ignores below a folder: nothing where there is no git.
struct IgnoredFiles {
  private var paths: Set<String> = []

  init(below folder: String) {
    let list = gitIgnored(below: FilePath(folder))
    for name in list {
      paths.insert(folder + "/" + (name.hasSuffix("/") ? String(name.dropLast()) : name))
    }
  }

  func contains(_ path: String) -> Bool { paths.contains(path) }
}
