import CSalvageABI

/// A life in 88 bytes. What many have in common is a number in the tables of ``Lives``.
struct LifeRecord: Sendable, BitwiseCopyable {
  var id: UInt64
  /// 0: none.
  var parent: UInt64 = 0
  /// Nanoseconds since 1970; while a ledger is read, of CLOCK_BOOTTIME.
  var born: UInt64
  /// As `born`; 0: nobody noted it.
  var ended: UInt64 = 0
  var pid: Int32 = 0
  var outerPID: Int32 = 0
  var parentPID: Int32 = 0
  /// Place in `Lives.surroundings`.
  var surroundings: UInt32 = 0
  /// Number in `Lives.commands`.
  var command = CommandTable.none
  /// Exit status or signal.
  var value: Int32 = 0
  var flags: UInt32 = 0
  var context: UInt32 = 0
  var objects: UInt32 = 0
  var snapshots: UInt32 = 0
  /// Reasons of what its own program lost, `LossReason.rawValue`; 0: none.
  var losses: (UInt16, UInt16) = (0, 0)
  var lossCode: Int32 = 0
  /// Of its end: ``Life/Way/code``; while a ledger is read, its cell's cause.
  var end: UInt8 = 0
  var beginning: UInt8 = 0
  var isEntered = true
  /// While a ledger is read: its cell's state.
  var state: UInt8 = 0

  var lossCount: Int { (losses.0 == 0 ? 0 : 1) + (losses.1 == 0 ? 0 : 1) }

  /// What lives of one machine, user and container share.
  struct Surroundings: Sendable, Hashable {
    var namespace: UInt64
    /// Nanoseconds from 1970 to the boot.
    var boot: UInt64
    var user: UInt32
    var machine: UInt32
  }
}

extension LifeRecord {
  /// By SIGKILL, or by what nobody saw.
  var wasKilled: Bool { end == 10 || (end == 7 && value == 9) }
}

extension Life.Way {
  /// As records and archives have it.
  var code: (kind: UInt8, value: Int32) {
    switch self {
    case .returned(let status): (0, status)
    case .exited(let status): (1, status)
    case .exitedAtOnce(let status): (2, status)
    case .quickExited(let status): (3, status)
    case .threadExited(let status): (4, status)
    case .ended(let status): (5, status)
    case .exec: (6, 0)
    case .signal(let number, core: false): (7, number)
    case .signal(let number, core: true): (8, number)
    case .running: (9, 0)
    case .vanished: (10, 0)
    }
  }

  init?(kind: UInt64, value: Int32) {
    switch kind {
    case 0: self = .returned(value)
    case 1: self = .exited(value)
    case 2: self = .exitedAtOnce(value)
    case 3: self = .quickExited(value)
    case 4: self = .threadExited(value)
    case 5: self = .ended(value)
    case 6: self = .exec
    case 7: self = .signal(value, core: false)
    case 8: self = .signal(value, core: true)
    case 9: self = .running
    case 10: self = .vanished
    default: return nil
    }
  }
}
