import Synchronization

/// What a long piece of work is at: told by the work, read by whoever shows it to somebody who waits.
///
/// It belongs to a task, so that two reports of one process do not mix. Where nobody asks, telling costs a look.
package final class WorkProgress: Sendable {
  /// One part of the work.
  package struct Stage: Sendable, Hashable {
    package var name: String
    package var done = 0
    /// Of how many; 0 where nobody knows.
    package var total = 0
    /// It is within another one.
    package var isPart = false

    /// `reading programs, 3 of 12`.
    package var text: String {
      total > 1 ? "\(name), \(min(done, total)) of \(total)" : name
    }
  }

  @TaskLocal package static var current: WorkProgress?

  private struct State {
    var stage: Stage?
    var since = ContinuousClock.now

    var last: (Stage, Duration)? { stage.map { ($0, since.duration(to: .now)) } }
  }

  private let state = Mutex(State())
  private let ended: (@Sendable (Stage, Duration) -> Void)?

  /// - Parameter ended: is told each part that came to its end, and how long it took.
  package init(ended: (@Sendable (Stage, Duration) -> Void)? = nil) {
    self.ended = ended
  }

  package var stage: Stage? { state.withLock { $0.stage } }

  /// The next part of this task's work begins, and the one before is over.
  package static func begin(_ name: String, of total: Int = 0) {
    current?.change(to: Stage(name: name, total: total))
  }

  /// So many more of the total are done.
  package static func step(_ count: Int = 1) {
    current?.state.withLock { $0.stage?.done += count }
  }

  /// There are so many more to be done.
  package static func expect(_ count: Int) {
    current?.state.withLock { $0.stage?.total += count }
  }

  /// A part of what this task is at: once it is over, that goes on.
  package static func part<Answer, Failure: Error>(
    _ name: String, of total: Int = 0, _ work: () throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    guard let current else { return try work() }
    let outer = current.replace(
      by: State(stage: Stage(name: name, total: total, isPart: true)))
    defer {
      let part = current.replace(by: outer)
      if let (stage, time) = part.last { current.ended?(stage, time) }
    }
    return try work()
  }

  /// The work is over.
  package func end() { change(to: nil) }

  private func change(to next: Stage?) {
    if let (stage, time) = replace(by: State(stage: next)).last { ended?(stage, time) }
  }

  private func replace(by next: State) -> State {
    state.withLock { state in
      let before = state
      state = next
      return before
    }
  }
}
