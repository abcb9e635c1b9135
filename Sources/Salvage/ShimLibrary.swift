import Glibc
import SalvageRecord
package import SystemPackage

/// Where libsalvage.so is: beside whatever loaded this module, wherever that was moved to.
package enum ShimLibrary {
  /// The plugin's output is a resource of this module; SwiftPM puts it into this directory.
  private static let resources = "salvage_Salvage.resources"
  private static let name = "libsalvage.so"

  /// The places that are looked at, the best first.
  package static func candidates() -> [FilePath] {
    var result: [FilePath] = []
    if let named = getenv("SALVAGE_LIBRARY") {
      result.append(absolute(FilePath(platformString: named)))
    }
    for directory in moduleDirectories() {
      result.append(directory.removingLastComponent().appending("lib/salvage").appending(name))
      result.append(directory.appending(resources).appending(name))
      // SwiftPM names the directory after the package; a renamed clone has another one.
      for other in names(in: directory)
      where other.hasSuffix("_Salvage.resources") && other != resources {
        result.append(directory.appending(other).appending(name))
      }
    }
    return result
  }

  package static func find() throws(SalvageError) -> FilePath {
    let places = candidates()
    for place in places where isRegularFile(place) { return place }
    throw .libraryNotFound(places)
  }

  /// The directory of the running program, and that of the file which holds this code: under
  /// `swift test` that is a bundle which a runner of the toolchain loads.
  private static func moduleDirectories() -> [FilePath] {
    var result: [FilePath] = []
    for file in [target(of: "/proc/self/exe"), mappedFile(at: #dsohandle)] {
      guard let directory = file?.removingLastComponent(), !result.contains(directory) else {
        continue
      }
      result.append(directory)
    }
    return result
  }

  /// The file that is mapped at an address (proc(5), `maps`).
  private static func mappedFile(at address: UnsafeRawPointer) -> FilePath? {
    let wanted = UInt(bitPattern: address)
    guard let text = procFile("/proc/self/maps") else { return nil }
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      guard fields.count == 6, let dash = fields[0].firstIndex(of: "-"),
        let low = UInt(fields[0][..<dash], radix: 16),
        let high = UInt(fields[0][fields[0].index(after: dash)...], radix: 16)
      else { continue }
      if (low..<high).contains(wanted) { return FilePath(String(fields[5])) }
    }
    return nil
  }
}
