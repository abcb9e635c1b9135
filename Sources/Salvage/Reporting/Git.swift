import Glibc
import SalvageCoverage
import SalvageRecord
package import SalvageReport
import SalvageSystem
package import SystemPackage

/// What git knows of a change.
package struct Git {
  private let tool: FilePath
  private let directory: FilePath

  package init() throws(SalvageError) {
    let launch = Launch(arguments: [Array("git".utf8)], environment: .current())
    do {
      tool = try launch.find().filePath
    } catch {
      throw .report("git was not found: give the change by --diff-file")
    }
    directory = sourceRoot()
  }

  /// What differs between the files here and the commit at which the work on them began: the merge base
  /// with `base`. Uncommitted changes and new files are in it.
  package func changes(since base: String?) async throws(SalvageError) -> ChangedLines {
    WorkProgress.begin("asking git")
    guard await run(["rev-parse", "--git-dir"]) != nil else {
      throw .report("there is no git repository here: give the change by --diff-file")
    }
    let name: String
    if let base {
      name = base
    } else {
      var found: String?
      for candidate in Self.usualBases where found == nil {
        if await resolve(candidate) != nil { found = candidate }
      }
      guard let found else {
        throw .report(
          "no branch to compare with was found (\(Self.usualBases.joined(separator: ", "))): --base REF"
        )
      }
      name = found
    }
    guard let commit = await resolve(name) else {
      throw .report(
        "git does not know \(name) here; a shallow clone may lack it: git fetch origin \(name), or --base another"
      )
    }
    guard let point = await run(["merge-base", commit, "HEAD"]) else {
      throw .report(
        "\(name) and the files here have no commit in common; a shallow clone may lack it: git fetch --unshallow"
      )
    }
    guard
      let diff = await run([
        "diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/",
        "--dst-prefix=b/", Self.line(point), "--",
      ]),
      let others = await run(["ls-files", "--others", "--exclude-standard", "--full-name", "-z"])
    else { throw .report("git does not tell what changed since \(name)") }
    var changes = ChangedLines(diff: diff)
    changes.wholeFiles = Set(others.split(separator: "\0").map(String.init))
    return changes
  }

  private static let usualBases = ["origin/HEAD", "origin/main", "origin/master", "main", "master"]

  private func resolve(_ name: String) async -> String? {
    // A name that begins with - would be an option.
    guard !name.hasPrefix("-") else { return nil }
    return await run(["rev-parse", "--verify", "--quiet", name + "^{commit}"]).map(Self.line)
  }

  private static func line(_ text: String) -> String {
    String(text.prefix { $0 != "\n" })
  }

  private func run(_ arguments: [String]) async -> String? {
    try? await toolOutput(
      tool, ["-C", directory.string, "-c", "core.quotePath=false"] + arguments, limit: 1 << 28)
  }
}

/// Names below `folder` that git ignores there, relative to it; folders end with /. Empty where there is no git.
package func gitIgnored(below folder: FilePath) -> [String] {
  var words = ["git", "-C", folder.string, "ls-files", "-z", "--others", "--ignored"]
  words += ["--exclude-standard", "--directory"]
  guard let output = simpleOutput(of: words) else { return [] }
  return output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
}

/// What a short command writes to stdout; nil where it fails. For callers that have one thread and block signals.
private func simpleOutput(of words: [String]) -> [UInt8]? {
  var launch = Launch(arguments: words.map { Array($0.utf8) }, environment: .current())
  launch.pastHooks = true
  launch.blockedSignals = 0
  var ends: [Int32] = [0, 0]
  guard pipe(&ends) == 0 else { return nil }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  defer { close(ends[0]) }
  launch.output = ends[1]
  let started = try? launch.start().pid
  close(ends[1])
  guard let pid = started else { return nil }
  var result: [UInt8] = []
  var room = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(ends[0], &room, room.count)
    if count > 0 { result += room[..<count] } else if count == 0 || errno != EINTR { break }
  }
  var status: Int32 = 0
  while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  return status == 0 ? result : nil
}
