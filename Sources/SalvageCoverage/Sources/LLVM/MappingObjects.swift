import SalvageSystem

extension MappingReport {
  /// Notes in each file which objects it is in, and which of its lines each of them ran.
  ///
  /// The counts of several objects cannot be told apart where they were added up. So each object is read once more
  /// for the files that others have too, by the functions that lead there.
  /// - Parameters:
  ///   - names: of the objects.
  ///   - images: the objects.
  mutating func attribute(to names: [String], _ images: [MappingImage]) async throws {
    let shared = SharedPaths(images)
    if images.count > 1 {
      WorkProgress.begin("finding which programs ran a line", of: images.count)
    }
    let parts = try await concurrently(images.indices, width: processorCount()) {
      index -> [(path: String, ran: FileObjects)] in
      let image = MappingImage(images[index], where: shared.functions(of: images[index]))
      guard !image.functions.isEmpty else { return [] }
      // Only this loop tells how far it is.
      let files = try await WorkProgress.$current.withValue(nil) {
        try await MappingReport(of: [image], .lines).coverage.files
      }
      return files.lazy.filter { shared.isShared($0.path) }.map {
        ($0.path, FileObjects(names[index], ran: $0.lines))
      }
    }
    var objects: [String: FileObjects] = [:]
    for (path, ran) in parts.joined() {
      objects[path] = objects[path].map { $0.union(ran) } ?? ran
    }
    for index in coverage.files.indices {
      let path = coverage.files[index].path
      coverage.files[index].objects =
        objects[path] ?? shared.owner(of: path).map { FileObjects(names[$0]) }
    }
  }
}

/// Which objects have functions in a file.
private struct SharedPaths: Sendable {
  private var owners: [String: Owner] = [:]

  private enum Owner {
    case one(Int)
    case several
  }

  init(_ images: [MappingImage]) {
    for (index, image) in images.enumerated() {
      for path in Set(image.files) {
        let path = image.paths[Int(path)]
        owners[path] = owners[path] == nil ? .one(index) : .several
      }
    }
  }

  func isShared(_ path: String) -> Bool {
    if case .several = owners[path] { true } else { false }
  }

  /// Of a file that one object has.
  func owner(of path: String) -> Int? {
    if case .one(let index) = owners[path] { index } else { nil }
  }

  /// Whether a function of an object has text in a file that is shared.
  func functions(of image: MappingImage) -> (MappingImage.Function) -> Bool {
    let paths = image.paths.map(isShared)
    return { function in image.files[function.files].contains { paths[Int($0)] } }
  }
}
