// The service of service.c in Swift: the same words, the same names of lines.
import Glibc

@_silgen_name("fork") func cFork() -> Int32

nonisolated(unsafe) var mode = ""
nonisolated(unsafe) var isStopping = false
/// C strings for the handler, which must not allocate.
nonisolated(unsafe) var program: UnsafeMutablePointer<CChar>? = nil
nonisolated(unsafe) let second = strdup("second")
nonisolated(unsafe) var flush: (@convention(c) () -> Void)? = nil

func cleanup() {
  if let flush {
    flush()  // [flushed]
    isFlushed()
  }
}

func isFlushed() {
  flush = nil  // [afterflush]
}

func goOn() {
  isStopping = true  // [return]
}

func stop() -> Never {
  exit(4)  // [stopped]
}

func finish() -> Never {
  exit(0)  // [returned]
}

func onTerm(_ number: Int32) {
  cleanup()  // [term]
  if mode == "exit" {
    _exit(7)  // [exit]
  }
  if mode == "again" {
    var only = sigset_t()
    signal(number, SIG_DFL)  // [again]
    raise(number)
    sigemptyset(&only)
    sigaddset(&only, number)
    sigprocmask(SIG_UNBLOCK, &only, nil)
    _exit(9)
  }
  goOn()
}

func restartService(_ number: Int32) {
  cleanup()  // [hup]
  var arguments = (program, second, nil as UnsafeMutablePointer<CChar>?)
  withUnsafeMutablePointer(to: &arguments) {
    _ = $0.withMemoryRebound(to: UnsafeMutablePointer<CChar>?.self, capacity: 3) {
      execv(program!, $0)
    }
  }
  _exit(9)
}

func serve() -> Never {
  var (signals, none) = (sigset_t(), sigset_t())
  sigemptyset(&none)
  sigemptyset(&signals)
  sigaddset(&signals, SIGTERM)
  sigaddset(&signals, SIGHUP)
  sigprocmask(SIG_BLOCK, &signals, nil)
  if mode != "second" {
    signal(SIGTERM) { onTerm($0) }  // [first]
    signal(SIGHUP) { restartService($0) }
  } else {
    signal(SIGTERM, SIG_DFL)  // [second]
  }
  if write(3, "r", 1) != 1 {
    _exit(8)  // [broken]
  }
  while !isStopping {
    sigsuspend(&none)  // [served]
  }
  stop()
}

func awaitReady(_ ready: Int32) {
  var byte: UInt8 = 0
  if read(ready, &byte, 1) != 1 {
    print("the service is not ready")  // [broken]
  }
}

@main struct Service {
  static func main() {
    program = strdup(CommandLine.arguments[0])
    mode = CommandLine.arguments[1]
    let restarts = mode.hasSuffix("restart")
    if mode.hasPrefix("flush-") {
      mode.removeFirst(6)
      // A weak reference of salvage.h; Swift has none, but can look.
      flush = dlsym(nil, "salvage_flush").map {
        unsafeBitCast($0, to: (@convention(c) () -> Void).self)
      }
      if flush == nil {
        flush = {}
      }
    }
    if mode == "second" {
      serve()  // [reexecuted]
    }
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    let pid = cFork()
    if pid == 0 {
      dup2(ends[1], 3)  // [service]
      serve()
    }
    close(ends[1])
    awaitReady(ends[0])
    if restarts {
      kill(pid, SIGHUP)  // [sendhup]
      awaitReady(ends[0])
    }
    kill(pid, SIGTERM)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    print(status & 0x7f != 0 ? "signal \(status & 0x7f)" : "exit \(status >> 8)")
    finish()
  }
}
