import Foundation
import SystemPackage

/// A CPython of this machine.
struct Python: Sendable, CustomStringConvertible {
  var program: FilePath
  /// 12 of 3.12.
  var minor: Int
  var description: String { "\(program)" }

  /// One of each version from 3.8 on: those on PATH, and those of a version manager.
  static let all: [Python] = {
    var found = (8...14).compactMap { Tools.find("python3.\($0)") }
    let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
    let versions = FilePath(
      ProcessInfo.processInfo.environment["PYENV_ROOT"] ?? "\(home)/.pyenv"
    ).appending("versions")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: versions.string)) ?? []
    found = names.sorted().map { versions.appending($0).appending("bin/python3") } + found
    found.append("/usr/bin/python3")
    var seen: Set<String> = []
    return found.compactMap { program in
      guard program.isThere, let python = asked(program), python.minor >= 8,
        seen.insert(realPath(python.program)).inserted
      else { return nil }
      return python
    }.sorted { $0.minor < $1.minor }
  }()

  private static func realPath(_ path: FilePath) -> String {
    guard let real = realpath(path.string, nil) else { return path.string }
    defer { free(real) }
    return String(cString: real)
  }

  /// A name for directories.
  var name: String { program.string.split(separator: "/").joined(separator: "-") }

  /// Asks the interpreter itself: a version manager puts scripts on PATH, and stubs for none.
  private static func asked(_ program: FilePath) -> Python? {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: program.string)
    process.arguments = ["-c", "import sys; print(sys.executable, *sys.version_info[:2])"]
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let output = try? pipe.fileHandleForReading.readToEnd()
    process.waitUntilExit()
    let words = String(decoding: output ?? Data(), as: UTF8.self).split(
      whereSeparator: \.isWhitespace)
    guard words.count == 3, words[1] == "3", let minor = Int(words[2]) else { return nil }
    return Python(program: FilePath(String(words[0])), minor: minor)
  }
}
