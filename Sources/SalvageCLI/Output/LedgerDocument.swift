import Salvage
import SalvageRecord
import SalvageSystem
import SystemPackage

/// The text of an errno.
func errorText(_ code: Int32) -> String { Errno(rawValue: code).description }

/// `salvage ledger --json`: our schema, version 1. Ids are 16 hex digits; times are seconds since 1970.
enum LedgerDocument {
  private struct End: Encodable {
    var version = 1
    var salvageVersion: String
    var runs: [RunNote]
    var uncounted: [UncountedDocument]
  }

  /// Writes it to stdout, one life after the other, as ``printJSON(_:)`` would write it in one.
  /// - Parameter uncounted: of the whole ledger, whichever of its lives are shown.
  static func print(_ contents: RecordingContents, uncounted: [UncountedProgram]) throws {
    try printData("{")
    try print("lives", contents.lives.lazy.map(LifeDocument.init))
    try print("losses", contents.losses.lazy.map(LossDocument.init))
    let end = try jsonText(
      End(
        salvageVersion: contents.settings.commandVersion, runs: contents.runs,
        uncounted: uncounted.map(UncountedDocument.init)))
    // The keys of the rest come behind those two.
    try printData(end.dropFirst() + "\n")
  }

  private static func print(_ name: String, _ values: some Sequence<some Encodable>) throws {
    var pending = "\n  \"\(name)\" : [\n"
    var isFirst = true
    for value in values {
      if !isFirst { pending += ",\n" }
      isFirst = false
      pending += try jsonText(value).split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
      guard pending.utf8.count > 1 << 16 else { continue }
      try printData(pending)
      pending = ""
    }
    try printData(pending + "\n  ],")
  }
}

struct LifeDocument: Encodable {
  var id: String
  var parent: String?
  var beginning: String
  var entered: Bool
  var pid: Int32
  var outerPID: Int32?
  var parentPID: Int32
  var user: UInt32
  var pidNamespace: UInt64
  var born: Double
  var ended: Double?
  var program: String
  var arguments: [String]
  var argumentCount: Int
  var end: String
  var status: Int32?
  var signal: Int32?
  var coreDumped: Bool?
  var killer: String?
  var context: UInt32
  var objects: Int
  var live: Bool
  var `private`: Bool
  var flushed: Bool
  var snapshots: Int
  var losses: [String]
  var machine: String?

  init(_ life: Life) {
    id = hex(life.id)
    parent = life.parent.map { hex($0) }
    beginning = life.beginning.description
    entered = life.isEntered
    pid = life.pid
    outerPID = life.outerPID == 0 ? nil : life.outerPID
    parentPID = life.parentPID
    user = life.user
    pidNamespace = life.pidNamespace
    born = Double(life.born) / 1e9
    ended = life.ended.map { Double($0) / 1e9 }
    program = life.program
    arguments = life.arguments
    argumentCount = life.argumentCount
    end = life.end.kind.description
    status = life.end.status
    if case .signal(let number, let core) = life.end.way {
      signal = number
      coreDumped = core
    }
    killer = life.killer.map { hex($0) }
    context = life.context
    objects = life.objects
    live = life.flags.contains(.live)
    `private` = life.flags.contains(.isPrivate)
    flushed = life.flags.contains(.flushed)
    snapshots = life.snapshots
    losses = life.losses.map(\.reason.slug)
    machine = life.machine.isEmpty ? nil : life.machine
  }
}

struct LossDocument: Encodable {
  var reason: String
  var life: String?
  var subject: String
  var error: String?
  var detail: String?
  var sentence: String
  var cure: String

  init(_ loss: Loss) {
    reason = loss.reason.slug
    life = loss.life.map { hex($0) }
    subject = loss.subject
    error = loss.code == 0 ? nil : errorText(loss.code)
    detail = loss.detail.isEmpty ? nil : loss.detail
    sentence = loss.reason.sentence
    cure = loss.reason.cure
  }
}

/// A program that ran without counters.
struct UncountedDocument: Encodable {
  var program: String
  var lives: Int
  /// What it runs, where it is an interpreter.
  var scripts: String?
  /// A tool that counts those.
  var tool: String?

  init(_ program: UncountedProgram) {
    self.program = program.program
    lives = program.lives
    scripts = program.interpreter?.runs
    tool = program.interpreter?.tool
  }
}
