public import SalvageCoverage

/// Which files are reported, and under which names.
public struct Filter: Sendable, Hashable {
  /// Replaces the beginning of a path, at component boundaries.
  public struct PathMap: Sendable, Hashable {
    /// What paths begin with.
    public var from: String
    /// What takes its place.
    public var to: String

    /// Paths that begin with `from` begin with `to` instead.
    public init(from: String, to: String) {
      self.from = Self.trimmed(from)
      self.to = Self.trimmed(to)
    }

    /// `A=B`; nil without a `=` or with nothing before it. The first `=` separates.
    public init?(_ text: String) {
      guard let mark = text.firstIndex(of: "="), mark > text.startIndex else { return nil }
      self.init(from: String(text[..<mark]), to: String(text[text.index(after: mark)...]))
    }

    /// Nil where the path does not begin so.
    func mapped(_ path: String) -> String? {
      guard path.hasPrefix(from) else { return nil }
      let rest = path.dropFirst(from.count)
      guard rest.isEmpty || rest.hasPrefix("/") || from == "/" else { return nil }
      if to.isEmpty { return String(rest.drop { $0 == "/" }) }
      return to == "/" || from == "/" ? join(to, rest) : to + rest
    }

    private func join(_ head: String, _ rest: Substring) -> String {
      (head == "/" ? "" : head) + "/" + rest.drop { $0 == "/" }
    }

    private static func trimmed(_ path: String) -> String {
      var path = path[...]
      while path.count > 1, path.hasSuffix("/") { path.removeLast() }
      return String(path)
    }
  }

  /// Only these; empty is all.
  public var include: [Glob]
  /// Not these, even if included.
  public var exclude: [Glob]
  /// The first that fits is applied, before the patterns are looked at.
  public var pathMaps: [PathMap]

  /// Files that match one of `include`, or all if there is none, and none of `exclude`.
  public init(include: [Glob] = [], exclude: [Glob] = [], pathMaps: [PathMap] = []) {
    self.include = include
    self.exclude = exclude
    self.pathMaps = pathMaps
  }

  /// True where everything passes as it is.
  public var isEmpty: Bool { include.isEmpty && exclude.isEmpty && pathMaps.isEmpty }

  /// True where a file of this path is in the report.
  public func matches(_ path: String) -> Bool {
    (include.isEmpty || include.contains { $0.matches(path) })
      && !exclude.contains { $0.matches(path) }
  }

  /// The path under which a report shows a file.
  public func mapped(_ path: String) -> String {
    for map in pathMaps {
      if let mapped = map.mapped(path) { return mapped }
    }
    return path
  }

  /// The files that pass, under their new names; two files that get one name are joined.
  public func apply(to coverage: Coverage) -> Coverage {
    guard !isEmpty else { return coverage }
    var result = coverage
    result.files = []
    result.functions = []
    var single = Coverage(content: coverage.content, dialect: coverage.dialect)
    var parts: [Coverage] = []
    var names: Set<String> = []
    for var file in coverage.files {
      file.path = mapped(file.path)
      guard matches(file.path) else { continue }
      file.regions?.rename(mapped)
      file.objects = file.objects?.renamed(mapped)
      if names.insert(file.path).inserted {
        result.files.append(file)
      } else {
        single.files = [file]
        parts.append(single)
      }
    }
    result.files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    for function in coverage.functions {
      var function = function
      function.fileNames = function.fileNames.map(mapped)
      guard function.fileNames.first.map(names.contains) ?? false else { continue }
      result.functions.append(function)
    }
    for part in parts { result.add(part) }
    return result
  }
}

extension FileRegions {
  fileprivate mutating func rename(_ mapped: (String) -> String) {
    for index in expansions.indices {
      expansions[index].fileNames = expansions[index].fileNames.map(mapped)
    }
  }
}
