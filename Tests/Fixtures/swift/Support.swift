// What the C library has and Swift hides, and plain output.
import Glibc

@_silgen_name("fork") func cFork() -> Int32
@_silgen_name("_Fork") func cRawFork() -> Int32
@_silgen_name("vfork") func cVfork() -> Int32
@_silgen_name("syscall") func cSyscall(_ number: Int, _ first: Int) -> Int
@_silgen_name("clearenv") func cClearEnvironment() -> Int32

struct Arguments: Sendable {
  let program: String
  let tally: String
  let argument: String?
}

/// One write, no buffer: a forked child would flush its parent's text again.
func say(_ text: String) {
  var line = text + "\n"
  line.withUTF8 { _ = write(1, $0.baseAddress, $0.count) }
}

func sayStatus(_ who: String, _ status: Int32) {
  let signal = status & 0x7f
  say(signal != 0 ? "\(who): signal \(signal)" : "\(who): exit \((status >> 8) & 0xff)")
}

func reap(_ who: String, _ pid: Int32) {
  var status: Int32 = 0
  while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  sayStatus(who, status)
}

func noCore() {
  var none = rlimit(rlim_cur: 0, rlim_max: 0)
  setrlimit(__rlimit_resource_t(4), &none)
}

/// Calls `body` with a C argument vector.
func withVector<R>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
)
  -> R
{
  var vector: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
  return vector.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
}

func selfVector(_ arguments: Arguments, _ more: String...) -> [String] {
  [arguments.program, arguments.tally] + more
}

@_silgen_name("prctl")
private func cPrctl(_ option: Int32, _ a: UInt, _ b: UInt, _ c: UInt, _ d: UInt) -> Int32

/// Orphans below become children of this process (PR_SET_CHILD_SUBREAPER).
func becomeReaper() { _ = cPrctl(36, 1, 0, 0, 0) }
