import Glibc
import SalvageSystem
import SystemPackage

/// The Python files that lie in a directory, by coverage.py's rules: those of the directory itself and of packages
/// in it, which are directories with an `__init__.py`; no virtual environments, and nothing that is installed.
package struct PythonSearch {
  private var visited: Set<Identity> = []
  private(set) package var files: [String] = []

  private struct Identity: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  /// - Parameter known: files that were recorded. They are not found again, under no name.
  package init(without known: some Sequence<String>) {
    for path in known { if let identity = Self.identity(path)?.0 { visited.insert(identity) } }
  }

  private static func identity(_ path: String) -> (Identity, isDirectory: Bool)? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return (
      Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)),
      status.st_mode & S_IFMT == S_IFDIR
    )
  }

  /// All below a directory, or a file.
  package mutating func add(_ path: String) {
    guard let (identity, isDirectory) = Self.identity(path), !visited.contains(identity) else {
      return
    }
    if isDirectory {
      walk(path)
    } else {
      visited.insert(identity)
      files.append(path)
    }
  }

  private mutating func walk(_ root: String) {
    var folders = [root]
    while let folder = folders.popLast() {
      guard let (identity, _) = Self.identity(folder), visited.insert(identity).inserted,
        access(folder + "/pyvenv.cfg", F_OK) != 0
      else { continue }
      for name in Self.names(in: folder).sorted() {
        let path = folder == "/" ? "/" + name : folder + "/" + name
        if Self.isSource(name) {
          add(path)
        } else if !Self.isInstalled(name), access(path + "/__init__.py", F_OK) == 0 {
          folders.append(path)
        }
      }
    }
  }

  private static func isInstalled(_ name: String) -> Bool {
    ["site-packages", "dist-packages", "__pycache__"].contains(name)
  }

  /// Not what editors leave.
  private static func isSource(_ name: String) -> Bool {
    let stem =
      name.hasSuffix(".py") ? name.dropLast(3) : name.hasSuffix(".pyw") ? name.dropLast(4) : ""
    return !stem.isEmpty && !stem.contains { ".#~!$@%^&*()+=,".contains($0) }
  }

  private static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      if let name, name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
