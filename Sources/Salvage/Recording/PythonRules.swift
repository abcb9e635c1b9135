import FoundationEssentials
import SalvageSystem
import SystemPackage

/// What Python code is recorded: the file `python` of a recording, a rule a line.
struct PythonRules {
  /// What the library reads of it.
  private static let limit = 16_384

  private(set) var encoded: [UInt8] = []

  /// One of them.
  enum Rule: Sendable, Hashable {
    /// A directory or a file.
    case place(String)
    /// `a/b` for `a.b`.
    case package(String)
  }

  /// Those of a recording; none where it has no such file.
  static func stored(in directory: FilePath) -> [Rule] {
    rules((try? directory.appending("python").contents(limit: 1 << 20)) ?? [])
  }

  /// Those of the bytes of such a file.
  static func rules(_ bytes: [UInt8]) -> [Rule] {
    bytes.prefix(limit).split(separator: 10).compactMap { line in
      let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 1)
      guard words.count == 2 else { return nil }
      switch words[0] {
      case "source": return .place(String(words[1]))
      case "package": return .package(String(words[1]))
      default: return nil
      }
    }
  }

  /// Words that are directories or files, or that no package can be called, are places; others are
  /// packages. A place that is not there is a mistake.
  init(_ sources: [String]) throws(SalvageError) {
    for source in sources {
      let path = FilePath(source)
      if source.contains("/") && path.status() == nil {
        throw .noPythonSource(path, near: Self.near(path))
      }
      if source.contains("/") || source == "." || source == ".." || path.isDirectory
        || path.status() != nil
      {
        for place in Set([path.absolute, path.resolved ?? path.absolute]) {
          add("source \(place)")
        }
      } else {
        add("package \(source.split(separator: ".").joined(separator: "/"))")
      }
    }
    guard encoded.count < Self.limit else { throw .tooManyPythonSources(limit: Self.limit) }
  }

  /// What is there in its place and has a similar name.
  private static func near(_ path: FilePath) -> FilePath? {
    var directory = path.removingLastComponent()
    if directory.isEmpty { directory = "." }
    guard let name = path.lastComponent?.string, directory.isDirectory else {
      // A directory above it is not there either.
      guard !directory.isEmpty, directory.lastComponent != nil, let near = near(directory),
        let last = path.lastComponent
      else { return nil }
      let whole = near.appending(last)
      return whole.status() == nil ? near : whole
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []
    let nearest = names.map { (distance(name, $0), $0) }.min { $0 < $1 }
    guard let nearest, nearest.0 <= max(1, name.utf8.count / 3) else { return nil }
    return path.removingLastComponent().appending(nearest.1)
  }

  /// How many letters have to be put in, taken out or changed.
  private static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.lowercased().utf8), Array(right.lowercased().utf8))
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var corner = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let value = min(row[j] + 1, row[j + 1] + 1, corner + (a == b ? 0 : 1))
        corner = row[j + 1]
        row[j + 1] = value
      }
    }
    return row[right.count]
  }

  private mutating func add(_ rule: String) {
    encoded += Array(rule.utf8) + [10]
  }
}
