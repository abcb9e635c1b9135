#if canImport(Glibc)
  import Glibc
#endif

public func half(of number: Int) -> Int {
  precondition(number % 2 == 0, "odd")
  return number / 2
}

public func leaves(with code: Int32) -> Never {
  beforeLeaving()
  exit(code)
}

@inline(never) func beforeLeaving() {
  reached += 1  // line "leaves"
}

public func killsItself() {
  reached += 10  // line "kills"
  kill(getpid(), SIGKILL)
}

public func notCalled() {
  reached += 100  // line "never"
}

nonisolated(unsafe) public var reached = 0
