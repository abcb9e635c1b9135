import Foundation
import SalvageSystem
import SystemPackage

enum Language: String, Sendable, Hashable, CaseIterable {
  case c, cxx, swift, rust, fortran
}

/// One build of the program of deaths.
struct Fixture: Sendable, Hashable, CustomStringConvertible {
  var name: String
  var language: Language
  /// More compiler options, after ours.
  var options: [String] = []
  var compiler: String? = nil
  /// What makes a C program count.
  var coverage = ["-fprofile-instr-generate", "-fcoverage-mapping"]
  /// Of the C language, where it is not the usual one.
  var standard: String? = nil
  /// More objects of the program and its libraries, with the commands that make them.
  var objects: [String: [String]] = [:]
  /// A command run on the linked program, such as `strip`.
  var finish: [String] = []
  /// Counts are 0 or 1.
  var isSingleByte = false
  /// Whether its counters are 8 bits that wrap.
  var wraps = false
  /// Tools without which this build is skipped.
  var needs: [String] = []

  var description: String { name }

  static let c = Fixture(name: "c", language: .c)
  static let cxx = Fixture(name: "cxx", language: .cxx)
  static let swift = Fixture(name: "swift", language: .swift)
  static let rust = Fixture(name: "rust", language: .rust, needs: ["rustc"])
  static func plain(_ language: Language) -> Fixture {
    switch language {
    case .c: c
    case .cxx: cxx
    case .swift: swift
    case .rust: rust
    case .fortran: gfortran
    }
  }

  var sources: [FilePath] {
    let (folder, suffixes): (String, [String]) =
      switch language {
      case .c: ("c", ["c"])
      case .cxx: ("c", ["c", "cpp"])
      case .swift: ("swift", ["swift"])
      case .rust: ("rust", ["rs"])
      case .fortran: ("fortran", ["f90"])
      }
    let directory = Places.fixtures.appending(folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []
    return names.sorted().map { directory.appending($0) }
      .filter { suffixes.contains($0.extension ?? "") }
  }

  var librarySources: [FilePath] {
    language == .c || language == .cxx
      ? ["inner.c", "outer.c"].map { Places.fixtures.appending("library").appending($0) } : []
  }

  /// Everything that a mark can be in.
  func markedLines() throws -> [MarkedLine] {
    try (sources + librarySources).flatMap(MarkedLine.find(in:))
  }

  /// The commands that make the program `deaths` and its libraries in `directory`.
  func commands(in directory: FilePath) -> [[String]] {
    let program = directory.appending("deaths").string
    let extra = objects.keys.sorted().map { directory.appending($0).string }
    switch language {
    case .swift:
      return [
        ["swiftc", "-g", "-swift-version", "6", "-profile-generate", "-profile-coverage-mapping"]
          + options + sources.map(\.string) + ["-o", program]
      ]
    case .rust:
      let main = Places.fixtures.appending("rust/main.rs").string
      return [
        ["rustc", "-g", "--edition", "2021", "-C", "instrument-coverage"] + options
          + [main, "-o", program]
      ]
    case .fortran:
      let tally = directory.appending("tally.o").string
      return [
        ["gcc", "-c", Places.fixtures.appending("fortran/tally.c").string, "-o", tally],
        ["gfortran", "-g"] + coverage + options + sources.map(\.string) + [tally, "-o", program],
      ]
    case .c, .cxx:
      let plugins = directory.appending("plugins").string
      let library = Places.fixtures.appending("library").string
      let cc = [compiler ?? "clang", "-g"] + coverage + options
      // g++ takes a .c file for C++.
      let shared =
        cc.filter { $0 != "-no-pie" && $0 != "-fno-pie" } + ["-fPIC", "-shared"]
        + (isGcov ? ["-x", "c"] : [])
      let dialect =
        language == .c
        ? ["-std=\(standard ?? "gnu11")"] : ["-std=c++17", "-Wno-deprecated", "-x", "c++"]
      let driver = language == .c || isGcov ? [] : ["--driver-mode=g++"]
      return [
        ["mkdir", "-p", plugins]
      ]
        + objects.keys.sorted().map { name in
          (objects[name] ?? []) + ["-o", directory.appending(name).string]
        } + [
          shared + ["\(library)/inner.c"] + extra + ["-o", "\(plugins)/libinner.so"],
          shared + [
            "\(library)/outer.c"
          ] + extra + [
            "-o", "\(plugins)/libouter.so", "-L\(plugins)", "-linner",
            "-Wl,-rpath,$ORIGIN", "-Wl,--enable-new-dtags",
          ],
          cc + driver + dialect + sources.map(\.string) + ["-x", "none"] + extra + [
            "-o", program, "-pthread", "-ldl", "-lutil", "-Wl,-rpath,$ORIGIN/plugins",
            "-Wl,--enable-new-dtags",
          ],
        ]
    }
  }
}

struct BuildFailed: Error, CustomStringConvertible {
  var description: String
}

/// Builds each fixture once; later test runs find it by its sources, their content and their times: in a newer
/// checkout a report would say that sources changed after the program was built.
actor FixtureBuilder {
  static let shared = FixtureBuilder()

  private var builds: [Fixture: Task<FilePath, any Error>] = [:]

  /// The built program.
  func program(_ fixture: Fixture) async throws -> FilePath {
    if let build = builds[fixture] { return try await build.value }
    let build = Task { try await Self.build(fixture) }
    builds[fixture] = build
    return try await build.value
  }

  private static func build(_ fixture: Fixture) async throws -> FilePath {
    let key = try fingerprint(of: fixture)
    let home = FilePath("/tmp/salvage-fixtures-\(getuid())")
    let final = home.appending("\(fixture.name)-\(key)")
    let program = final.appending("deaths")
    if program.isThere { return program }
    let manager = FileManager.default
    try manager.createDirectory(atPath: home.string, withIntermediateDirectories: true)
    let work = home.appending("\(fixture.name)-\(key).\(getpid())")
    try? manager.removeItem(atPath: work.string)
    try manager.createDirectory(atPath: work.string, withIntermediateDirectories: true)
    for command in fixture.commands(in: work) + finishing(fixture, work) {
      try await Tools.run(command, in: work)
    }
    chmod(home.string, 0o755)
    if rename(work.string, final.string) != 0 { try? manager.removeItem(atPath: work.string) }
    // gcc's programs know where they were built: their notes files are looked for there.
    if fixture.isGcov { symlink(final.string, work.string) }
    return program
  }

  private static func finishing(_ fixture: Fixture, _ directory: FilePath) -> [[String]] {
    fixture.finish.isEmpty ? [] : [fixture.finish + [directory.appending("deaths").string]]
  }

  /// FNV-1a over the sources, their times and the commands.
  private static func fingerprint(of fixture: Fixture) throws -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ bytes: some Sequence<UInt8>) {
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    let header = Places.fixtures.appending("c/fixture.h")
    for source in fixture.sources + fixture.librarySources + [header] {
      add(try Data(contentsOf: URL(filePath: source.string)))
      var status = stat()
      if stat(source.string, &status) == 0 { add("\(status.st_mtim)".utf8) }
    }
    add(fixture.commands(in: "/").description.utf8)
    add(fixture.finish.description.utf8)
    return String(hash, radix: 16)
  }
}

