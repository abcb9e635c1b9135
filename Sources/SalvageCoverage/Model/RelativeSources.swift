import Glibc
import SalvageRecord
import SalvageSystem
import SystemPackage

/// Where sources with relative paths are: `-ffile-prefix-map=$PWD=.` and `-fcoverage-compilation-dir=.` make two
/// projects' `main.c` one name.
///
/// What is left to know is where the program lies: in its project, nearly always. So the folders above it are
/// tried, the nearest first, and the sources of a unit are taken to lie where most of them are. Those that are
/// nowhere keep their names.
struct RelativeSources {
  private let folders: [String]
  private var last: String?
  private var known: [String: Bool] = [:]

  /// - Parameter file: a file of the project: the program, or what the compiler wrote beside it.
  init(near file: FilePath?) {
    var folders: [String] = []
    var folder = file?.removingLastComponent() ?? ""
    while folder.isAbsolute, folders.last != folder.string {
      folders.append(folder.string)
      folder = folder.removingLastComponent()
    }
    self.folders = folders
  }

  /// The names of one unit's sources, with paths for those that are known.
  mutating func resolved(_ names: [String]) -> [String] {
    let relative = names.filter(Self.isRelative)
    guard !relative.isEmpty, let folder = folder(of: relative) else { return names }
    return names.map { Self.isRelative($0) ? MappingFiles.joined(folder, $0) : $0 }
  }

  /// A name such as `<stdin>` is no path.
  private static func isRelative(_ name: String) -> Bool {
    !name.isEmpty && name != "." && !name.hasPrefix("/") && !name.hasPrefix("<")
  }

  private mutating func folder(of names: [String]) -> String? {
    // Units of one program nearly always lie in one project.
    if let last, count(names, in: last) == names.count { return last }
    var (best, most) = (nil as String?, 0)
    for folder in folders {
      let found = count(names, in: folder)
      if found > most { (best, most) = (folder, found) }
      if found == names.count { break }
    }
    last = best ?? last
    return best
  }

  private mutating func count(_ names: [String], in folder: String) -> Int {
    names.count { isFile(MappingFiles.joined(folder, $0)) }
  }

  private mutating func isFile(_ path: String) -> Bool {
    if let answer = known[path] { return answer }
    var status = stat()
    let isThere = FilePath(name: path).withPlatformString { stat($0, &status) } == 0
    let answer = isThere && status.st_mode & S_IFMT == S_IFREG
    known[path] = answer
    return answer
  }
}

extension Coverage {
  /// With paths for relative names, where they are known, of one unit or program.
  func resolvingRelative(near file: FilePath?) -> Coverage {
    let names = files.map(\.path)
    guard names.contains(where: { !$0.hasPrefix("/") }) else { return self }
    var sources = RelativeSources(near: file)
    let paths = Dictionary(zip(names, sources.resolved(names))) { first, _ in first }
    return renaming(paths.filter { $0.key != $0.value })
  }
}
