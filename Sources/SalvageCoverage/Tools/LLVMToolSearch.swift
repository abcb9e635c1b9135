package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where llvm-cov and llvm-profdata are looked for.
///
/// In this order: the folder that the user names; the one that SALVAGE_LLVM_BIN names; beside the
/// `swift` and the `clang` on PATH (symbolic links resolved: they often lead into a toolchain);
/// `llvm-cov` on PATH; `llvm-cov-NN` on PATH, the newest first. A folder that was named is the only
/// one looked at; among the others the first that reads all objects wins, whatever else is on PATH.
package struct LLVMToolSearch: Sendable, Hashable {
  /// Names a folder with both tools.
  package static let variable = "SALVAGE_LLVM_BIN"

  /// `--llvm-bin`.
  package var folder: FilePath?
  /// Of SALVAGE_LLVM_BIN; nil or empty is unset.
  package var environmentFolder: String?
  /// Of PATH.
  package var path: String

  /// - Parameters:
  ///   - folder: what the user named, if anything.
  ///   - environment: how to look up a variable; our own environment by default.
  package init(
    folder: FilePath? = nil,
    environment: ((String) -> String?)? = nil
  ) {
    let environment = environment ?? { name in getenv(name).map { String(cString: $0) } }
    self.folder = folder
    environmentFolder = environment(Self.variable)
    path = environment("PATH") ?? ""
  }

  /// A pair of tools that exist; their version is not known yet.
  struct Candidate: Sendable, Hashable {
    var cov: FilePath
    var profdata: FilePath
    /// The option or variable that named it: then nothing else may be taken in its place.
    var givenBy: String?
  }

  func candidates() throws(LLVMToolsError) -> [Candidate] {
    if let folder { return [try named(folder, by: "--llvm-bin")] }
    if let environmentFolder, !environmentFolder.isEmpty {
      return [try named(FilePath(environmentFolder), by: Self.variable)]
    }
    let found = places().flatMap { Self.pair(in: $0.folder, suffix: $0.suffix) }
    var seen: Set<FilePath> = []
    return found.filter { seen.insert($0.cov.resolved).inserted }
  }

  /// Folders and what follows a tool's name there, in the order in which tools are taken where none
  /// were named.
  private func places() -> [(folder: FilePath, suffix: String)] {
    let folders = path.split(separator: ":").map { FilePath(String($0)) }.filter(\.isAbsolute)
    var places: [(FilePath, String)] = []
    for compiler in ["swift", "clang"] {
      guard let tool = folders.lazy.map({ $0.appending(compiler) }).first(where: \.isExecutable)
      else { continue }
      places.append((tool.resolved.removingLastComponent(), ""))
    }
    for folder in folders { places.append((folder, "")) }
    for version in stride(from: Self.newestSuffix, through: LLVMTools.oldestVersion, by: -1) {
      for folder in folders { places.append((folder, "-\(version)")) }
    }
    return places
  }

  /// Paths where a single tool is, in the order in which it is taken; at most one where a folder was
  /// named.
  func paths(of tool: String) -> [FilePath] {
    if let folder = folder ?? environmentFolder.flatMap({ $0.isEmpty ? nil : FilePath($0) }) {
      return [folder.appending(tool)].filter(\.isExecutable)
    }
    return places().map { $0.folder.appending(tool + $0.suffix) }.filter(\.isExecutable)
  }

  /// Distributions name tools by the LLVM version; this far beyond today's is enough.
  private static let newestSuffix = 49

  private func named(_ folder: FilePath, by option: String) throws(LLVMToolsError) -> Candidate {
    guard var pair = Self.pair(in: folder, suffix: "").first else {
      throw .unusable(folder, givenBy: option, reason: "does not have both tools")
    }
    pair.givenBy = option
    return pair
  }

  private static func pair(in folder: FilePath, suffix: String) -> [Candidate] {
    let cov = folder.appending("llvm-cov" + suffix)
    let profdata = folder.appending("llvm-profdata" + suffix)
    guard cov.isExecutable, profdata.isExecutable else { return [] }
    return [Candidate(cov: cov, profdata: profdata)]
  }
}

extension LLVMToolSearch {
  /// The tools for objects whose newest coverage mapping has that version (from 1).
  ///
  /// Where none reads it, the newest ones are answered: they may read the other objects.
  package func tools(readingMapping version: Int) async throws -> LLVMTools {
    var tried: [String] = []
    var best: LLVMTools?
    for candidate in try candidates() {
      guard let major = await Self.majorVersion(of: candidate.cov) else {
        if let option = candidate.givenBy {
          throw LLVMToolsError.unusable(
            candidate.cov.removingLastComponent(), givenBy: option,
            reason: "its llvm-cov does not tell its version")
        }
        tried.append("\(candidate.cov), which does not run")
        continue
      }
      let tools = LLVMTools(
        profdata: candidate.profdata, cov: candidate.cov, majorVersion: major)
      tried.append("\(candidate.cov) of LLVM \(major)")
      guard major >= LLVMTools.oldestVersion else { continue }
      if tools.newestMapping >= version { return tools }
      if major > best?.majorVersion ?? 0 { best = tools }
    }
    guard let best else {
      throw LLVMToolsError.notFound(
        needed: LLVMTools.oldestVersion(readingMapping: version), tried: tried)
    }
    return best
  }

  static func majorVersion(of tool: FilePath) async -> Int? {
    guard let answer = try? await ToolRun.output(of: tool, ["--version"]) else { return nil }
    return majorVersion(in: answer)
  }

  /// `LLVM version 21.0.0`, `Apple LLVM version 17.0.0 …`, `Debian LLVM version 14.0.6`.
  static func majorVersion(in text: String) -> Int? {
    guard let start = text.firstRange(of: "LLVM version ") else { return nil }
    return Int(text[start.upperBound...].prefix { $0.isASCII && $0.isNumber })
  }
}

extension String {
  /// The first place of a text; the standard library has it for collections of one kind only with
  /// the string-processing library, which a static build leaves out.
  fileprivate func firstRange(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
