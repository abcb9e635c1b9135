import Glibc
import SalvageRecord
import SalvageSystem
package import SystemPackage

/// Where libsalvage.so is: beside whatever loaded this module, wherever that was moved to.
package enum ShimLibrary {
  /// The plugin's output is a resource of this module; SwiftPM puts it into this directory.
  private static let resources = "salvage_Salvage.resources"
  private static let name = "libsalvage.so"

  package static func find() throws(SalvageError) -> FilePath {
    // One after the other: the memory map is read only where none of our programs runs.
    let sources: [() -> [FilePath]] = [named, besideProgram, besideCode]
    var places: [FilePath] = []
    for source in sources {
      for place in source() {
        if place.isRegularFile { return place }
        places.append(place)
      }
    }
    throw .libraryNotFound(places)
  }

  private static func named() -> [FilePath] {
    getenv("SALVAGE_LIBRARY").map { [FilePath(platformString: $0).absolute] } ?? []
  }

  private static func besideProgram() -> [FilePath] {
    FilePath("/proc/self/exe").linkTarget.map(beside) ?? []
  }

  /// Beside the file that holds this code: under `swift test` that is a bundle which a runner of the
  /// toolchain loads.
  private static func besideCode() -> [FilePath] {
    mappedFile(at: #dsohandle).map(beside) ?? []
  }

  private static func beside(_ file: FilePath) -> [FilePath] {
    let directory = file.removingLastComponent()
    let installed = directory.removingLastComponent().appending("lib/salvage").appending(name)
    // A directory of programs may be long to list.
    if installed.isRegularFile { return [installed] }
    // SwiftPM names the directory after the package; a renamed clone has another one.
    let others = directory.childNames.filter {
      $0.hasSuffix("_Salvage.resources") && $0 != resources
    }
    return [installed] + ([resources] + others).map { directory.appending($0).appending(name) }
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
      if (low..<high).contains(wanted) { return FilePath(String(fields[5].drop { $0 == " " })) }
    }
    return nil
  }
}
