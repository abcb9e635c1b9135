import SalvageRecord
package import SalvageSystem
package import SystemPackage

/// Where the lines of a program are: in the program, or in the debug file of a stripped one.
package enum DebugFile {
  package static func hasLines(_ image: ELFImage) -> Bool {
    image.sections.contains {
      $0.name == ".debug_line" && $0.size > 0 && $0.type != ELFImage.noBits
    }
  }

  /// The file that knows the lines of a program; nil: none is to be found.
  package static func of(_ path: FilePath, _ image: ELFImage) -> FilePath? {
    if hasLines(image) { return path }
    guard let id = try? image.buildID() else { return nil }
    return find(of: path, buildID: id)
  }

  /// A file outside of the recording is believed by its build id only.
  static func find(of origin: FilePath?, buildID id: [UInt8]) -> FilePath? {
    places(of: origin, id).first { path in
      guard let image = try? ELFImage(path: path), hasLines(image) else { return false }
      return (try? image.buildID()) == id
    }
  }

  /// Where debuggers look for the debug information of a stripped program.
  private static func places(of origin: FilePath?, _ id: [UInt8]) -> [FilePath] {
    let digits = id.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let byID = FilePath("/usr/lib/debug/.build-id/\(digits.prefix(2))/\(digits.dropFirst(2)).debug")
    guard let origin, let name = origin.lastComponent else { return [byID] }
    let folder = origin.removingLastComponent()
    let besides = [folder, folder.appending(".debug")].map { $0.appending(name.string + ".debug") }
    let system = FilePath("/usr/lib/debug" + origin.string + ".debug")
    return [origin] + besides + [byID, system]
  }
}
