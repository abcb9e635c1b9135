import Glibc
import SystemPackage

/// What a reader asks the running system: does that process still run?
package protocol ProcessTable: Sendable {
  /// True if process `pid` of the pid namespace `namespace` (0: ours) runs and began at `born`
  /// (nanoseconds of CLOCK_BOOTTIME) or before. A zombie runs no more.
  func runs(pid: Int32, namespace: UInt64, born: UInt64) -> Bool
}

/// No process runs: for recordings of another machine, and tests.
package struct NoProcesses: ProcessTable {
  package init() {}
  package func runs(pid: Int32, namespace: UInt64, born: UInt64) -> Bool { false }
}

/// The processes in /proc (proc(5)), as they were when it was made.
package struct LinuxProcesses: ProcessTable {
  private struct Key: Hashable {
    var namespace: UInt64
    var pid: Int32
  }
  private let own: UInt64
  /// Pids as we see them of processes in other pid namespaces.
  private let foreign: [Key: Int32]

  /// - Parameter namespaces: Those that will be asked about: where all are ours, as is usual, nobody needs
  ///   to look at every process of the system.
  package init(namespaces: Set<UInt64>) {
    own = Self.namespace(of: "self")
    var foreign: [Key: Int32] = [:]
    guard !namespaces.subtracting([0, own]).isEmpty else {
      self.foreign = foreign
      return
    }
    for name in FilePath("/proc").childNames {
      guard let pid = Int32(name) else { continue }
      let namespace = Self.namespace(of: name)
      guard namespace != 0, namespace != own, let inner = Self.innermostPID(of: pid) else {
        continue
      }
      foreign[Key(namespace: namespace, pid: inner)] = pid
    }
    self.foreign = foreign
  }

  package func runs(pid: Int32, namespace: UInt64, born: UInt64) -> Bool {
    var seen = pid
    if namespace != 0 && own != 0 && namespace != own {
      guard let outer = foreign[Key(namespace: namespace, pid: pid)] else { return false }
      seen = outer
    }
    guard seen > 0, let (state, start) = Self.stat(of: seen), state != "Z", state != "X" else {
      return false
    }
    // Field 22 counts clock ticks of the boot clock, rounded down.
    let tick = 1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    return start <= born / tick + 1
  }

  /// The inode in `pid:[4026531836]`; 0 if it cannot be read.
  static func namespace(of process: String) -> UInt64 {
    var room = [CChar](repeating: 0, count: 64)
    let count = readlink("/proc/\(process)/ns/pid", &room, room.count - 1)
    guard count > 6 else { return 0 }
    let text = String(decoding: room[5..<(count - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return UInt64(text) ?? 0
  }

  private static func innermostPID(of pid: Int32) -> Int32? {
    guard let text = procFile("/proc/\(pid)/status") else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("NSpid:") {
      return line.split(whereSeparator: \.isWhitespace).last.flatMap { Int32($0) }
    }
    return nil
  }

  /// State and start time in clock ticks. The name before them may hold spaces and brackets.
  private static func stat(of pid: Int32) -> (state: Character, start: UInt64)? {
    guard let text = procFile("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else {
      return nil
    }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let state = fields[0].first, let start = UInt64(fields[19]) else {
      return nil
    }
    return (state, start)
  }
}

/// The text of a file of /proc, which has no size; nil if it cannot be read.
package func procFile(_ path: String) -> String? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var result: [UInt8] = []
  var room = [UInt8](repeating: 0, count: 16384)
  while result.count < 16 << 20 {
    let count = read(file, &room, room.count)
    if count <= 0 { break }
    result += room[0..<count]
  }
  return String(decoding: result, as: UTF8.self)
}

/// This process's pid namespace, as cells hold it.
package func ownPIDNamespace() -> UInt64 { LinuxProcesses.namespace(of: "self") }

/// Nanoseconds of a clock of clock_gettime(2).
package func now(_ clock: Int32) -> UInt64 {
  var time = timespec()
  clock_gettime(clock, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
