import CSalvageABI
import Glibc
package import SalvageSystem
package import SystemPackage

/// Everything that one recording says, as values.
public struct RecordingContents: Sendable {
  package var settings: RecordingSettings
  package var runs: [RunNote]
  /// All lives, the eldest first.
  public var lives: Lives
  /// What is not in the recording: those of its lives, then those of the recording itself.
  public var losses: Losses
  /// Files that could not be read, or not wholly; each is in `losses` too.
  public var problems: [RecordError]
}

/// Reads a recording: bytes in, values out. No byte is trusted; a bad file costs itself only.
package struct RecordingReader: Sendable {
  package let directory: FilePath
  package var processes: (any ProcessTable)?

  /// A reader of the recording in `directory`.
  package init(_ directory: FilePath) {
    self.directory = directory
  }

  /// True if `directory` holds a recording, of whatever version.
  package static func isRecording(_ directory: FilePath) -> Bool {
    guard let file = try? RecordFile(directory.appending("settings")),
      let bytes = try? file.bytes(0..<8)
    else { return false }
    return bytes.structure(UInt64.self, at: 0) == SLV_SETTINGS_MAGIC
  }

  /// The settings; the one file without which nothing can be read.
  package func settings() throws(RecordError) -> RecordingSettings {
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
      for name in place.childNames where Self.isUserDirectory(name) {
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
    directory.childNames.filter { $0.hasPrefix("folded.") }.map(directory.appending).filter {
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
  package func contents() throws(RecordError) -> RecordingContents {
    // Who ended between the reading of its cell and the look for its process has noted that meanwhile.
    if let contents = try contentsNow(where: { !$0.haveVanished }) { return contents }
    return try contentsNow()!
  }

  /// Nil where the lives are not `wanted`: nobody needs two of a large ledger.
  private func contentsNow(
    where isWanted: (Lives) -> Bool = { _ in true }
  ) throws(RecordError) -> RecordingContents? {
    let settings = try settings()
    var problems: [RecordError] = []
    let runs = notes(&problems)
    var others: [Loss] = []
    var lives = try lives(settings, runs, &problems, &others)
    guard isWanted(lives) else { return nil }
    lives.setMachine(machine(settings, runs))
    if let loss = temporaryLoss(settings) { others.append(loss) }
    others += problems.map { Loss(.damagedFile, subject: $0.path.string, detail: $0.description) }
    return RecordingContents(
      settings: settings, runs: runs, lives: lives, losses: Losses(of: lives, others: others),
      problems: problems)
  }

  private func lives(
    _ settings: RecordingSettings, _ runs: [RunNote], _ problems: inout [RecordError],
    _ losses: inout [Loss]
  ) throws(RecordError) -> Lives {
    var ledgers: [slv_ledger_header] = []
    var table = LifeTable(notes: runs)
    let users = userDirectories(settings)
    WorkProgress.part("reading the ledger") {
      readCells(of: users, &problems) { header, cell in
        table.add(cell, of: header)
      } ledger: {
        ledgers.append($0)
      }
    }
    for user in users { checkCounters(user, &problems) }
    let cuts = readPrograms(of: users, &problems) { table.add($0) }
    let lives = WorkProgress.part("finding out how processes ended") {
      table.join()
      losses += ledgerLosses(ledgers, table)
      return Verdict.lives(
        of: &table, with: table.commandsNotEntered.map(commandNotEntered),
        processes: processes ?? systemProcesses(settings, ledgers, table))
    }
    addCuts(cuts, lives, &problems)
    return lives
  }

  /// A record of a program is cut where its process was killed as it wrote: that damages nothing. More such records
  /// than killed processes have another cause, as a full disk.
  private func addCuts(
    _ cuts: [(path: FilePath, remains: ProgramLog.Remains)], _ lives: Lives,
    _ problems: inout [RecordError]
  ) {
    let all = cuts.reduce(0) { $0 + $1.remains.cuts }
    guard all > 0, all > lives.records.count(where: \.wasKilled) else { return }
    for (path, remains) in cuts {
      problems.append(RecordError(path, .malformed("\(remains.cut) bytes belong to no program")))
    }
  }

  // MARK: Files

  private func notes(_ problems: inout [RecordError]) -> [RunNote] {
    let place = directory.appending("runs")
    var result: [RunNote] = []
    for name in place.childNames where name.hasSuffix(".json") {
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
    var programs: Set<String> = []
    var problems: [RecordError] = []
    readPrograms(of: users, &problems) { programs.insert($0.path) }
    let runs = notes(&problems)
    let starts = Set(runs.map(\.directory)).map { FilePath($0) }
    let paths = programs.union(runs.map(\.program)).filter { !$0.isEmpty }
    return Set(
      paths.map { FilePath($0) }.flatMap { path in
        (path.isAbsolute ? [path] : starts.map { $0.pushing(path) }).map {
          $0.lexicallyNormalized()
        }
      }
    ).sorted { $0.string < $1.string }
  }

  /// So many cells are told at once.
  private static let portion = 4096

  /// Hands on the cells of all users' ledgers, and before them the heads of these.
  private func readCells(
    of users: [FilePath], _ problems: inout [RecordError],
    _ body: (slv_ledger_header, slv_cell) -> Void, ledger: (slv_ledger_header) -> Void = { _ in }
  ) {
    var claims = Claims()
    for user in users {
      do throws(RecordError) {
        let file = try LedgerFile(user.appending("ledger"))
        ledger(file.header)
        _ = try file.index(&problems)
        WorkProgress.expect(Int(clamping: file.header.next))
        var cells = 0
        try file.forEachCell(&claims, &problems) {
          cells += 1
          if cells % Self.portion == 0 { WorkProgress.step(Self.portion) }
          body(file.header, $0)
        }
      } catch {
        // No ledger: nobody of that user came further than making the directory.
        if case .system("open", ENOENT) = error.problem { continue }
        problems.append(error)
      }
    }
  }

  /// Hands on what lives run: of the files `programs`, then the short ones, which are in the ledgers. Answers with the
  /// files that hold records which are cut at the end of a page.
  @discardableResult private func readPrograms(
    of users: [FilePath], _ problems: inout [RecordError], _ body: (ProgramRecord) -> Void
  ) -> [(path: FilePath, remains: ProgramLog.Remains)] {
    WorkProgress.part("reading which programs ran") {
      readProgramsNow(of: users, &problems, body)
    }
  }

  private func readProgramsNow(
    of users: [FilePath], _ problems: inout [RecordError], _ body: (ProgramRecord) -> Void
  ) -> [(path: FilePath, remains: ProgramLog.Remains)] {
    var cuts: [(path: FilePath, remains: ProgramLog.Remains)] = []
    for user in users {
      let path = user.appending("programs")
      do throws(RecordError) {
        let remains = try ProgramLog.forEach(in: try RecordFile(path), limit: 1 << 30, body)
        if remains.skipped > 0 {
          problems.append(
            RecordError(path, .malformed("\(remains.skipped) bytes belong to no program")))
        }
        if remains.cuts > 0 { cuts.append((path, remains)) }
      } catch {
        if case .system("open", ENOENT) = error.problem { continue }
        problems.append(error)
      }
    }
    // What is wrong with a ledger was told as its lives were read.
    var told: [RecordError] = []
    readCells(of: users, &told) { _, cell in
      if let record = ProgramRecord(cell) { body(record) }
    }
    return cuts
  }

  /// The heads of the counter files: adding them up is the report's work.
  private func checkCounters(_ user: FilePath, _ problems: inout [RecordError]) {
    for name in user.childNames {
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
  private func systemProcesses(
    _ settings: RecordingSettings, _ ledgers: [slv_ledger_header], _ table: LifeTable
  ) -> any ProcessTable {
    let namespaces = Set(table.lives.surroundings.map(\.namespace))
    if let recorded = settings.boot, let now = BootID.current {
      return recorded == now ? LinuxProcesses(namespaces: namespaces) : NoProcesses()
    }
    let boot = Int64(bitPattern: now(CLOCK_REALTIME) &- now(CLOCK_BOOTTIME))
    let sameBoot = ledgers.contains { ledger in
      let other = Int64(bitPattern: ledger.created &- ledger.created_boot)
      // A clock that was set while the system ran moves the difference; hours mean another boot.
      return abs(boot &- other) < 600_000_000_000
    }
    return sameBoot ? LinuxProcesses(namespaces: namespaces) : NoProcesses()
  }

  // MARK: Losses of the recording

  /// A CMD without a cell: it could not be entered, and all that is known is what `salvage run` saw.
  private func commandNotEntered(_ run: RunNote) -> Life {
    let reason = LossReason.allCases.first { $0.slug == run.obstacle } ?? .notStarted
    return Life(
      id: run.id ?? 0, parent: nil, beginning: .root, isEntered: false, pid: run.pid,
      outerPID: run.pid, parentPID: 0, user: 0, pidNamespace: run.pidNamespace,
      bornAtBoot: run.startedAtBoot, born: run.started, ended: run.ended, program: run.program,
      arguments: run.arguments, argumentCount: run.arguments.count,
      end: Life.End(
        run.status.map { Verdict.end(waitStatus: $0, cause: SLV_CAUSE_NONE) } ?? .running),
      killer: nil, losses: [Loss(reason, life: run.id, subject: run.program)], context: 0,
      flags: [], objects: 0, snapshots: 0)
  }

  private func ledgerLosses(_ ledgers: [slv_ledger_header], _ table: LifeTable) -> [Loss] {
    let lost = ledgers.reduce(0) { $0 &+ Int(clamping: $1.lost_cells) }
    var result: [Loss] = []
    if lost > 0 { result.append(Loss(.noCell, detail: "\(lost) processes or events")) }
    if table.unreadable > 0 {
      result.append(
        Loss(.damagedFile, subject: "ledger", detail: "\(table.unreadable) cells make no sense"))
    }
    return result
  }
}
