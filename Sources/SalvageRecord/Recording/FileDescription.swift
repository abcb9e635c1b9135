import CSalvageABI
import SalvageSystem
package import SystemPackage

/// What one file of a recording says: a kind, and fields in the order of the file.
package struct FileDescription: Encodable {
  package struct Field: Encodable {
    package var name: String
    package var value: String
  }

  package var path: String
  package var kind: String
  package var fields: [Field] = []

  /// Finds out by its first bytes what the file is.
  package init(_ path: FilePath) throws(RecordError) {
    self.path = path.string
    self.kind = ""
    let file = try RecordFile(path)
    let head = try file.bytes(0..<8)
    if Archive.isArchive(path) {
      try describe(try Archive(path))
    } else if let settings = try? RecordingSettings(bytes: try file.bytes(0..<8192), path: path) {
      describe(settings)
    } else if let ledger = try? Ledger(path) {
      describe(ledger)
    } else if head.starts(with: Array("SLVP".utf8)) {
      describe(ProgramLog(bytes: try file.storedBytes(limit: 1 << 30)))
    } else if head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) {
      try describe(path)
    } else if head.first == UInt8(ascii: "{") {
      describe(try RunNote(bytes: try file.bytes(0..<min(file.size, 16 << 20)), path: path))
    } else if let snapshots = try? ForkSnapshots(path) {
      describe(snapshots)
    } else if let arena = try? PythonArena(path) {
      describe(arena)
    } else {
      describe(try CounterFile.sums(path))
    }
  }

  private mutating func describe(_ archive: Archive) throws(RecordError) {
    kind = "archive"
    for one in try archive.contained() {
      let running = one.running > 0 ? ", \(one.running) running" : ""
      add("recording", "\(one.text), \(one.progress.lives) process images\(running)")
    }
    for (name, kind) in [
      ("ledgers", ArchiveSection.ledger), ("counters", .counters), ("objects", .object),
      ("sources", .source),
    ] {
      let entries = archive.entries(kind)
      guard !entries.isEmpty else { continue }
      let sizes = entries.reduce(into: (packed: 0, raw: 0)) {
        $0.packed += $1.packed
        $0.raw += $1.raw
      }
      let number = kind == .counters ? "" : "\(entries.count), "
      add(name, "\(number)\(sizes.packed) bytes for \(sizes.raw)")
    }
    add("checksum", hex(UInt64(archive.checksum), digits: 8))
  }

  private mutating func describe(_ snapshots: ForkSnapshots) {
    kind = "forks"
    add("snapshots", snapshots.rows.count { $0 != nil })
    for (number, row) in snapshots.rows.enumerated() {
      guard let row else { continue }
      add("place \(number)", row.births.isEmpty ? "first lives" : "lives of " + row.births)
    }
  }

  private mutating func describe(_ arena: PythonArena) {
    kind = "python"
    for block in arena.blocks {
      let states = block.lines.reduce(into: (known: 0, executed: 0)) {
        $0.known += Int($1 & 1)
        $0.executed += Int($1 >> 1 & 1)
      }
      add(
        block.path,
        "\(states.executed) of \(states.known) lines, \(block.entered.count { $0 != 0 }) of"
          + " \(block.entered.count) functions, CPython 3.\(block.code.minor)")
    }
    for problem in arena.problems { add("problem", problem) }
  }

  private mutating func add(_ name: String, _ value: some CustomStringConvertible) {
    fields.append(Field(name: name, value: value.description))
  }

  private mutating func describe(_ settings: RecordingSettings) {
    kind = "settings"
    add("made by", "salvage \(settings.commandVersion)")
    add("created", settings.created)
    add("users", settings.users)
    add("library", settings.library)
    add("private", settings.isPrivate)
    add("per process", settings.isPerProcess)
    add("gcov", settings.recordsGcov)
    add("notes signals", settings.notesSignals)
    add("hides environment", settings.hidesEnvironment)
    add("python", settings.recordsPython)
    add("save before", settings.saveBefore.sorted().map(signalName).joined(separator: ","))
    add("context", settings.context)
  }

  private mutating func describe(_ ledger: Ledger) {
    kind = "ledger"
    add("user", ledger.header.uid)
    add("created", ledger.header.created)
    add("cells", ledger.header.next)
    add("lost cells", ledger.header.lost_cells)
    add("allocated bytes", ledger.header.allocated)
    for entry in ledger.index { add("object \(hex(entry.key))", hex(entry.identity)) }
    for (number, cell) in ledger.cells.enumerated() {
      if let program = ProgramRecord(cell) {
        let arguments = program.arguments.joined(separator: " ")
        add("cell \(number)", "program of \(hex(program.life)) \(program.path): \(arguments)")
        continue
      }
      add(
        "cell \(number)",
        "state \(cell.state) kind \(cell.kind) life \(hex(cell.life)) parent \(hex(cell.parent))"
          + " as \(hex(cell.announced_as)) pid \(cell.pid) outer \(cell.outer_pid)"
          + " ppid \(cell.ppid) cause \(cell.cause) status \(cell.status)"
          + " flags \(String(cell.flags, radix: 2)) loss \(cell.loss) errno \(cell.loss_errno)"
          + " objects \(cell.objects) born \(cell.born) ended \(cell.ended)")
    }
    for problem in ledger.problems { add("problem", problem) }
  }

  private mutating func describe(_ log: ProgramLog) {
    kind = "programs"
    for record in log.records {
      add(hex(record.life), "\(record.path): \(record.arguments.joined(separator: " "))")
    }
    let remains = log.remains
    if remains.cuts > 0 { add("records cut at the end of a page", remains.cuts) }
    if remains.skipped > 0 { add("bytes that belong to no program", remains.skipped) }
  }

  private mutating func describe(_ note: RunNote) {
    kind = "run"
    add("life", note.life)
    add("command", note.arguments.joined(separator: " "))
    add("program", note.program)
    add("directory", note.directory)
    add("pid", note.pid)
    add("wait status", note.status.map(String.init) ?? "still running")
    if let obstacle = note.obstacle { add("cannot be entered", obstacle) }
  }

  private mutating func describe(_ path: FilePath) throws(RecordError) {
    kind = "object"
    do throws(ELFError) {
      let image = try ELFImage(path: path)
      add("machine", image.machine)
      for section in image.sections where section.size > 0 {
        add(section.name, "\(section.size) bytes at \(String(section.address, radix: 16))")
      }
    } catch {
      throw RecordError(path, .malformed("\(error)"))
    }
  }

  private mutating func describe(_ sums: CounterSums) {
    kind = "counters"
    add("identity", hex(sums.layout.identity))
    add("sources", sums.layout.sources.map { "\($0)" }.joined(separator: ", "))
    add("slot size", sums.layout.slotSize)
    add("lives", sums.lives)
    add("without a slot", sums.layout.uncounted)
    if !sums.births.births.isEmpty { add("began by forks", sums.births.births) }
    if sums.missingSlots > 0 { add("slots cut off", sums.missingSlots) }
    for (part, bytes) in zip(sums.layout.parts, sums.sums) {
      let (width, first) = (part.kind.counterBytes, Summing.neutral(part.kind))
      let hit = stride(from: 0, to: bytes.count, by: width).count {
        bytes[$0..<($0 + width)].contains { $0 != first }
      }
      add(
        "region at \(String(part.address, radix: 16))",
        "\(part.source), \(part.kind), \(part.size) bytes, \(hit) counters not at their first value"
      )
    }
  }

  package var text: String {
    let width = fields.map(\.name.count).max() ?? 0
    var result = terminalText("\(path): \(kind)") + "\n"
    for field in fields {
      let gap = String(repeating: " ", count: width - field.name.count)
      result += terminalText("  \(field.name)\(gap)  \(field.value)") + "\n"
    }
    return result
  }
}

extension [UInt64] {
  /// Births by their places, as text.
  fileprivate var births: String {
    enumerated().filter { $0.element != 0 }
      .map { "\($0.element) at place \($0.offset)" }.joined(separator: ", ")
  }
}
