import CSalvageABI
import Glibc
public import SystemPackage

/// Everything that one recording says, as values.
public struct RecordingContents: Sendable {
  public var settings: RecordingSettings
  public var runs: [RunNote]
  /// All lives, the eldest first.
  public var lives: [Life]
  /// What is not in the recording: those of its lives, then those of the recording itself.
  public var losses: [Loss]
  /// Files that could not be read, or not wholly; each is in `losses` too.
  public var problems: [RecordError]
}

/// Reads a recording: bytes in, values out. No byte is trusted; a bad file costs itself only.
public struct RecordingReader: Sendable {
  public let directory: FilePath
  package var processes: (any ProcessTable)?

  /// A reader of the recording in `directory`.
  public init(_ directory: FilePath) {
    self.directory = directory
  }

  /// True if `directory` holds a recording, of whatever version.
  public static func isRecording(_ directory: FilePath) -> Bool {
    guard let file = try? RecordFile(directory.appending("settings")),
      let bytes = try? file.bytes(0..<8)
    else { return false }
    return bytes.structure(UInt64.self, at: 0) == SLV_SETTINGS_MAGIC
  }

  /// The settings; the one file without which nothing can be read.
  public func settings() throws(RecordError) -> RecordingSettings {
    let path = directory.appending("settings")
    let file = try RecordFile(path)
    // A newer writer's may be longer than ours; a file that is far longer is none.
    return try RecordingSettings(bytes: try file.bytes(0..<min(file.size, 1 << 16)), path: path)
  }

  /// The `u<uid>` directories: in the recording; in the temporary directory that `settings.users`
  /// names, where that is this recording's and was not folded back; and in what was folded back.
  package func userDirectories(_ settings: RecordingSettings) -> [FilePath] {
    let folded = folded
    var places = [directory] + folded
    if settings.users != directory, owns(settings.users, settings),
      !folded.contains(where: { Self.origin($0) == settings.users })
    {
      places.append(settings.users)
    }
    var seen: Set<[UInt64]> = []
    var result: [FilePath] = []
    for place in places {
      for name in names(in: place) where Self.isUserDirectory(name) {
        let path = place.appending(name)
        var status = stat()
        guard path.withPlatformString({ lstat($0, &status) }) == 0,
          status.st_mode & S_IFMT == S_IFDIR,
          // The recording may be named by two paths, of which settings hold one.
          seen.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted
        else { continue }
        result.append(path)
      }
    }
    return result
  }

  /// `folded.<any>` is a copy of a temporary directory with such directories; its file `from` holds that
  /// one's path. It gets its name by one rename, so counts are in one place at any moment.
  package var folded: [FilePath] {
    names(in: directory).filter { $0.hasPrefix("folded.") }.map(directory.appending).filter {
      path in
      var status = stat()
      return path.withPlatformString { lstat($0, &status) } == 0
        && status.st_mode & S_IFMT == S_IFDIR && isTrusted(status.st_uid, in: directory)
    }
  }

  package static func origin(_ folded: FilePath) -> FilePath? {
    guard let file = try? RecordFile(folded.appending("from")),
      let bytes = try? file.bytes(0..<4096)
    else { return nil }
    return FilePath(String(decoding: bytes, as: UTF8.self))
  }

  /// Why the directory with the counts, a temporary one, cannot be read: it is there no more, or it is that of
  /// the recording which this one is a copy of.
  package func temporaryLoss(_ settings: RecordingSettings) -> Loss? {
    guard settings.users != directory, userDirectories(settings).isEmpty else { return nil }
    var status = stat()
    let isThere = settings.users.withPlatformString { stat($0, &status) } == 0
    return Loss(isThere ? .copied : .temporaryGone, subject: settings.users.string)
  }

  /// `u<uid>`, or `u<uid>.<16 hex>` where another user had taken that name.
  package static func isUserDirectory(_ name: String) -> Bool {
    let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    return name.hasPrefix("u") && UInt32(parts[0].dropFirst()) != nil
      && (parts.count == 1 || parts[1].utf8.count == 16 && UInt64(parts[1], radix: 16) != nil)
  }

  /// Reads settings, ledgers and notes, and joins them.
  public func contents() throws(RecordError) -> RecordingContents {
    let contents = try contentsNow()
    // Who ended between the reading of its cell and the look for its process has noted that meanwhile.
    guard contents.lives.contains(where: { $0.end == .vanished }) else { return contents }
    return try contentsNow()
  }

