import Glibc

/// The first three descriptors, where the parent closed one of them (`>&-`).
enum StandardDescriptors {
  /// Called before anything is opened: a file of a recording must not become stdout. What takes the
  /// place can neither be read nor written (EBADF, as if it were closed) and is closed again in every
  /// program that is executed.
  static func occupy() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      let place = open("/", pathOnly | O_CLOEXEC)
      if place >= 0 && place != descriptor {
        _ = fcntl(place, F_DUPFD_CLOEXEC, descriptor)
        close(place)
      }
    }
  }

  /// O_PATH, which the headers have for _GNU_SOURCE alone.
  private static let pathOnly: Int32 = 0o10_000_000
}
