import Glibc
import SalvageRecord
import Synchronization

/// The line of a terminal that says what a command is at, for as long as it takes. It is erased before anything else is
/// written there, and at the end.
enum ProgressLine {
  private enum State {
    case hidden, shown
    /// A report is being written to the terminal.
    case over
  }

  private static let state = Mutex(State.hidden)

  /// Whether there is somebody to read it: stderr is a terminal that can erase, and ours at the moment.
  static var isWanted: Bool {
    guard !Talk.isQuiet, isatty(STDERR_FILENO) == 1, let name = getenv("TERM") else { return false }
    let kind = String(cString: name)
    return !kind.isEmpty && kind != "dumb" && tcgetpgrp(STDERR_FILENO) == getpgrp()
  }

  static func show(_ text: String) {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 1
    // A full line would wrap, and half of it would stay; with room for the ^C of the terminal's echo.
    let line = shortened("salvage: " + text, to: isKnown ? max(1, Int(size.ws_col) - 3) : 77)
    state.withLock { state in
      guard state != .over else { return }
      put("\r" + line + erase)
      state = .shown
    }
  }

  static func hide() { aside {} }

  /// Writes something else to the terminal.
  static func aside(_ write: () -> Void) {
    state.withLock { state in
      if state == .shown {
        put("\r" + erase)
        state = .hidden
      }
      write()
    }
  }

  /// What is written to stdout may go to the same terminal, from now on.
  static func endForOutput() {
    guard isatty(STDOUT_FILENO) == 1 else { return }
    hide()
    state.withLock { $0 = .over }
  }

  /// To the end of the line.
  private static let erase = "\u{1b}[K"

  private static func put(_ text: String) {
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  }
}
