import SalvageRecord

/// What a build says of where the functions of its sources are, to be compared with what another one says.
///
/// Two files at one path need not be builds of one program: tests are compiled to `a.out` one after the
/// other, and containers have a `/app/server` each. What they say of a source that they share fits then, and
/// adding it up is right. Where they contradict each other, the source was changed between them.
struct BuildOutline: Sendable {
  private var regions: [Name: Set<[SourceRegion]>] = [:]
  private var files: [String: SourceFile] = [:]

  private struct Name: Hashable {
    var file: String
    var function: String
  }

  init(_ objects: [ObjectCounters], _ request: CoverageRequest) async throws {
    var request = request
    request.content = .regions
    for object in objects {
      guard let reader = coverageSources.first(where: { $0.source == object.source }) else {
        continue
      }
      guard let part = try? await reader.init().coverage(of: [object], for: request).coverage
      else { continue }
      if object.source == .llvm { addRegions(part) }
      if object.source != .llvm { addFiles(part) }
    }
  }

  private mutating func addRegions(_ part: Coverage) {
    for function in part.functions {
      guard let file = function.fileNames.first else { continue }
      regions[Name(file: file, function: function.name), default: []]
        .insert(function.shape.regions)
    }
  }

  private mutating func addFiles(_ part: Coverage) {
    for file in part.files { files[file.path] = file }
  }

  /// True where a function that both know is at other lines.
  func contradicts(_ other: BuildOutline) -> Bool {
    for (name, mine) in regions {
      guard let theirs = other.regions[name], mine.isDisjoint(with: theirs) else { continue }
      if !mine.contains(where: { one in theirs.contains { Self.fits(one, $0) } }) { return true }
    }
    for (path, mine) in files {
      if let theirs = other.files[path], mine.contradicts(theirs) { return true }
    }
    return false
  }

  /// Of a function that nothing in a unit calls, clang knows its whole body and no more.
  private static func fits(_ left: [SourceRegion], _ right: [SourceRegion]) -> Bool {
    guard let one = left.first, let other = right.first else { return true }
    return (left.count == 1 || right.count == 1)
      && (one.startLine, one.endLine) == (other.startLine, other.endLine)
  }
}

extension SourceFile {
  /// By lines, where no regions are known: a function that both know begins on another line, or has other
  /// lines up to the next function that either knows.
  fileprivate func contradicts(_ other: SourceFile) -> Bool {
    let (mine, theirs) = (starts, other.starts)
    let bounds = Set(functions.map(\.line) + other.functions.map(\.line)).sorted()
    let (bodies, others) = (bodies(bounds), other.bodies(bounds))
    for (name, start) in mine {
      guard let start, let there = theirs[name], let there else { continue }
      if start != there || bodies[start] != others[start] { return true }
    }
    return false
  }

  /// Where functions begin; nil for a name that several have.
  private var starts: [String: UInt32?] {
    Dictionary(functions.map { ($0.name, $0.line) }) { $0 == $1 ? $0 : nil }
  }

  /// The lines from each bound to the next.
  private func bodies(_ bounds: [UInt32]) -> [UInt32: [UInt32]] {
    var result: [UInt32: [UInt32]] = [:]
    var next = 0
    for line in lines {
      while next < bounds.count && bounds[next] <= line.number { next += 1 }
      if next > 0 { result[bounds[next - 1], default: []].append(line.number) }
    }
    return result
  }
}