/// Tools that tests call; what is missing skips the rows that need it, with its name.
enum Tools {
  static func find(_ name: String) -> FilePath? {
    if name.hasPrefix("/") { return FilePath(name).isThere ? FilePath(name) : nil }
    let directories = (Places.environment["PATH"] ?? "").split(separator: ":")
    return directories.map { FilePath(String($0)).appending(name) }.first { path in
      access(path.string, X_OK) == 0
    }
  }

  static func missing(_ names: [String]) -> [String] { names.filter { find($0) == nil } }

  /// Runs a build step.
  @discardableResult
  static func run(
    _ command: [String], in directory: FilePath, environment: [String: String] = [:]
  ) async throws -> Outcome {
    guard let tool = find(command[0]) else {
      throw BuildFailed(description: "\(command[0]) is not installed")
    }
    var variables = Places.environment
    variables["HOME"] = ProcessInfo.processInfo.environment["HOME"] ?? "/root"
    variables.merge(environment) { $1 }
    let outcome = try await execute(
      tool, Array(command.dropFirst()), environment: variables, directory: directory, seconds: 1800)
    guard outcome.status == .exit(0) else {
      throw BuildFailed(
        description: "\(command.joined(separator: " ")): \(outcome.status)\n\(outcome.errors)")
    }
    return outcome
  }
}

/// What rows need of the machine, and why it is not there.
enum Needs {
  static func missing(_ needs: [String]) -> [String] {
    needs.filter { need in
      switch need {
      case "root": geteuid() != 0
      default: Tools.find(need) == nil
      }
    }
  }
}
