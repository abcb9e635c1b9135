import Foundation
import Testing

@testable import queue

@Suite struct QueueTests {
  @Test func takesWhatWasAdded() {
    var queue = Queue()
    queue.add("job")  //= 1
    #expect(queue.next() == "job")
  }

  /// A worker that kills itself: what it did is in the report all the same.
  @Test func aWorkerIsKilled() throws {
    let worker = Process()
    worker.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "worker")
    try worker.run()
    worker.waitUntilExit()
    #expect(worker.terminationReason == .uncaughtSignal)
  }
}