  private func contentsNow() throws(RecordError) -> RecordingContents {
    let settings = try settings()
    var problems: [RecordError] = []
    let runs = notes(&problems)
    var ledgers: [Ledger] = []
    var claims = Claims()
    var programs: [UInt64: ProgramRecord] = [:]
    for user in userDirectories(settings) {
      readLedger(user.appending("ledger"), &ledgers, &problems, &claims)
      readPrograms(of: user, &programs, &problems)
      checkCounters(user, &problems)
    }
    note(ledgers, &programs)
    let table = LifeTable(ledgers: ledgers, notes: runs)
    let verdict = Verdict(
      table: table, reaping: Reaping(table), programs: programs,
      processes: processes ?? systemProcesses(settings, ledgers))
    let commands = commandsNotEntered(runs, table)
    var lives = (adopted(verdict.lives(), by: commands, table) + commands)
      .sorted { ($0.born, $0.id) < ($1.born, $1.id) }
    let machine = machine(settings, runs)
    for index in lives.indices { lives[index].machine = machine }
    var losses = lives.flatMap(\.losses)
    losses += ledgerLosses(ledgers, table)
    if let loss = temporaryLoss(settings) { losses.append(loss) }
    losses += problems.map { Loss(.damagedFile, subject: $0.path.string, detail: $0.description) }
    return RecordingContents(
      settings: settings, runs: runs, lives: lives, losses: losses, problems: problems)
  }

  // MARK: Files

  private func notes(_ problems: inout [RecordError]) -> [RunNote] {
    let place = directory.appending("runs")
    var result: [RunNote] = []
    for name in names(in: place) where name.hasSuffix(".json") {
      let path = place.appending(name)
      do throws(RecordError) {
        let file = try RecordFile(path)
        guard file.size <= 16 << 20 else { throw RecordError(path, .malformed("too large")) }
        result.append(try RunNote(bytes: try file.bytes(0..<file.size), path: path))
      } catch {
        problems.append(error)
      }
    }
    return result.sorted { $0.started < $1.started }
  }

  /// The name of the machine that recorded: one recording is of one boot.
  func machine(_ settings: RecordingSettings, _ runs: [RunNote]) -> String {
    if let noted = runs.lazy.compactMap(\.machine).first { return noted }
    guard let boot = settings.boot, boot == BootID.current else { return "" }
    return machineName() ?? ""
  }

  /// Every program that ran, once. One that was started by a relative path is looked for where the
  /// commands were started: whoever uses it must see by its contents whether it is the one.
  func programs(_ users: [FilePath]) -> [FilePath] {
    var programs: [UInt64: ProgramRecord] = [:]
    var problems: [RecordError] = []
    var ledgers: [Ledger] = []
    var claims = Claims()
    for user in users {
      readLedger(user.appending("ledger"), &ledgers, &problems, &claims)
      readPrograms(of: user, &programs, &problems)
    }
    note(ledgers, &programs)
    let runs = notes(&problems)
    let starts = Set(runs.map(\.directory)).map { FilePath($0) }
    let paths = Set(programs.values.map(\.path) + runs.map(\.program)).filter { !$0.isEmpty }
    return Set(
      paths.map { FilePath($0) }.flatMap { path in
        (path.isAbsolute ? [path] : starts.map { $0.pushing(path) }).map {
          $0.lexicallyNormalized()
        }
      }
    ).sorted { $0.string < $1.string }
  }

  private func readLedger(
    _ path: FilePath, _ ledgers: inout [Ledger], _ problems: inout [RecordError],
    _ claims: inout Claims
  ) {
    do throws(RecordError) {
      let ledger = try Ledger(path, &claims)
      problems += ledger.problems
      ledgers.append(ledger)
    } catch {
      // No ledger: nobody of that user came further than making the directory.
      if case .system("open", ENOENT) = error.problem { return }
      problems.append(error)
    }
  }

  /// Short ones are in the ledgers.
  private func note(_ ledgers: [Ledger], _ programs: inout [UInt64: ProgramRecord]) {
    for record in ledgers.lazy.flatMap(\.programs) { programs[record.life] = record }
  }

