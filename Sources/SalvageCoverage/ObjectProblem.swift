package import SalvageRecord
import SalvageSystem
public import SystemPackage

/// Why the counters of one object are not in the coverage. It costs that object only.
public struct ObjectProblem: Error, Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// Neither the recording nor the place where the program was has its sections.
    case missing
    /// It is there, but it cannot be read.
    case unreadable(FilePath, Errno)
    /// The program was rebuilt or replaced since, and the recording did not keep its sections.
    case changed
    /// There is no coverage mapping in it.
    case noMapping
    /// The coverage mapping has a version (counted from 1, as LLVM names it) that the tools do not
    /// read.
    case mappingTooNew(version: Int, tools: LLVMTools)
    /// No line table in it, nor in a debug file that belongs to it.
    case noLines
    /// Its sections contradict each other; the words say how.
    case malformed(String)
    /// The recording's counters are not those of the object.
    case foreignCounters
    /// The list of its compiled units could not be kept.
    case notKept
    /// gcc's notes file of a unit, which says what its counters mean, is nowhere; so many units of
    /// this object have none.
    case notesMissing(FilePath, units: Int)
    /// The notes file is of another build of the unit.
    case notesChanged(FilePath, units: Int)
    /// The notes file of a unit contradicts itself, or its counters; the words say how.
    case notesDamaged(FilePath, String)
    /// Files of a gcc whose layout we do not know.
    case unknownGcov(UInt32)
    /// A tool refused it; its message.
    case toolFailed(String)
    /// The tool that reads its source is not there; what is needed, why, and the cure.
    case noTool(String)
    /// A Go program whose runtime counts itself, too: then nothing tells which package is which.
    case goRuntime
    /// It counts in a way that this version of Salvage cannot report.
    case unknownSource(Source)
  }

  package var kind: Kind
  /// Content hash of what its counters mean; a rebuild changes it.
  public var identity: UInt64
  /// Where the object was when it was recorded.
  public var origin: FilePath?
  /// Lives whose counts this concerns.
  public var lives: Int

  init(_ kind: Kind, _ counters: ObjectCounters) {
    self.kind = kind
    identity = counters.identity
    origin = counters.origin
    lives = counters.lives
  }

  /// A word for programs to look at.
  public var name: String {
    switch kind {
    case .missing: "object-missing"
    case .unreadable: "object-unreadable"
    case .changed: "object-changed"
    case .noMapping: "no-mapping"
    case .mappingTooNew: "mapping-too-new"
    case .noLines: "no-lines"
    case .malformed: "object-malformed"
    case .foreignCounters: "foreign-counters"
    case .notKept: "object-not-kept"
    case .notesMissing: "notes-missing"
    case .notesChanged: "notes-changed"
    case .notesDamaged: "notes-damaged"
    case .unknownGcov: "unknown-gcov"
    case .toolFailed: "tool-failed"
    case .noTool: "no-tool"
    case .goRuntime: "go-runtime"
    case .unknownSource: "unknown-source"
    }
  }

  /// The object, for messages.
  public var subject: String {
    origin?.name ?? "object " + hex(identity)
  }
}

extension ObjectProblem: CustomStringConvertible {
  /// One line: the object, what is wrong, the cure.
  public var description: String {
    "\(subject): \(reason)"
  }

  private var reason: String {
    switch kind {
    case .missing:
      "its coverage mapping is neither in the recording nor there any more; "
        + "put the same build back and report again"
    case .unreadable(let path, let errno):
      "\(path) cannot be read (\(errno)); make it readable and report again"
    case .changed:
      "was rebuilt since it was recorded; put the recorded build back, or record again"
    case .noMapping:
      "its coverage mapping was removed (llvm-strip does that); build it without, "
        + "or use GNU strip, which keeps __llvm_covmap and __llvm_covfun"
    case .mappingTooNew(let version, let tools):
      "its coverage mapping has version \(version), and the newest tools found, \(tools.cov) of "
        + "LLVM \(tools.majorVersion), read up to \(tools.newestMapping); install those of LLVM "
        + "\(LLVMTools.oldestVersion(readingMapping: version)) or later, or name their folder by "
        + "--llvm-bin"
    case .noLines:
      "has no line table, and no debug file that belongs to it was found; build it with -g or "
        + "-gline-tables-only, or put the unstripped build (by the same build id) in its place and "
        + "report again"
    case .malformed(let what):
      "is damaged: \(what); rebuild it and record again"
    case .foreignCounters:
      "the counters in the recording are not of its size or place; record again"
    case .notKept:
      "what its counters mean could not be kept in the recording; make room there and record again"
    case .notesMissing(let path, let units):
      "\(path)\(others(units)), which says what its counters mean, was not there when it was recorded "
        + "and is not now; put the .gcno files of the same build back and report again"
    case .notesChanged(let path, let units):
      "\(path)\(others(units)) is of another build than the program that ran; put the .gcno files of "
        + "that build back, or build again and record again"
    case .notesDamaged(let path, let what):
      "\(path) \(what); build again and record again"
    case .unknownGcov(let word):
      "was compiled by a gcc whose coverage files (version \(hex(UInt64(word)).suffix(8))) are not "
        + "known; gcc \(GcovVersion.known.lowerBound) to \(GcovVersion.known.upperBound) are"
    case .toolFailed(let message), .noTool(let message):
      message
    case .goRuntime:
      "was built with a -coverpkg that names packages of Go's runtime; build it without these "
        + "(-coverpkg=./... for one) and record again"
    case .unknownSource(let source):
      "counts in a way (\(source)) that this version cannot report"
    }
  }
}

/// One file is named, and the number of those that share its fate.
private func others(_ units: Int) -> String {
  units > 1 ? " (and \(units - 1) more)" : ""
}

/// 16 hexadecimal digits, as in the file names of a recording.
func hex(_ identity: UInt64) -> String {
  let digits = String(identity, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
