import Foundation
import SystemPackage
import Testing

/// Builds of real programs, each made once: later test runs find it by its key.
actor RealBuild {
  static let shared = RealBuild()
  static let home = FilePath("/tmp/salvage-fixtures-\(getuid())/real")

  private var builds: [String: Task<FilePath, any Error>] = [:]

  /// The directory in which `make` was run, which is made under another name and then renamed: half
  /// a build is never found.
  ///
  /// - Parameter isMovable: No for what holds its own path. It is made in place, again after a
  ///   build that failed.
  func directory(
    _ name: String, key: UInt64, isMovable: Bool = true,
    make: @escaping @Sendable (FilePath) async throws -> Void
  ) async throws -> FilePath {
    let final = Self.home.appending("\(name)-\(String(key, radix: 16))")
    if let build = builds[final.string] { return try await build.value }
    let build = Task {
      let done = final.appending("built")
      if done.isThere { return final }
      let manager = FileManager.default
      let work = isMovable ? FilePath("\(final).\(getpid())") : final
      try? manager.removeItem(atPath: work.string)
      try manager.createDirectory(atPath: work.string, withIntermediateDirectories: true)
      try await make(work)
      try Data().write(to: URL(filePath: work.appending("built").string))
      if isMovable, rename(work.string, final.string) != 0 {
        try? manager.removeItem(atPath: work.string)
      }
      return final
    }
    builds[final.string] = build
    return try await build.value
  }

  /// FNV-1a over texts.
  static func key(_ texts: [String]) -> UInt64 {
    texts.joined(separator: "\0").utf8.reduce(0xcbf2_9ce4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
  }
}

/// Why a test with a real program does nothing here.
struct Unavailable: Error, CustomStringConvertible {
  var description: String
}

/// Fails with the place of the first difference: the reports of real programs are megabytes.
func expectSame(
  _ ours: String, _ expected: String, _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  if ours == expected { return }
  var first = ours.utf8.startIndex
  var second = expected.utf8.startIndex
  while first < ours.utf8.endIndex, second < expected.utf8.endIndex,
    ours.utf8[first] == expected.utf8[second]
  {
    first = ours.utf8.index(after: first)
    second = expected.utf8.index(after: second)
  }
  let offset = ours.utf8.distance(from: ours.utf8.startIndex, to: first)
  func excerpt(_ text: String, _ at: String.Index) -> String {
    let start = text.utf8.index(at, offsetBy: -200, limitedBy: text.startIndex) ?? text.startIndex
    let end = text.utf8.index(at, offsetBy: 100, limitedBy: text.endIndex) ?? text.endIndex
    return String(decoding: text.utf8[start..<end], as: UTF8.self)
  }
  Issue.record(
    "\(what) differs at byte \(offset):\n\(excerpt(ours, first))\n--- \(excerpt(expected, second))",
    sourceLocation: sourceLocation)
}

extension Recorded {
  /// What we report equals what llvm-cov says of the profiles that LLVM's own runtime wrote.
  func expectReports(
    of program: FilePath, equal profiles: [FilePath], whereThreadsRace race: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for (format, own) in [("lcov", "lcov"), ("llvm-json", "text")] {
      var expected = try await LLVM.export(own, of: program, profiles: profiles, in: directory)
      // As -1 and less: a derived count, where threads lost some of those that it is derived from.
      if race {
        expected.replace(/\b(9223372036854775807|18446744073709[0-9]{6})\b/, with: "1")
      }
      let report = try await salvage(["report", recording.string, "-f", format, "--all"])
      #expect(report.status == .exit(0), "\(report.errors)", sourceLocation: sourceLocation)
      #expect(expected.utf8.count > 1000, sourceLocation: sourceLocation)
      expectSame(
        report.output, expected, "\(format) of \(program)", sourceLocation: sourceLocation)
    }
  }

  /// The files of the run's directory with this beginning that are raw profiles.
  func profiles(_ beginning: String) throws -> [FilePath] {
    try FileManager.default.contentsOfDirectory(atPath: directory.string).sorted()
      .filter { $0.hasPrefix(beginning) && $0.hasSuffix(".profraw") }
      .map { directory.appending($0) }
  }
}
