import SalvageSystem

extension Life {
  /// How a life ended.
  public struct End: Sendable, Hashable {
    /// The ways to end. Later versions may know more.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
      /// The word for it in ledgers.
      public let description: String

      /// main returned a status.
      public static let returned = Kind(description: "returned")
      /// exit() was called.
      public static let exited = Kind(description: "exit")
      /// _exit, _Exit or a raw exit_group.
      public static let exitedAtOnce = Kind(description: "_exit")
      /// quick_exit was called.
      public static let quickExited = Kind(description: "quick_exit")
      /// Its last thread ended.
      public static let threadExited = Kind(description: "thread_exit")
      /// Its parent saw an exit status; how it came about is not known.
      public static let ended = Kind(description: "ended")
      /// It became another life.
      public static let exec = Kind(description: "exec")
      /// A signal ended it.
      public static let signal = Kind(description: "signal")
      /// It runs still.
      public static let running = Kind(description: "running")
      /// It is gone, and nobody looked how.
      public static let vanished = Kind(description: "vanished")
    }

    package let way: Way
    package init(_ way: Way) { self.way = way }

    /// Which of the ways it was.
    public var kind: Kind {
      switch way {
      case .returned: .returned
      case .exited: .exited
      case .exitedAtOnce: .exitedAtOnce
      case .quickExited: .quickExited
      case .threadExited: .threadExited
      case .ended: .ended
      case .exec: .exec
      case .signal: .signal
      case .running: .running
      case .vanished: .vanished
      }
    }

    /// The exit status, where it ended by one.
    public var status: Int32? { way.status }

    /// The number of the signal that ended it.
    public var signal: Int32? {
      if case .signal(let number, _) = way { number } else { nil }
    }

    /// The kernel says that it wrote a core dump.
    public var hasCoreDump: Bool {
      if case .signal(_, core: true) = way { true } else { false }
    }
  }

  /// How a life ended, with all that is known of it.
  package enum Way: Sendable, Hashable {
    case returned(Int32)
    case exited(Int32)
    case exitedAtOnce(Int32)
    case quickExited(Int32)
    case threadExited(Int32)
    case ended(Int32)
    case exec
    /// `core` where the kernel says that it wrote a core dump.
    case signal(Int32, core: Bool)
    case running
    case vanished

    /// The exit status, where it ended by one.
    package var status: Int32? {
      switch self {
      case .returned(let status), .exited(let status), .exitedAtOnce(let status),
        .quickExited(let status), .threadExited(let status), .ended(let status):
        status
      default: nil
      }
    }
  }
}

extension Life.End: CustomStringConvertible {
  /// As a ledger says it to people: `SIGKILL`, `exit 1`.
  public var description: String {
    switch way {
    case .returned(let status): "returned \(status)"
    case .exited(let status): "exit \(status)"
    case .exitedAtOnce(let status): "_exit \(status)"
    case .quickExited(let status): "quick_exit \(status)"
    case .threadExited(let status): "last thread ended, status \(status)"
    case .ended(let status): "ended with \(status)"
    case .exec: "exec"
    case .signal(let number, let core):
      core ? "\(signalName(number)) (core dumped)" : signalName(number)
    case .running: "running"
    case .vanished: "vanished"
    }
  }
}
