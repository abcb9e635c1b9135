import Glibc
import Salvage
import SalvageReport
import SalvageSystem
import SystemPackage

/// Runs, tells, waits for a change, and so on.
struct WatchLoop: ~Copyable {
  var files: WatchedFiles
  private let launch: Launch
  private let restarts: Bool
  private let isQuiet: Bool
  private var signals: WatchSignals
  private var events = FolderEvents()

  private var isFirst = true
  private var toldOfLooking = false
  /// What was there when the last run began.
  private var begun = FileStates()
  /// What was there when it was last looked.
  private var seen = FileStates()
  /// The last report that had something, and the sources as they were then.
  private var report: CoverageReport?
  private var sources = FileStates()
  /// How many runs in a row each of these files changed in, with no change between them.
  private var repeats: [String: Int] = [:]
  /// Files that the command itself writes, as it seems: that they change while it runs says nothing.
  private var written: Set<String> = []

  init(
    files: WatchedFiles, launch: Launch, restarts: Bool, isQuiet: Bool,
    signals: consuming WatchSignals
  ) {
    self.files = files
    self.launch = launch
    self.restarts = restarts
    self.isQuiet = isQuiet
    self.signals = signals
  }

  /// Reads the recording and tells what is different from an earlier report, whose lines have moved so.
  typealias Tell = (CoverageReport?, [String: LineMoves], _ failed: Bool) throws -> CoverageReport?

  mutating func run(_ tell: Tell) {
    while true {
      look()
      begun = seen
      let (isCut, status) = runOnce()
      // What a run that was ended has counted is no measure.
      if !isCut { compare(tell, failed: status != 0) }
      look()
      let meanwhile = withoutRepeats(changesMeanwhile(seen))
      isFirst = false
      if !meanwhile.isEmpty || isCut {
        if !meanwhile.isEmpty { announce(meanwhile) }
        continue
      }
      let count = files.sources.map { $0.union(seen.files.keys).count } ?? seen.files.count
      note("waiting for a change of \(counted(count, "file", "files")); Ctrl-C ends")
      announce(waitForChange())
    }
  }

  // MARK: One run

  /// Runs the command, and tells whether it was ended because something changed, and its status.
  private mutating func runOnce() -> (isCut: Bool, status: Int32) {
    let pid: Int32
    do {
      pid = try launch.start().pid
    } catch {
      complain("\(error)")
      exit(RunCommand.ownFailure)
    }
    var ending: Int32?
    var isCut = false
    while true {
      var status: Int32 = 0
      if waitpid(pid, &status, WNOHANG) == pid {
        if let ending { end(like: ending) }
        tellEnd(status)
        return (isCut, status)
      }
      switch signals.wait() {
      case .child, nil: break
      case .files:
        // What a build writes must not end it: before the sources are known, nothing can be told from it.
        guard restarts, !isCut, files.isDefinite else { break }
        settle()
        if !changesMeanwhile(files.look(known: seen).states).isEmpty {
          isCut = true
          Descendants(of: pid).end()
        }
      case .end(let signal, let fromTerminal):
        // The terminal's came to the command too; one that only we got is for it.
        ending = signal
        if !fromTerminal { kill(pid, signal) }
      }
    }
  }

  /// What `salvage run` says by its exit status. Only what it says of itself ends us.
  private func tellEnd(_ status: Int32) {
    let signal = status & 0x7f
    let code = status >> 8 & 0xff
    if signal != 0 {
      note("the command was ended by signal \(signal)")
    } else if code == RunCommand.ownFailure {
      exit(code)
    } else if code != 0 {
      note("the command ended with \(code)")
    }
  }

  private mutating func compare(_ tell: Tell, failed: Bool) {
    do {
      var moves: [String: LineMoves] = [:]
      for (path, now) in begun.files {
        if let new = now.lines, let old = sources.files[path]?.lines, old != new {
          moves[path] = LineMoves(from: old, to: new)
        }
      }
      guard let next = try tell(report, moves, failed) else { return }
      report = next
      let paths = WatchedFiles.sources(of: next, known: begun)
      if !paths.isEmpty { files.sources = paths }
      // The lines of what was not watched before are those that are there now.
      let now = files.look(known: begun).states
      sources = FileStates()
      for path in files.sources ?? [] {
        let known = begun.files[path]
        sources.files[path] = known?.lines == nil ? now.files[path] : known
      }
    } catch {
      complain("\(error)")
    }
  }

  // MARK: Changes

  private mutating func look() {
    var (states, folders) = files.look(known: seen)
    events.listen(to: folders)
    // What happened before we listened is seen by looking again.
    (states, folders) = files.look(known: states)
    seen = states
    if events.mustLook && !toldOfLooking {
      toldOfLooking = true
      complain(
        "no more folders can be listened to: files are looked at once a second; raise"
          + " fs.inotify.max_user_watches and max_user_instances (sysctl)")
    }
  }

  /// What changed between the begin of the run and `now`.
  private func changesMeanwhile(_ now: FileStates) -> Set<String> {
    now.edits(since: begun).subtracting(written).filter { path in
      let isNamed = files.isNamed(path)
      if begun.files[path] != nil { return isNamed || files.sources?.contains(path) ?? true }
      // A file that is new may be a source that nobody knew of, and in the first run it is what a build makes.
      return isNamed && !isFirst
    }
  }

  /// Without what the command writes again and again, which would make it run for ever. Who edits a file in so many
  /// runs in a row must save it once more at the end, and is told.
  private mutating func withoutRepeats(_ changes: Set<String>) -> Set<String> {
    repeats = Dictionary(uniqueKeysWithValues: changes.map { ($0, (repeats[$0] ?? 0) + 1) })
    let own = changes.filter { repeats[$0] ?? 0 >= Self.mostRepeats }
    guard !own.isEmpty else { return changes }
    written.formUnion(own)
    note(
      "\(names(own)): changed during \(Self.mostRepeats) runs in a row, so the command itself seems to write it;"
        + " from now on that counts between two runs alone")
    return changes.subtracting(own)
  }

  private static let mostRepeats = 3

  private mutating func waitForChange() -> Set<String> {
    repeats = [:]
    while true {
      if case .end(let signal, _) = signals.wait(seconds: events.mustLook ? 1 : nil) {
        end(like: signal)
      }
      settle()
      let before = seen
      look()
      let changes = seen.changes(since: before)
      if !changes.isEmpty { return changes }
    }
  }

  /// Waits until nothing happens for a moment: an editor writes several files for one, git hundreds.
  private mutating func settle() {
    let start = ContinuousClock.now
    while start.duration(to: .now) < Self.longest {
      let hadEvents = events.drain()
      // Vim's way: the file is away until its new text is written.
      let isAway = seen.files.keys.contains { access($0, F_OK) != 0 }
      guard hadEvents || isAway else { return }
      let event = signals.wait(milliseconds: 100)
      if let event, case .end = event { return signals.keep(event) }
    }
  }

  /// Something may write for ever.
  private static let longest = Duration.seconds(2)

  private func announce(_ changes: Set<String>) {
    note("\(names(changes)) changed: running again")
  }

  private func names(_ paths: Set<String>) -> String {
    let here = FilePath(".").absolute.string + "/"
    let shown = paths.sorted().map { $0.hasPrefix(here) ? String($0.dropFirst(here.count)) : $0 }
    let rest = shown.count - 3
    return shown.prefix(3).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }

  private func note(_ text: String) {
    if !isQuiet { complain(text) }
  }
}
