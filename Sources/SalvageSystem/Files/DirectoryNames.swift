package import Glibc
package import SystemPackage

/// The names in a directory, sorted; empty if it cannot be listed.
package func names(in directory: FilePath) -> [String] {
  guard let stream = directory.withPlatformString({ opendir($0) }) else { return [] }
  defer { closedir(stream) }
  return names(of: stream)
}

/// The names that an open directory has, sorted.
package func names(of stream: OpaquePointer) -> [String] {
  var result: [String] = []
  while let entry = readdir(stream) {
    let name = name(of: entry)
    if name != "." && name != ".." { result.append(name) }
  }
  return result.sorted()
}

/// A directory entry ends with its name (readdir(3)): all 256 bytes of `d_name` may reach past it.
private func name(of entry: UnsafePointer<dirent>) -> String {
  let start = UnsafeRawPointer(entry) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
  return String(cString: start.assumingMemoryBound(to: UInt8.self))
}
