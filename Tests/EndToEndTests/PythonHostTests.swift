import SalvageRecord
import SystemPackage
import Testing

/// Interpreters are entered, and do not notice.
@Suite struct PythonHostTests {
  static let options: [[String]] = [
    [], ["-I", "-S", "-E"], ["-X", "dev"], ["-v"],
  ]
  /// What a program can see of its interpreter.
  static let looks = """
    import sys
    print(sorted(sys.modules), sys.flags, sys.gettrace(), sys.getprofile(), sys.path)
    print(sorted(k for k in __import__('os').environ if k not in ('LD_PRELOAD', 'SALVAGE_RECORDING')))
    import copy, threading, signal
    print(signal.getsignal(15), signal.getsignal(1), threading.active_count())
    """

  @Test(arguments: Python.all, options)
  func theInterpreterIsEntered(_ python: Python, _ options: [String]) async throws {
    let recorded = try Recorded("host\(python.name)\(options.joined())")
    let command = [python.program.string] + options + ["-c", Self.looks]
    let bare = try await recorded.bare(command)
    let run = try await recorded.run(command)
    #expect(run.status == bare.status)
    #expect(run.output == bare.output)
    if options != ["-v"] {  // which shows addresses
      #expect(run.errors.hasPrefix(bare.errors))
    }
    let lives = try RecordingReader(recorded.recording).contents().lives
    #expect(lives.count == 1)
    #expect(lives.allSatisfy { $0.flags.contains(.python) })
  }

  @Test func aProgramWithoutAnInterpreterIsNone() async throws {
    let recorded = try Recorded("python-none")
    _ = try await recorded.run(["/bin/true"])
    let lives = try RecordingReader(recorded.recording).contents().lives
    #expect(lives.map { $0.flags.contains(.python) } == [false])
  }
}
