import SalvageCoverage
import SalvageRecord
import SalvageSystem
import SystemPackage

/// Python files that `--python-source` names and that no process imported: they are in a report with 0 %.
struct NeverImported {
  let files: [SourceFile]

  /// - Parameters:
  ///   - rules: of the recording.
  ///   - objects: what it holds: their files were imported.
  ///   - sources: of archives, which have files that are not here.
  init(_ rules: [PythonRules.Rule], _ objects: [ObjectCounters], _ sources: ArchivedSources) {
    let python = objects.filter { $0.source == .python }
    let imported = python.compactMap { $0.origin?.string }
    var search = PythonSearch(without: imported)
    for place in Self.places(rules, imported) { search.add(place) }
    let minor = python.compactMap { $0.python.map { Int($0.minor) } }.max() ?? 12
    files = search.files.sorted().compactMap { path in
      (sources.text(path) ?? (try? FilePath(path).contents())).map {
        PythonOutline.file(path, $0, minor: minor)
      }
    }
  }

  /// A directory may have two names, of which one has a link in it: the one that was imported by comes first.
  private static func places(_ rules: [PythonRules.Rule], _ imported: [String]) -> [String] {
    var places: [String] = []
    for rule in rules {
      switch rule {
      case .place(let path): places.append(path)
      case .package(let name):
        // Where it was imported from; else where it usually lies.
        var found: [String] = []
        for path in imported {
          let parts = path.split(separator: "/", omittingEmptySubsequences: false)
          let names = name.split(separator: "/")
          let at = parts.indices.first { parts[$0...].dropLast().starts(with: names) }
          if let at { found.append(parts[..<(at + names.count)].joined(separator: "/")) }
        }
        let usual = ["", "src/"].flatMap {
          [FilePath($0 + name).absolute, FilePath($0 + name + ".py").absolute]
        }
        places += found.isEmpty ? usual.map(\.string) : Set(found).sorted()
      }
    }
    let used = places.filter { place in imported.contains { $0.hasPrefix(place + "/") } }
    return used.sorted() + places.filter { !used.contains($0) }.sorted()
  }
}
