import Glibc
import SalvageRecord
import SalvageSystem
import SystemPackage

/// llvm-symbolizer writes JSON, in which a byte of a name that is no UTF-8 is U+FFFD: the name that such a path
/// has on the disk. Nil where none fits, or several do.
func nameOnDisk(_ path: String) -> String? {
  guard path.hasPrefix("/"), path.unicodeScalars.contains("\u{fffd}") else { return path }
  var found = ""
  for component in path.split(separator: "/") {
    guard component.unicodeScalars.contains("\u{fffd}") else {
      found += "/" + component
      continue
    }
    let wanted = repaired(String(component))
    let names = entries(of: FilePath(name: found.isEmpty ? "/" : found))
    let fitting = names.filter { repaired($0.repairedName) == wanted }
    guard fitting.count == 1 else { return nil }
    found += "/" + fitting[0]
  }
  return found
}

/// Tools do not agree on how many U+FFFD stand for several bytes.
private func repaired(_ name: String) -> [Substring] {
  name.split(separator: "\u{fffd}", omittingEmptySubsequences: true)
}

private func entries(of folder: FilePath) -> [String] {
  guard let directory = folder.withPlatformString({ opendir($0) }) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let length = withUnsafeBytes(of: &entry.pointee.d_name) { $0.prefix { $0 != 0 }.count }
    names.append(
      withUnsafeBytes(of: &entry.pointee.d_name) { String(name: $0.prefix(length)) })
  }
  return names
}
