import Glibc
import SalvageCoverage
import SalvageRecord
import SalvageSystem
import Synchronization
import SystemPackage

/// Recordings of $SALVAGE_FUZZ_BASE, a folder for each; the first object of `good` has to stay in every report.
private struct Base {
  var objects: [ObjectCounters] = []
  var good: ObjectCounters?
  var goodFile: SourceFile?

  init() {
    guard let folder = getenv("SALVAGE_FUZZ_BASE").map({ FilePath(String(cString: $0)) }) else {
      fatalError("SALVAGE_FUZZ_BASE names no folder of recordings")
    }
    // Nothing is to be asked but our own readers.
    setenv("PATH", "/nonexistent", 1)
    unsetenv("SALVAGE_LLVM_BIN")
    for name in ["good"] + folder.childNames.filter({ $0 != "good" }) {
      guard let reading = try? RecordingReader(folder.appending(name)).counters() else { continue }
      if name == "good" { good = reading.objects.first } else { objects += reading.objects }
    }
    guard let good, !objects.isEmpty else { fatalError("\(folder): no recordings") }
    goodFile = covered([good])?.coverage.files.first
    precondition(goodFile?.lines.isEmpty == false, "the good object has no report")
  }
}

private let base = Base()
private let file = ScratchFile("kept.obj")

/// The first byte says of which recorded object the others are the kept sections. A report must come back, with the
/// other object as it is, whatever they are.
func readKept(_ input: [UInt8]) {
  var object = base.objects[Int(input[0]) % base.objects.count]
  file.write(input.dropFirst())
  object.keptObject = file.path
  // The program itself would be taken in its place.
  object.origin = nil
  object.candidates = []
  guard let good = base.good else { return }
  let result = covered([object, good])
  let kept = result?.coverage.files.first { $0.path == base.goodFile?.path }
  precondition(kept?.lines == base.goodFile?.lines, "one bad object cost another")
}

/// Waits for what is asynchronous: libFuzzer's loop is not.
private func covered(_ objects: [ObjectCounters]) -> CollectedCoverage? {
  let answer = Mutex<CollectedCoverage?>(nil)
  let done = Semaphore()
  let box = Box(answer: answer, done: done)
  Task.detached {
    let collected = try? await collectCoverage(of: objects, content: .regions, builds: .all)
    box.answer.withLock { $0 = collected }
    box.done.signal()
  }
  done.wait()
  return box.answer.withLock { $0 }
}

private final class Box: Sendable {
  let answer: Mutex<CollectedCoverage?>
  let done: Semaphore

  init(answer: consuming Mutex<CollectedCoverage?>, done: Semaphore) {
    self.answer = answer
    self.done = done
  }
}

/// sem_init(3).
private final class Semaphore: @unchecked Sendable {
  private let room = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(room, 0, 0) }
  deinit {
    sem_destroy(room)
    room.deallocate()
  }

  func signal() { sem_post(room) }
  func wait() { while sem_wait(room) != 0 {} }
}
