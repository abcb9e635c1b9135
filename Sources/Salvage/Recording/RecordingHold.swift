import Glibc
import SalvageRecord
import SalvageSystem
import SystemPackage

/// What a run holds of its recording: the lock that keeps others from replacing it, and, until its command has
/// started, the recording that was there before.
package struct RecordingHold: Sendable {
  let directory: FilePath
  let lock: RunLock?
  let replaced: ReplacedRecording?

  /// The command runs: what was there before is not needed any more.
  package func started() { replaced?.remove() }

  /// The command could not be started: the recording that was there before comes back, unless others count in
  /// the new one already. Nothing may follow but ``release()``.
  package func failed() {
    guard let replaced else { return }
    lock?.release()
    let place = RecordingPlace(directory)
    guard let alone = RunLock(directory, exclusive: true), !place.countsNow else {
      replaced.remove()
      return
    }
    replaced.restore()
    alone.release()
  }

  package func release() { lock?.release() }
}

/// A recording that was moved aside for a new one.
package struct ReplacedRecording: Sendable {
  /// Where it was: a directory, or a link.
  let place: FilePath
  let aside: FilePath

  /// Moves the recording at `place` aside, and what lies in it and is not ours into `made`.
  init?(_ place: FilePath, strangersTo made: FilePath) throws(SalvageError) {
    let name = place.lastComponent?.string ?? ""
    self.place = place
    aside = place.removingLastComponent().appending(".\(name).old-").withRandomEnding
    do throws(SalvageError) {
      try place.rename(to: aside)
    } catch {
      // A mount point.
      if error.errno == .resourceBusy { return nil }
      throw error
    }
    do throws(SalvageError) {
      try moveStrangers(from: aside, to: made)
    } catch {
      restoreName()
      throw error
    }
  }

  func remove() { RecordingPlace(aside).remove() }

  /// Puts it back in the place of the new one.
  func restore() {
    let failed = place.removingLastComponent().appending(".salvage-failed-").withRandomEnding
    guard (try? place.rename(to: failed)) != nil else { return remove() }
    try? moveStrangers(from: failed, to: aside)
    restoreName()
    RecordingPlace(failed).remove()
  }

  /// Before anything else took its place.
  func restoreName() { try? aside.rename(to: place) }
}

/// Moves what lies in a recording and is not ours. A link that somebody made to a recording has nothing.
func moveStrangers(from old: FilePath, to new: FilePath) throws(SalvageError) {
  if old.linkTarget != nil && RecordingPlace(old).linked == nil { return }
  for name in old.childNames where !RecordingPlace.isOurs(name) {
    try old.appending(name).rename(to: new.appending(name))
  }
}
