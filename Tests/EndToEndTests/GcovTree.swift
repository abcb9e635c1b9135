import Foundation
import SystemPackage
import Testing

/// A program of gcc's with --coverage, and what libgcov's own files and ours say of it.
struct GcovTree {
  /// The gcc family's version: `gcov-11` reads what `g++-11` makes.
  var version: String?
  /// Where the objects and the `.gcno` files are.
  var build: FilePath
  var run: Recorded

  private func tool(_ name: String) -> String { version.map { "\(name)-\($0)" } ?? name }

  /// Where libgcov wrote, under GCOV_PREFIX.
  private var bare: FilePath { run.directory.appending("bare") }
  var exported: FilePath { run.directory.appending("exported") }

  /// Runs the program without us. libgcov's files go below a prefix; gcc's notes are put beside them.
  /// What a failed run of another day left in the build is removed: it is not this one's.
  func bare(_ command: [String]) async throws -> Outcome {
    for left in try files(under: build, "gcda") {
      try? FileManager.default.removeItem(atPath: left.string)
    }
    let outcome = try await run.bare(command, environment: ["GCOV_PREFIX": bare.string])
    for notes in try files(under: build, "gcno") {
      let place = FilePath(bare.string + notes.string)
      guard place.removingLastComponent().isThere else { continue }
      try FileManager.default.copyItem(atPath: notes.string, toPath: place.string)
    }
    return outcome
  }

  func export(_ options: [String] = []) async throws {
    let outcome = try await run.salvage(
      ["export", run.recording.string, "--format", "gcda", "-o", exported.string] + options)
    #expect(outcome.status == .exit(0), "\(outcome.errors)")
    #expect(!outcome.errors.contains("not exported"), "\(outcome.errors)")
  }

  /// Below a folder, sorted.
  func files(under folder: FilePath, _ suffix: String) throws -> [FilePath] {
    let names = FileManager.default.enumerator(atPath: folder.string)
    return (names?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix("." + suffix) }
      .sorted().map { folder.appending($0) }
  }

  /// What gcov makes of the files below a folder, by their names in the build.
  private func gcov(under folder: FilePath) async throws -> [String: [Substring]] {
    var texts: [String: [Substring]] = [:]
    for data in try files(under: folder, "gcda") {
      let name = String(data.string.dropFirst(folder.string.count))
      let text = try await Tools.run(
        [tool("gcov"), "-t", "-b", "-c", data.lastComponent?.string ?? ""],
        in: data.removingLastComponent()
      ).output
      texts[name] = text.split(separator: "\n")
    }
    return texts
  }

  /// gcov says the same of libgcov's files and ours, line by line; answers how many lines that were.
  @discardableResult
  func expectSameGcov(sourceLocation: SourceLocation = #_sourceLocation) async throws -> Int {
    try await export()
    let theirs = try await gcov(under: bare)
    let ours = try await gcov(under: exported)
    #expect(ours.keys.sorted() == theirs.keys.sorted(), sourceLocation: sourceLocation)
    #expect(!theirs.isEmpty, sourceLocation: sourceLocation)
    var total = 0
    for (name, lines) in theirs {
      let differing = zip(lines, ours[name] ?? []).filter { $0 != $1 }
      let count = ours[name]?.count ?? 0
      #expect(
        differing.isEmpty && count == lines.count,
        "\(name): \(differing.prefix(5)), \(count) lines of \(lines.count)",
        sourceLocation: sourceLocation)
      total += lines.count
    }
    return total
  }

  /// For one process that ended well, our files are libgcov's, byte for byte.
  /// `end`: bytes at the end of each file that may differ.
  func expectSameBytes(
    but end: Int = 0, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for data in try files(under: bare, "gcda") {
      let name = data.string.dropFirst(bare.string.count)
      let ours = FileManager.default.contents(atPath: exported.string + name)
      let theirs = FileManager.default.contents(atPath: data.string)
      #expect(
        theirs != nil && ours?.count == theirs?.count
          && ours?.dropLast(end) == theirs?.dropLast(end), "\(name)",
        sourceLocation: sourceLocation)
    }
  }

  /// Our report has the lines that lcov reads from a tree of data and notes files.
  func expectSameAsLCOV(
    _ tree: FilePath, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let info = run.directory.appending("lcov.info").string
    try await Tools.run(
      ["lcov", "-q", "-c", "-d", tree.string, "-o", info, "--gcov-tool", tool("gcov")],
      in: run.directory)
    let theirs = LineCounts(lcov: try String(contentsOfFile: info, encoding: .utf8))
    let ours = try await run.lines()
    #expect(!theirs.files.isEmpty, sourceLocation: sourceLocation)
    #expect(ours.files.keys.sorted() == theirs.files.keys.sorted(), sourceLocation: sourceLocation)
    for (file, lines) in theirs.files {
      let differing = lines.filter { ours.files[file]?[$0.key] != $0.value }
      #expect(
        differing.isEmpty && ours.files[file]?.count == lines.count,
        "\(file): \(differing.sorted { $0.key < $1.key }.prefix(5))", sourceLocation: sourceLocation
      )
    }
  }

  /// No data file of libgcov's lies in the build.
  func expectNoDataInBuild(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try files(under: build, "gcda") == [], sourceLocation: sourceLocation)
  }
}
