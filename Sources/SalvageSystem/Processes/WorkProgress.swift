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

    /// `reading programs, 3 of 12`.
    package var text: String {
      total > 1 ? "\(name), \(min(done, total)) of \(total)" : name
    }
  }

  @TaskLocal package static var current: WorkProgress?

  private struct State {
    var stage: Stage?
    var since = ContinuousClock.now
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

  /// The work is over.
  package func end() { change(to: nil) }

  private func change(to next: Stage?) {
    let now = ContinuousClock.now
    let last = state.withLock { state in
      let last = state.stage.map { ($0, state.since.duration(to: now)) }
      state = State(stage: next, since: now)
      return last
    }
    if let last { ended?(last.0, last.1) }
  }
}
