import SystemPackage

/// What Python code is recorded: the file `python` of a recording, a rule a line.
struct PythonRules {
  /// What the library reads of it.
  private static let limit = 16_384

  private(set) var encoded: [UInt8] = []

  /// Words that are directories or files, or that no package can be called, are places; others are
  /// packages.
  init(_ sources: [String]) throws(SalvageError) {
    for source in sources {
      let path = FilePath(source)
      if source.contains("/") || source == "." || source == ".." || isDirectory(path)
        || status(path) != nil
      {
        for place in Set([absolute(path), resolved(path) ?? absolute(path)]) {
          add("source \(place)")
        }
      } else {
        add("package \(source.split(separator: ".").joined(separator: "/"))")
      }
    }
    guard encoded.count < Self.limit else { throw .pathTooLong(FilePath(sources.last ?? "")) }
  }

  private mutating func add(_ rule: String) {
    encoded += Array(rule.utf8) + [10]
  }
}
