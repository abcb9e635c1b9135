package import SalvageCoverage

/// What of the coverage is the user's: files by where they lie and by patterns, lines by markers in the
/// sources.
public struct Selection: Sendable {
  /// By path.
  public var filter: Filter
  /// Everything: no file is left out by where it lies, no line by a marker.
  public var isAll: Bool
  /// Further texts that exclude the line which holds them.
  public var markers: [String]
  /// Whether a path is a file: environments of Python are told by a file in them.
  private let isFile: @Sendable (String) -> Bool

  /// What is the user's, by default: see ``isAll``.
  public init(
    filter: Filter = Filter(), isAll: Bool = false, markers: [String] = [],
    isFile: @escaping @Sendable (String) -> Bool = { _ in false }
  ) {
    self.filter = filter
    self.isAll = isAll
    self.markers = markers
    self.isFile = isFile
  }

  /// A selection and what became of the rest.
  package struct Result: Sendable {
    package var coverage: Coverage
    /// Files of the system, of toolchains and of packages.
    package var foreignFiles = 0
    package var excludedLines = 0
    /// What the user should know, one line each.
    package var notes: [String] = []
  }

  package func apply(to coverage: Coverage, sources: SourceText) -> Result {
    guard !isAll else { return Result(coverage: filter.apply(to: coverage)) }
    var own = coverage
    var environments: [String: Bool] = [:]
    let wanted = filter.include.filter { $0.pattern.hasPrefix("/") }
    own.files = coverage.files.filter { file in
      // Who names an absolute place means it.
      wanted.contains { $0.matches(file.path) } || !isForeign(file.path, &environments)
    }
    var result = Result(coverage: own, foreignFiles: coverage.files.count - own.files.count)
    if result.foreignFiles > 0 {
      let paths = Set(own.files.map(\.path))
      own.functions = own.functions.filter { $0.fileNames.first.map(paths.contains) ?? false }
    }
    result.coverage = filter.apply(to: own)
    for index in result.coverage.files.indices {
      var file = result.coverage.files[index]
      exclude(from: &file, sources, &result)
      result.coverage.files[index] = file
    }
    return result
  }

  private func exclude(from file: inout SourceFile, _ sources: SourceText, _ result: inout Result) {
    guard let text = sources.bytes(file.path),
      let exclusions = Exclusions(text, markers: markers, isPython: file.path.hasSuffix(".py"))
    else { return }
    let before = file.lines.count
    for note in exclusions.apply(to: &file) { result.notes.append("\(file.path):\(note)") }
    result.excludedLines += before - file.lines.count
  }

  // MARK: Where files lie

  /// Folders of the system and of toolchains.
  private static let systemFolders = [
    "/usr/include/", "/usr/local/include/", "/usr/lib/", "/usr/lib32/", "/usr/lib64/",
    "/usr/libexec/",
    "/lib/", "/usr/share/", "/nix/store/", "/usr/local/lib/python", "/rustc/", "/opt/rh/",
  ]

  /// Components of paths below which packages, toolchains and what is generated lie.
  private static let foreignFolders = [
    "/site-packages/", "/dist-packages/", "/.cargo/registry/", "/.cargo/git/",
    "/.rustup/toolchains/",
    "/.build/", "/SourcePackages/checkouts/", "/_deps/", "/vcpkg_installed/", "/.conan/data/",
    "/.conan2/", "/node_modules/", "/.tox/", "/.nox/", "/usr/lib/swift/", ".xctoolchain/",
    "/.pyenv/versions/", "/go/pkg/mod/",
  ]

  private func isForeign(_ path: String, _ environments: inout [String: Bool]) -> Bool {
    if Self.systemFolders.contains(where: path.hasPrefix) { return true }
    if Self.foreignFolders.contains(where: path.contains) { return true }
    // clang's and gcc's own headers, wherever they are installed.
    if path.contains("/lib/clang/") && path.contains("/include/") { return true }
    if path.contains("/lib/gcc/") && path.contains("/include/") { return true }
    return isInEnvironment(splitPath(path).folder, &environments)
  }

  /// A folder above has `pyvenv.cfg`: a virtual environment, its packages and commands (PEP 405).
  private func isInEnvironment(_ folder: Substring, _ known: inout [String: Bool]) -> Bool {
    guard !folder.isEmpty else { return false }
    let key = String(folder)
    if let answer = known[key] { return answer }
    let answer = isFile(key + "/pyvenv.cfg") || isInEnvironment(splitPath(key).folder, &known)
    known[key] = answer
    return answer
  }
}