  private func readPrograms(
    of user: FilePath, _ programs: inout [UInt64: ProgramRecord], _ problems: inout [RecordError]
  ) {
    let path = user.appending("programs")
    do throws(RecordError) {
      let file = try RecordFile(path)
      let log = ProgramLog(bytes: try file.storedBytes(limit: 1 << 30))
      for record in log.records { programs[record.life] = record }
      if log.skipped > 0 {
        problems.append(RecordError(path, .malformed("\(log.skipped) bytes belong to no program")))
      }
    } catch {
      if case .system("open", ENOENT) = error.problem { return }
      problems.append(error)
    }
  }

  /// The heads of the counter files: adding them up is the report's work.
  private func checkCounters(_ user: FilePath, _ problems: inout [RecordError]) {
    for name in names(in: user) {
      do throws(RecordError) {
        if CounterFileName(name) != nil { try CounterFile.check(user.appending(name)) }
        if name.hasSuffix(".forks") { _ = try ForkSnapshots(user.appending(name)) }
        if PythonArena.context(ofName: name) != nil { try PythonArena.check(user.appending(name)) }
      } catch {
        problems.append(error)
      }
    }
  }

  /// /proc, unless all ledgers come from another boot or machine: then nothing of them runs.
  private func systemProcesses(_ settings: RecordingSettings, _ ledgers: [Ledger])
    -> any ProcessTable
  {
    let namespaces = Set(
      ledgers.lazy.flatMap(\.cells).filter { $0.state != SLV_CELL_PROGRAM.rawValue }.map(\.pidns))
    if let recorded = settings.boot, let now = BootID.current {
      return recorded == now ? LinuxProcesses(namespaces: namespaces) : NoProcesses()
    }
    let boot = Int64(bitPattern: now(CLOCK_REALTIME) &- now(CLOCK_BOOTTIME))
    let sameBoot = ledgers.contains { ledger in
      let other = Int64(bitPattern: ledger.header.created &- ledger.header.created_boot)
      // A clock that was set while the system ran moves the difference; hours mean another boot.
      return abs(boot &- other) < 600_000_000_000
    }
    return sameBoot ? LinuxProcesses(namespaces: namespaces) : NoProcesses()
  }

  // MARK: Losses of the recording

  /// Lives that a command without a cell started: they carry its id.
  private func adopted(_ lives: [Life], by commands: [Life], _ table: LifeTable) -> [Life] {
    let ids = Set(commands.map(\.id))
    return lives.map { life in
      guard let parent = table.orphans[life.id], ids.contains(parent) else { return life }
      var life = life
      life.parent = parent
      life.beginning = .unannounced
      return life
    }
  }

  /// Every CMD without a cell: it could not be entered, and all that is known is what `salvage run` saw.
  private func commandsNotEntered(_ runs: [RunNote], _ table: LifeTable) -> [Life] {
    let found = Set(table.entries.values.compactMap(\.note))
    return runs.indices.filter { !found.contains($0) && runs[$0].pid != 0 }.map { index in
      let run = runs[index]
      let reason = LossReason.allCases.first { $0.slug == run.obstacle } ?? .notStarted
      return Life(
        id: run.id ?? 0, parent: nil, beginning: .root, isEntered: false, pid: run.pid,
        outerPID: run.pid, parentPID: 0, user: 0, pidNamespace: run.pidNamespace,
        bornAtBoot: run.startedAtBoot, born: run.started, ended: run.ended, program: run.program,
        arguments: run.arguments, argumentCount: run.arguments.count,
        end: run.status.map { Verdict.end(waitStatus: $0, cause: SLV_CAUSE_NONE) } ?? .running,
        killer: nil, losses: [Loss(reason, life: run.id, subject: run.program)], context: 0,
        flags: [], objects: 0, snapshots: 0)
    }
  }

  private func ledgerLosses(_ ledgers: [Ledger], _ table: LifeTable) -> [Loss] {
    let lost = ledgers.reduce(0) { $0 + Int(clamping: $1.header.lost_cells) }
    var result: [Loss] = []
    if lost > 0 { result.append(Loss(.noCell, detail: "\(lost) processes or events")) }
    if table.unreadable > 0 {
      result.append(
        Loss(.damagedFile, subject: "ledger", detail: "\(table.unreadable) cells make no sense"))
    }
    return result
  }
}
