import SalvageRecord
import SalvageSystem

/// The functions of several objects as one program: what is the same in all of them is there once, with
/// the counters of all.
struct MappingProgram: Sendable {
  /// A function, and the objects that have it.
  struct Instance: Sendable {
    var sources: [Source]

    struct Source: Sendable {
      var image: Int32
      var function: Int32
    }

    /// Its mapping is read from here.
    var first: Source { sources[0] }
  }

  let images: [MappingImage]
  /// All paths of all objects, each once.
  private(set) var paths: [String] = []
  /// For each object its paths in `paths`.
  private var imagePaths: [[UInt32]] = []
  /// In the order of the objects, and in theirs.
  private(set) var instances: [Instance] = []

  init(_ images: [MappingImage]) {
    self.images = images
    var known: [String: UInt32] = [:]
    for image in images {
      imagePaths.append(
        image.paths.map { path in
          if let index = known[path] { return index }
          let index = UInt32(paths.count)
          known[path] = index
          paths.append(path)
          return index
        })
    }
    if images.count > 1 { joinFunctions() } else { listFunctions() }
  }

  func function(_ source: Instance.Source) -> MappingImage.Function {
    images[Int(source.image)].functions[Int(source.function)]
  }

  /// The file of a function, by its own number.
  @inline(__always)
  func path(_ source: Instance.Source, _ file: Int) -> UInt32 {
    let image = images[Int(source.image)]
    let start = image.functions[Int(source.function)].files.lowerBound
    return imagePaths[Int(source.image)][Int(image.files[start + file])]
  }

  func files(_ source: Instance.Source) -> [UInt32] {
    (0..<function(source).files.count).map { path(source, $0) }
  }

  private mutating func listFunctions() {
    for image in images.indices {
      for function in images[image].functions.indices {
        instances.append(
          Instance(sources: [.init(image: Int32(image), function: Int32(function))]))
      }
    }
  }

  /// One instance of functions of one name, in the same files, with the same mapping.
  private mutating func joinFunctions() {
    var known: [Int: [Int32]] = [:]
    for image in images.indices {
      for function in images[image].functions.indices {
        let source = Instance.Source(image: Int32(image), function: Int32(function))
        let key = key(source)
        if let same = known[key]?.first(where: { isSame(instances[Int($0)].first, source) }) {
          instances[Int(same)].sources.append(source)
        } else {
          known[key, default: []].append(Int32(instances.count))
          instances.append(Instance(sources: [source]))
        }
      }
    }
    dropDummies()
  }

  private func key(_ source: Instance.Source) -> Int {
    let function = function(source)
    var hasher = Hasher()
    hasher.combine(function.name)
    hasher.combine(function.hash)
    for file in 0..<function.files.count { hasher.combine(path(source, file)) }
    images[Int(source.image)].bytes.withUnsafeBytes {
      hasher.combine(bytes: $0.part(function.mapping))
    }
    return hasher.finalize()
  }

  private func isSame(_ left: Instance.Source, _ right: Instance.Source) -> Bool {
    let (a, b) = (function(left), function(right))
    guard a.hash == b.hash, a.name == b.name, files(left) == files(right) else { return false }
    return images[Int(left.image)].bytes.withUnsafeBytes { mine in
      images[Int(right.image)].bytes.withUnsafeBytes { theirs in
        mine.part(a.mapping).elementsEqual(theirs.part(b.mapping))
      }
    }
  }
}

/// Dummies: what a compiler says of a function that its unit does not use.
extension MappingProgram {
  private struct Start: Hashable {
    var file: UInt32
    var place: Place
  }

  private struct Name: Hashable {
    var name: String
    var files: [UInt32]
  }

  /// A dummy covers its function from brace to brace, blank lines and comments too. Where another object
  /// has the real mapping of that function, by its name or by its place, it says nothing.
  ///
  /// Within one object llvm-cov keeps the dummy of a static function beside a real one, and so do we.
  private mutating func dropDummies() {
    let dummies = instances.indices.filter { function(instances[$0].first).isDummy }
    guard !dummies.isEmpty else { return }
    let files = Set(dummies.map { path(instances[$0].first, 0) })
    var starts: [Start: Set<Int32>] = [:]
    var names: [Name: Set<Int32>] = [:]
    for instance in instances {
      let source = instance.first
      let function = function(source)
      guard !function.isDummy, files.contains(path(source, 0)) else { continue }
      let owners = Set(instance.sources.map(\.image))
      names[Name(name: function.name, files: self.files(source)), default: []].formUnion(owners)
      if let start = start(source) { starts[start, default: []].formUnion(owners) }
    }
    var isDropped = [Bool](repeating: false, count: instances.count)
    for index in dummies {
      let source = instances[index].first
      let name = Name(name: function(source).name, files: self.files(source))
      let real = (start(source).flatMap { starts[$0] } ?? []).union(names[name] ?? [])
      let all = real.union(instances[index].sources.map(\.image))
      isDropped[index] = !real.isEmpty && all.count > 1
    }
    var kept: [Instance] = []
    for index in instances.indices where !isDropped[index] { kept.append(instances[index]) }
    instances = kept
  }

  /// Where the first region of the first file begins.
  private func start(_ source: Instance.Source) -> Start? {
    let function = function(source)
    return images[Int(source.image)].bytes.withUnsafeBytes { raw in
      var cursor = MappingCursor(raw, function.mapping)
      let expressions = cursor.count(ofAtLeast: 2)
      for _ in 0..<2 * expressions { _ = cursor.number() }
      guard cursor.count(ofAtLeast: 5) > 0 else { return nil }
      let first = cursor.number32()
      // What begins a function is code; a zero has no kind but that.
      guard first & 3 != 0 || first == 0 else { return nil }
      let line = cursor.number32()
      let column = cursor.number32()
      return cursor.isDamaged
        ? nil : Start(file: path(source, 0), place: Place(line: line, column: column))
    }
  }
}
