/// One process image: from exec (or fork) to the next exec or death. One pid can have several lives.
public struct Life: Sendable, Hashable, Identifiable {
  /// How a life began. Later versions may know more ways.
  public struct Beginning: Sendable, Hashable, CustomStringConvertible {
    /// In records and archives.
    package let number: UInt8

    /// Nobody under the recording started it, as far as is known.
    public static let root = Beginning(number: 0)
    /// A copy of its parent: fork, _Fork, clone without CLONE_VM.
    public static let fork = Beginning(number: 1)
    /// The same process went on as another program.
    public static let exec = Beginning(number: 2)
    /// posix_spawn.
    public static let spawn = Beginning(number: 3)
    /// exec in a vfork child.
    public static let vfork = Beginning(number: 4)
    /// Started by `parent` or one of its children past the hooks (system, popen, raw calls).
    public static let unannounced = Beginning(number: 5)

    private static let names = [
      "root", "fork", "exec", "spawn", "vfork", "unannounced",
    ]

    /// Nil for a number that no beginning has.
    package init?(_ number: Int) {
      guard Self.names.indices.contains(number) else { return nil }
      self.number = UInt8(number)
    }

    init(number: UInt8) { self.number = number }

    /// The word for it in ledgers.
    public var description: String { Self.names[Int(number)] }
  }

  /// What the library said of a life.
  public struct Flags: OptionSet, Sendable, Hashable {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// It has counters, all in shared pages.
    public static let live = Flags(rawValue: 1 << 0)
    /// It has counters that only flush hooks save.
    public static let isPrivate = Flags(rawValue: 1 << 1)
    /// The last flush of those was complete.
    public static let flushed = Flags(rawValue: 1 << 2)
    /// It counted in a fresh slot.
    public static let fresh = Flags(rawValue: 1 << 3)
    /// A fork child that counts on its parent's slot.
    public static let parentSlot = Flags(rawValue: 1 << 4)
    /// Under seccomp: no system calls of the library.
    public static let sandboxed = Flags(rawValue: 1 << 5)
    /// It has signal handlers of the library.
    public static let chained = Flags(rawValue: 1 << 6)
    /// It was started without the library.
    public static let noPreload = Flags(rawValue: 1 << 7)
    /// It has a profile file of its own.
    public static let ownProfile = Flags(rawValue: 1 << 8)
    /// The library's functions stand before only some of its calls.
    public static let partialHooks = Flags(rawValue: 1 << 9)
    /// A CPython interpreter of it was entered.
    public static let python = Flags(rawValue: 1 << 10)
    /// It could not be entered, and had no counters to lose.
    public static let counterless = Flags(rawValue: 1 << 12)
    /// coverage.py measured in it.
    public static let coverage = Flags(rawValue: 1 << 11)
  }

  /// Unique in the recording.
  public var id: UInt64
  /// The life that started it, where that is known.
  public var parent: UInt64?
  /// How it began.
  public var beginning: Beginning
  /// The library ran in it. If not, `losses` says why.
  public var isEntered: Bool
  /// In its own pid namespace; 0 where nobody knows.
  public var pid: Int32
  /// As the process that started it sees it; 0 where nobody knows.
  public var outerPID: Int32
  /// Its parent's pid when it began.
  public var parentPID: Int32
  /// Effective user id.
  public var user: UInt32
  /// Inode of its pid namespace; 0 where nobody knows.
  public var pidNamespace: UInt64
  /// When it began: nanoseconds of CLOCK_BOOTTIME, and since 1970.
  public var bornAtBoot: UInt64
  /// The same in nanoseconds since 1970.
  public var born: UInt64
  /// When it ended, nanoseconds since 1970, where somebody noted that.
  public var ended: UInt64?
  /// Path of the program; empty where nobody knows.
  public var program: String
  /// The program's name as it was called, and its arguments.
  public var arguments: [String]
  /// How many arguments it had; more than `arguments` where the list was cut.
  public var argumentCount: Int
  /// How it ended, as far as anybody saw.
  public var end: End
  /// The life that sent it the SIGKILL that ended it.
  public var killer: UInt64?
  /// What of it is not in the recording.
  public var losses: [Loss]
  /// What it counted for (`salvage run --context`); 0 is none.
  public var context: UInt32
  /// What the library said of it.
  public var flags: Flags
  /// Objects with counters that it mapped or keeps privately.
  public var objects: Int
  /// Flushes and marks.
  public var snapshots: Int
  /// The name of the machine that it ran on; empty where nobody knows.
  public var machine = ""
}
