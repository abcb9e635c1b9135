import Salvage
import Subprocess
import SystemPackage
import Testing

/// The API as another package uses it: public names only.
@Suite(.serialized) struct RecordingAPITests {
  @Test func aRunIsRecordedAndReported() async throws {
    let place = try Workplace()
    guard let program = try await place.program() else { return }
    let path = place.path.appending("rec")
    let result = try await Recording.run([program.string, "3"], at: path)
    #expect(result.termination == .exited(3))
    let killed = try await Recording.run(
      [program.string, "k"], at: path, configuration: Configuration(existing: .append))
    #expect(killed.termination == .signaled(9, core: false))

    let recording = try Recording.open(path)
    #expect(recording == killed.recording)
    let lives = try recording.lives
    #expect(lives.map(\.end.kind) == [.returned, .signal])
    #expect(lives.map(\.end.status) == [3, nil])
    #expect(lives.map(\.end.signal) == [nil, 9])
    #expect(try recording.losses == [])
    #expect(!recording.isInUse)
    #expect(recording.objectCount == 1)

    let report = try await recording.coverage()
    #expect(report.isComplete)
    let file = try #require(report.coverage.files.first { $0.path.hasSuffix("p.c") })
    #expect(file.functions.map(\.count) == [2])
    try await recording.write(format: .lcov, to: place.path.appending("a.info"))
    let written = try FileDescriptor.open(place.path.appending("a.info"), .readOnly)
    defer { try? written.close() }
    var bytes = [UInt8](repeating: 0, count: 3)
    _ = try bytes.withUnsafeMutableBytes { try written.read(into: $0) }
    #expect(bytes == Array("SF:".utf8))
    await place.remove()
  }

  /// Process ids and boot times of another boot would be taken for those of this one.
  @Test func nothingIsAddedAfterAReboot() async throws {
    let place = try Workplace()
    let path = place.path.appending("rec")
    _ = try await Recording.run(["true"], at: path)
    let settings = try FileDescriptor.open(path.appending("settings"), .readWrite)
    _ = try settings.writeAll(toAbsoluteOffset: 2120, [UInt8](repeating: 7, count: 16))
    try settings.close()
    let refused = await #expect(throws: SalvageError.self) {
      try await Recording.run(["true"], at: path, configuration: Configuration(existing: .append))
    }
    #expect(refused?.code == .recordingOfOtherBoot)
    #expect(refused?.path == path)
    #expect(try Recording.open(path).lives.allSatisfy { $0.end.kind != .running })
    _ = try await Recording.run(["true"], at: path)  // replaces it
    #expect(try Recording.open(path).lives.count == 1)
    await place.remove()
  }

  /// Any spawner: here swift-subprocess.
  @Test func anEnvironmentForOtherSpawners() async throws {
    let place = try Workplace()
    guard let program = try await place.program() else { return }
    let recording = try Recording.create(at: place.path.appending("rec"))
    let variables = recording.environment(updating: ["PATH": "/bin", "LD_PRELOAD": "/lib/other.so"])
    #expect(variables["PATH"] == "/bin")
    #expect(variables["LD_PRELOAD"]?.hasSuffix("libsalvage.so:/lib/other.so") == true)
    let own = recording.environment()
    let result = try await Subprocess.run(
      .path(program), arguments: ["5"],
      environment: .custom(
        Dictionary(
          uniqueKeysWithValues: own.map { (Environment.Key(stringLiteral: $0.key), $0.value) })),
      output: .discarded, error: .string(limit: 4096))
    #expect(result.terminationStatus == .exited(5))
    #expect(result.standardError == "")
    #expect(try recording.lives.map(\.end.description) == ["returned 5"])
    await place.remove()
  }

  @Test func aSecondRecordingsLibraryDoesNotPileUp() async throws {
    let place = try Workplace()
    let first = try Recording.create(at: place.path.appending("a"))
    let second = try Recording.create(at: place.path.appending("b"))
    let variables = second.environment(updating: first.environment(updating: [:]))
    #expect(variables["LD_PRELOAD"] == second.settings.library.string)
    #expect(variables["SALVAGE_RECORDING"]?.hasPrefix(second.directory.string + ";life=") == true)
    await place.remove()
  }

  @Test func mistakesAreTyped() async throws {
    let place = try Workplace()
    let path = place.path.appending("rec")
    func code(_ body: () throws -> Recording) -> SalvageError.Code? {
      #expect(throws: SalvageError.self) { try body() }?.code
    }
    #expect(code { try Recording.open(path) } == .recordingNotFound)
    #expect(code { try Recording.open("/etc") } == .notARecording)
    #expect(code { try Recording.create(at: "/etc") } == .notARecording)
    #expect(
      code { try Recording.create(at: place.path.appending("none/rec")) } == .directoryNotFound)
    let missing = await #expect(throws: SalvageError.self) {
      try await Recording.run(["no-such-program"], at: path)
    }
    #expect(missing?.code == .commandNotFound)
    #expect(missing?.description == "no-such-program: command not found")
    _ = try Recording.create(at: path)
    let refusing = Configuration(existing: .refuse)
    #expect(code { try Recording.create(at: path, refusing) } == .notARecording)
    // What is wrong with a file is told by its own error.
    let settings = path.appending("settings")
    let file = try FileDescriptor.open(settings, .writeOnly, options: .truncate)
    try file.writeAll(Array("SLVSETT".utf8))
    try file.close()
    let damaged = #expect(throws: SalvageError.self) { try Recording.open(path) }
    #expect([.notARecording, .fileUnreadable].contains(damaged?.code))
    await place.remove()
  }

  @Test func theConfigurationReachesTheProcesses() async throws {
    let place = try Workplace()
    let configuration = Configuration(
      isPrivate: true, isPerProcess: true, recordsGcov: false, notesSignals: true,
      saveBefore: [10, 15], hidesEnvironment: true)
    let recording = try Recording.create(at: place.path.appending("rec"), configuration)
    let read = try Recording.open(recording.directory).settings
    #expect(read == recording.settings)
    #expect(!read.recordsGcov)
    #expect(read.isPrivate && read.isPerProcess && read.notesSignals && read.hidesEnvironment)
    #expect(read.saveBefore == [10, 15])
    await place.remove()
  }

  @Test func aRunOfManyAtOnce() async throws {
    let place = try Workplace()
    guard let program = try await place.program() else { return }
    let path = place.path.appending("rec")
    _ = try Recording.create(at: path)
    try await withThrowingTaskGroup(of: Termination.self) { group in
      for status in 0..<12 {
        group.addTask {
          try await Recording.run(
            [program.string, "\(status)"], at: path,
            configuration: Configuration(existing: .append)
          ).termination
        }
      }
      var seen: Set<Termination> = []
      for try await termination in group { seen.insert(termination) }
      #expect(seen == Set((0..<12).map { .exited(Int32($0)) }))
    }
    let counters = try Recording.open(path).counters()
    #expect(counters.objects.map(\.lives) == [12])
    await place.remove()
  }
}
