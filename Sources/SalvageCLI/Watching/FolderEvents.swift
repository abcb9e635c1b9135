import Glibc

/// Tells by SIGIO that something happened in folders (inotify(7)). What it was is found by looking: so events that are
/// too many for the queue, and names that came and went, are all the same.
struct FolderEvents: ~Copyable {
  private let descriptor: Int32
  private var watches: [String: Int32] = [:]
  /// A folder cannot be listened to: somebody must look from time to time.
  private(set) var mustLook = false

  /// What makes a file another one. Being read, and a change of its mode, do not.
  private static let mask = UInt32(
    IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
      | IN_DELETE_SELF | IN_MOVE_SELF)

  /// SIGIO must be blocked.
  init() {
    descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    if descriptor < 0 { mustLook = true }
    guard descriptor >= 0 else { return }
    let owner = fcntl(descriptor, F_SETOWN, getpid())
    let flags = fcntl(descriptor, F_GETFL)
    if owner < 0 || fcntl(descriptor, F_SETFL, flags | O_ASYNC) < 0 { mustLook = true }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Listens to these folders, and to no others.
  mutating func listen(to folders: Set<String>) {
    guard descriptor >= 0 else { return }
    for (folder, watch) in watches where !folders.contains(folder) {
      inotify_rm_watch(descriptor, watch)
      watches[folder] = nil
    }
    // Again for those that are there: another folder may have their name.
    for folder in folders {
      let watch = inotify_add_watch(descriptor, folder, Self.mask | UInt32(IN_ONLYDIR))
      if watch >= 0 {
        watches[folder] = watch
      } else if errno == ENOSPC || errno == ENOMEM {
        mustLook = true
      }
    }
  }

  /// Takes what waits; true if there was something.
  func drain() -> Bool {
    guard descriptor >= 0 else { return false }
    var found = false
    var room = [UInt8](repeating: 0, count: 1 << 14)
    while read(descriptor, &room, room.count) > 0 { found = true }
    return found
  }
}
