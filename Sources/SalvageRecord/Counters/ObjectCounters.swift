package import SystemPackage

/// What kind of instrumentation made a set of counters (`enum slv_source`).
package enum Source: UInt32, Sendable, Hashable, CaseIterable {
  /// `-fprofile-instr-generate`, `-profile-generate`, `-C instrument-coverage`.
  case llvm = 1
  /// `--coverage` of gcc.
  case gcov = 2
  /// `-fsanitize-coverage`.
  case sancov = 3
  /// Line events of CPython.
  case python = 4
  /// Go's `-cover`.
  case go = 5
}

/// A range of counters and how two images of it are added (`enum slv_region_kind`).
package struct Region: Sendable, Hashable {
  package enum Kind: UInt32, Sendable, Hashable {
    /// Little-endian 64-bit counters; the sum saturates.
    case add64 = 1
    /// Bytes that start as 0xff and become 0 when executed; bitwise and.
    case and8 = 2
    /// Bitmaps and flags that start as 0; bitwise or.
    case or8 = 3
    /// 8-bit counters that wrap: anything but 0 is executed; bitwise or.
    case wrap8 = 4
    /// 32-bit words that start as 0, anything else is executed; bitwise or.
    case flag32 = 5
    /// Lists of 32-bit counters, each behind the name of its function (``CounterLists``).
    case lists32 = 6

    /// Bytes that are added as one.
    package var counterBytes: Int {
      switch self {
      case .add64: 8
      case .lists32: 4
      case .and8, .or8, .wrap8, .flag32: 1
      }
    }
  }

  /// Link-time address in the object.
  package var address: UInt64
  package var kind: Kind
  /// The sum over all slots.
  package var bytes: [UInt8]

  package init(address: UInt64, kind: Kind, bytes: [UInt8]) {
    self.address = address
    self.kind = kind
    self.bytes = bytes
  }
}

/// The summed counters of one object over all its slots.
package struct ObjectCounters: Sendable, Hashable {
  /// Content hash of what the counters mean; a rebuild changes it.
  package var identity: UInt64
  /// The context that was counted for; 0 is none.
  package var context: UInt32
  package var source: Source
  package var regions: [Region]
  /// What led to the lives that began by a fork in the middle of functions, for each region: to be added
  /// where a count is derived of others. Empty where there were none.
  package var history: [[UInt8]] = []
  /// Such lives are not all in `history`.
  package var historyLacks = false
  /// Number of lives that counted.
  package var lives: Int
  /// `<identity>.obj` of the recording: an ELF file with the sections that a report needs.
  package var keptObject: FilePath?
  /// Where the object was when it was recorded.
  package var origin: FilePath?
  /// When the file at `origin` was last written, in nanoseconds since 1970, as it was recorded; 0: not known.
  package var built: UInt64 = 0
  /// Ascends with the moment at which this was first met: a time; of Python that of the recording, and the place
  /// in its file.
  package var met: UInt64 = 0
  /// Objects at one path are builds of one program, one after the other, only within a lot: two machines may have
  /// built it for different purposes.
  package var lot = 0
  /// Without a kept object: programs that ran and are not known to be other objects.
  package var candidates: [FilePath] = []
  /// With ``Source/python``: what the lines of `origin` mean.
  package var python: PythonCode?

  package init(
    identity: UInt64, context: UInt32 = 0, source: Source, regions: [Region], lives: Int,
    keptObject: FilePath? = nil, origin: FilePath? = nil, python: PythonCode? = nil
  ) {
    self.identity = identity
    self.context = context
    self.source = source
    self.regions = regions
    self.lives = lives
    self.keptObject = keptObject
    self.origin = origin
    self.python = python
  }
}

extension ObjectCounters {
  /// Adds what led to other lives of the object, modulo 2^64.
  package mutating func addHistory(_ other: [[UInt8]]) {
    guard !history.isEmpty else {
      history = other
      return
    }
    for index in history.indices where index < other.count {
      history[index].addWords(other[index])
    }
  }

  /// With what led to its lives: every derived count of it is one that was really reached. Nil where
  /// that is what it has.
  package var withHistory: ObjectCounters? {
    guard history.count == regions.count, !history.isEmpty else { return nil }
    var result = self
    for index in regions.indices where regions[index].kind == .add64 {
      result.regions[index].bytes.addWords(history[index])
    }
    result.history = []
    return result
  }
}

extension [UInt8] {
  /// Adds little-endian words of 64 bits, modulo 2^64.
  fileprivate mutating func addWords(_ other: [UInt8]) {
    let count = Swift.min(self.count, other.count) / 8
    withUnsafeMutableBytes { mine in
      other.withUnsafeBytes { theirs in
        for at in stride(from: 0, to: 8 * count, by: 8) {
          let sum =
            mine.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            &+ theirs.loadUnaligned(fromByteOffset: at, as: UInt64.self)
          mine.storeBytes(of: sum, toByteOffset: at, as: UInt64.self)
        }
      }
    }
  }
}
