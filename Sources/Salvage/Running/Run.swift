import CSalvageABI
import Glibc
package import SalvageRecord
import SalvageSystem
public import SystemPackage

/// One command of a recording: how it is started and what is written down of it.
package struct Run: Sendable {
  package let recording: Recording
  package private(set) var note: RunNote
  package let launch: Launch
  /// What could not be written down after the command had started.
  package private(set) var problems: [SalvageError] = []

  private var path: FilePath {
    recording.directory.appending("runs").appending(note.life + ".json")
  }

  /// Finds the command and makes its environment; nothing is started.
  package init(_ recording: Recording, _ launch: Launch) throws(SalvageError) {
    let program = try launch.find()
    let life =
      UInt64(UInt32.random(in: 1 ... .max)) << 32 | UInt64(SLV_LIFE_NO_CELL)
    var note = RunNote(
      life: life, arguments: launch.arguments.map { String(decoding: $0, as: UTF8.self) },
      directory: (launch.directory ?? ".").absolute.string,
      program: program.filePath.absolute.string, salvageVersion: salvageVersion)
    let obstacle = ProgramKind.obstacle(program.filePath)
    note.obstacle = obstacle?.slug
    note.pidNamespace = ownPIDNamespace()
    var launch = launch
    let settings = recording.settings
    // The hooks of a recording that we run in ourselves would lead CMD into that one.
    launch.pastHooks = Recording.surrounding != nil
    launch.environment[RecordingVariables.recording] = RecordingVariables.address(
      recording.directory, life: life, context: settings.context)
    // Where ld.so would print or fail, the program starts without the library; a static one hands
    // the variable on to its children.
    switch obstacle {
    case .musl, .otherArchitecture: break
    default:
      launch.environment[RecordingVariables.preload] = RecordingVariables.preload(
        settings.library, before: launch.environment[RecordingVariables.preload])
    }
    self.recording = recording
    self.note = note
    self.launch = launch
  }

  /// Starts the command. The note is written before, where that can still fail, and again after.
  package mutating func start() throws(SalvageError) -> Int32 {
    note.started = now(CLOCK_REALTIME)
    note.startedAtBoot = now(CLOCK_BOOTTIME)
    try save()
    do throws(SalvageError) {
      note.pid = try launch.start().pid
    } catch {
      path.withPlatformString { _ = unlink($0) }
      throw error
    }
    keepNote()
    return note.pid
  }

  /// Starts the command; where it cannot be started, what `hold` keeps of an earlier recording comes back.
  package static func start(
    _ recording: Recording, _ launch: Launch, _ hold: RecordingHold
  ) throws(SalvageError) -> (Run, Int32) {
    do throws(SalvageError) {
      var run = try Run(recording, launch)
      let pid = try run.start()
      hold.started()
      return (run, pid)
    } catch {
      hold.failed()
      throw error
    }
  }

  /// Writes down how it ended: `status` as of wait(2).
  package mutating func finish(status: Int32) {
    note.ended = now(CLOCK_REALTIME)
    note.endedAtBoot = now(CLOCK_BOOTTIME)
    note.status = status
    keepNote()
  }

  /// The command runs or ran: what goes wrong with the note now is told, and changes nothing.
  private mutating func keepNote() {
    do throws(SalvageError) {
      try save()
    } catch {
      problems.append(error)
    }
  }

  private func save() throws(SalvageError) {
    try path.replaceFile(with: note.encoded(), mode: 0o600)
  }
}

/// How a command ended, and where it was recorded.
public struct RunResult: Sendable, Hashable {
  /// How the command ended.
  public var termination: Termination
  /// What was recorded, of it and of all that it started.
  public var recording: Recording
}

/// How the kernel reported the end of a process.
public enum Termination: Sendable, Hashable {
  /// By itself, with this status.
  case exited(Int32)
  /// By a signal of this number; `core` where the kernel wrote a core dump.
  case signaled(Int32, core: Bool)

  /// From a status of wait(2).
  package init(waitStatus status: Int32) {
    let signal = status & 0x7f
    self = signal == 0 ? .exited(status >> 8 & 0xff) : .signaled(signal, core: status & 0x80 != 0)
  }
}

extension Recording {
  /// Runs a command in a recording at `path` and waits for it.
  ///
  /// - Parameters:
  ///   - command: the program, found along PATH, and its arguments.
  ///   - path: of the recording; what is there already is replaced, unless `configuration` says otherwise.
  ///   - configuration: how the recording is made.
  ///   - environment: of the command, before the recording's variables; this process's own by default.
  ///   - workingDirectory: where the command starts; nil: where this process is.
  public static func run(
    _ command: [String], at path: FilePath, configuration: Configuration = Configuration(),
    environment: [String: String]? = nil, workingDirectory: FilePath? = nil
  ) async throws(SalvageError) -> RunResult {
    let (recording, hold) = try prepare(at: path, configuration)
    defer { hold.release() }
    var block = EnvironmentBlock.current()
    if let environment {
      block = EnvironmentBlock(entries: environment.map { Array("\($0.key)=\($0.value)".utf8) })
    }
    var launch = Launch(arguments: command.map { Array($0.utf8) }, environment: block)
    launch.directory = workingDirectory
    let (started, pid) = try Run.start(recording, launch, hold)
    var run = started
    let status = await waitStatus(of: pid)
    run.finish(status: status)
    Blanking(recording).blank()
    return RunResult(termination: Termination(waitStatus: status), recording: recording)
  }

  /// Waits for a child on a thread of its own: the cooperative pool must not block.
  private static func waitStatus(of pid: pid_t) async -> Int32 {
    await withCheckedContinuation { continuation in
      let box = Unmanaged.passRetained(WaitRequest(pid, continuation))
      var thread = pthread_t()
      let code = pthread_create(
        &thread, nil,
        { raw in
          Unmanaged<WaitRequest>.fromOpaque(raw!).takeRetainedValue().wait()
          return nil
        }, box.toOpaque())
      if code == 0 {
        pthread_detach(thread)
      } else {
        box.takeRetainedValue().wait()
      }
    }
  }
}

private final class WaitRequest: Sendable {
  let pid: pid_t
  let continuation: CheckedContinuation<Int32, Never>

  init(_ pid: pid_t, _ continuation: CheckedContinuation<Int32, Never>) {
    self.pid = pid
    self.continuation = continuation
  }

  func wait() {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    continuation.resume(returning: status)
  }
}
