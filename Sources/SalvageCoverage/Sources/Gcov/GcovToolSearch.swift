package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A gcov, and the major version of the gcc whose files it reads.
package struct GcovTool: Sendable, Hashable {
  package var path: FilePath
  package var majorVersion: Int
}

/// Where gcov is looked for. Each gcov reads the files of its own gcc's major version and no other's.
///
/// In this order: the folder that the user names; the one that SALVAGE_GCOV_BIN names; `gcov-NN` on
/// PATH; `gcov` on PATH; beside the `gcc-NN`, `gcc` and `cc` on PATH, links resolved. A folder that was
/// named is the only one looked at.
package struct GcovToolSearch: Sendable, Hashable {
  /// Names a folder with gcov.
  package static let variable = "SALVAGE_GCOV_BIN"

  /// `--gcov-bin`.
  package var folder: FilePath?
  /// Of SALVAGE_GCOV_BIN; nil or empty is unset.
  package var environmentFolder: String?
  /// Of PATH.
  package var path: String

  /// - Parameters:
  ///   - folder: what the user named, if anything.
  ///   - environment: how to look up a variable; our own environment by default.
  package init(folder: FilePath? = nil, environment: ((String) -> String?)? = nil) {
    let environment = environment ?? { name in getenv(name).map { String(cString: $0) } }
    self.folder = folder
    environmentFolder = environment(Self.variable)
    path = environment("PATH") ?? ""
  }

  /// The option or variable that names a folder, and the folder.
  private var named: (option: String, folder: FilePath)? {
    if let folder { return ("--gcov-bin", folder) }
    guard let environmentFolder, !environmentFolder.isEmpty else { return nil }
    return (Self.variable, FilePath(environmentFolder))
  }

  private func candidates(_ major: Int) -> [FilePath] {
    let names = ["gcov-\(major)", "gcov"]
    if let named { return names.map(named.folder.appending).filter(\.isExecutable) }
    let folders = path.split(separator: ":").map { FilePath(String($0)) }.filter(\.isAbsolute)
    var found = names.flatMap { name in folders.map { $0.appending(name) } }
    for compiler in ["gcc-\(major)", "gcc", "cc"] {
      let tools = folders.lazy.map { $0.appending(compiler) }
      guard let tool = tools.first(where: \.isExecutable) else { continue }
      let home = tool.resolved.removingLastComponent()
      found += names.map(home.appending)
    }
    var seen: Set<FilePath> = []
    return found.filter { $0.isExecutable && seen.insert($0.resolved).inserted }
  }

  /// The gcov that reads the files of that gcc.
  func tool(ofMajorVersion major: Int) async throws(GcovToolError) -> GcovTool {
    var tried: [String] = []
    for path in candidates(major) {
      let found = (try? await ToolRun.output(of: path, ["--version"])).flatMap {
        $0.flatMap(Self.majorVersion)
      }
      if found == major { return GcovTool(path: path, majorVersion: major) }
      tried.append(found.map { "\(path) of gcc \($0)" } ?? "\(path), which does not tell a version")
    }
    throw GcovToolError(majorVersion: major, named: named.map { "\($0) \($1)" }, tried: tried)
  }

  /// All that are found, the oldest first.
  package func tools() async -> [GcovTool] {
    var result: [GcovTool] = []
    for major in GcovVersion.known {
      if let tool = try? await tool(ofMajorVersion: major) { result.append(tool) }
    }
    return result
  }

  /// `gcov (Debian 12.2.0-14+deb12u1) 12.2.0`: what follows the parentheses of the first line.
  static func majorVersion(in text: String) -> Int? {
    let line = text.prefix { !$0.isNewline }
    guard line.hasPrefix("gcov "), let end = line.lastIndex(of: ")") else { return nil }
    return Int(line[end...].dropFirst().drop { $0 == " " }.prefix { $0.isASCII && $0.isNumber })
  }
}

/// No gcov of the version that an object needs.
struct GcovToolError: ToolsError, Hashable {
  var majorVersion: Int
  /// The option or variable and its folder, where one was given.
  var named: String?
  var tried: [String]

  var description: String {
    let major = majorVersion
    let found =
      tried.isEmpty
      ? named.map { "there is none in \($0)" } ?? "none is on PATH"
      : "found only " + tried.joined(separator: ", ")
    return
      "needs gcov of gcc \(major), because its files are read by that version's only; \(found); "
      + "install gcc-\(major), or give the folder of its gcov by --gcov-bin or "
      + GcovToolSearch.variable
  }
}

extension FilePath {
  /// A file that we may execute.
  var isExecutable: Bool {
    withPlatformString { access($0, X_OK) == 0 }
  }

  /// Symbolic links resolved, as far as the path exists.
  var resolved: FilePath {
    withPlatformString { name in
      guard let real = realpath(name, nil) else { return self }
      defer { free(real) }
      return FilePath(platformString: real)
    }
  }
}
