import FoundationEssentials
import Glibc
import SalvageSystem
package import SystemPackage

/// One `salvage run` of a recording: its file `runs/<life>.json`.
package struct RunNote: Codable, Sendable, Hashable {
  /// Version of this file's form.
  package var version = 1
  /// The life id in CMD's environment, 16 hex digits.
  package var life: String
  package var arguments: [String]
  package var directory: String
  /// CMD's pid, and the pid namespace that it belongs to.
  package var pid: Int32
  package var pidNamespace: UInt64
  /// Nanoseconds of CLOCK_BOOTTIME and since 1970.
  package var startedAtBoot: UInt64
  package var started: UInt64
  package var endedAtBoot: UInt64?
  package var ended: UInt64?
  /// As of wait(2).
  package var status: Int32?
  package var salvageVersion: String
  /// Why CMD cannot be entered: the slug of a loss; nil where it can.
  package var obstacle: String?
  /// The path that was started.
  package var program: String
  /// The name of the machine; nil in notes of older commands.
  package var machine: String?

  package init(
    life: UInt64, arguments: [String], directory: String, program: String, salvageVersion: String
  ) {
    self.life = hex(life)
    self.arguments = arguments
    self.directory = directory
    self.program = program
    self.salvageVersion = salvageVersion
    self.pid = 0
    self.pidNamespace = 0
    self.startedAtBoot = 0
    self.started = 0
    self.machine = machineName()
  }

  package var id: UInt64? { UInt64(life, radix: 16) }

  package init(bytes: [UInt8], path: FilePath) throws(RecordError) {
    do {
      self = try JSONDecoder().decode(RunNote.self, from: Data(bytes))
    } catch {
      throw RecordError(path, .malformed("not the note of a run"))
    }
    guard version == 1 else {
      throw RecordError(path, .version(found: UInt32(clamping: version), known: 1))
    }
    guard id != nil else { throw RecordError(path, .malformed("no id of a life")) }
  }

  package func encoded() -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else { return [] }
    return Array(data) + [10]
  }
}

/// The name of this machine; nil where it has none.
func machineName() -> String? {
  var names = utsname()
  guard uname(&names) == 0 else { return nil }
  let name = text(ofArray: names.nodename)
  return name.isEmpty || name == "(none)" ? nil : name
}
