import Glibc

typealias Death = @Sendable (Arguments) throws -> Int32

struct Uncaught: Error {}
final class Something { var value = 1 }

@inline(never) private func opaque<T>(_ value: T) -> T { value }

private func code(_ arguments: Arguments, _ otherwise: Int32) -> Int32 {
  arguments.argument.flatMap { Int32($0) } ?? otherwise
}

private func signalOf(_ arguments: Arguments) -> Int32 { code(arguments, SIGTERM) }

let ends: [String: Death] = [
  "return": { arguments in
    atexit { atEnd() }
    times(3, before)
    return code(arguments, 3)
  },
  "exit": { arguments in
    atexit { atEnd() }
    before()
    exit(code(arguments, 4))
  },
  "exit-in-atexit": { _ in
    atexit {
      atEnd()
      _exit(23)
    }
    before()
    exit(4)
  },
  "kill-in-atexit": { _ in
    atexit {
      atEnd()
      raise(SIGKILL)
    }
    before()
    return 0
  },
  "_exit": { arguments in
    before()
    _exit(code(arguments, 5))
  },
  "_Exit": { arguments in
    before()
    _Exit(code(arguments, 6))
  },
  "quick_exit": { arguments in
    at_quick_exit { atQuick() }
    before()
    quick_exit(code(arguments, 7))
  },
  "abort": { _ in
    noCore()
    before()
    abort()
  },
  "exit_group": { arguments in
    before()
    _ = cSyscall(231, Int(code(arguments, 8)))
    after()
    return 0
  },
  "raw-exit": { arguments in
    before()
    _ = cSyscall(60, Int(code(arguments, 10)))
    after()
    return 0
  },
  "kill": { arguments in
    noCore()
    before()
    kill(getpid(), signalOf(arguments))
    after()
    return 0
  },
  "raise": { arguments in
    noCore()
    before()
    raise(signalOf(arguments))
    after()
    return 0
  },
  "ignored": { arguments in
    signal(signalOf(arguments), SIG_IGN)
    before()
    raise(signalOf(arguments))
    survivor()
    return 0
  },
  "alarm": { _ in
    before()
    alarm(1)
    while true { pause() }
  },
  "pipe": { _ in
    var ends: [Int32] = [0, 0]
    pipe(&ends)
    close(ends[0])
    before()
    if write(ends[1], "x", 1) < 0 { after() }
    return 0
  },
  "null-store": { _ in
    noCore()
    before()
    UnsafeMutablePointer<Int>(bitPattern: opaque(8))!.pointee = 1
    after()
    return 0
  },
  "stack-overflow": { _ in
    noCore()
    var limit = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20)
    setrlimit(__rlimit_resource_t(3), &limit)
    before()
    return Int32(truncatingIfNeeded: deeper(1))
  },
]

@inline(never) private func deeper(_ depth: Int) -> Int {
  withUnsafeTemporaryAllocation(of: Int.self, capacity: 100) { room in
    room[0] = depth
    return deeper(depth + 1) + room[0]
  }
}

let traps: [String: Death] = [
  "fatalError": { _ in
    noCore()
    before()
    fatalError("meant")
  },
  "precondition": { arguments in
    noCore()
    before()
    precondition(opaque(arguments.program.isEmpty), "meant too")
    after()
    return 0
  },
  "unwrap": { _ in
    noCore()
    before()
    let nothing: Int? = opaque(nil)
    return Int32(nothing!)
  },
  "out-of-bounds": { _ in
    noCore()
    before()
    return opaque([Int32(1), 2, 3])[opaque(7)]
  },
  "overflow": { _ in
    noCore()
    before()
    return opaque(Int32.max) + opaque(1)
  },
  "division-trap": { _ in
    noCore()
    before()
    return opaque(Int32(1)) / opaque(0)
  },
  "unowned": { _ in
    noCore()
    before()
    var something: Something? = Something()
    unowned let gone = something!
    something = nil
    return Int32(gone.value)
  },
  "cast": { _ in
    noCore()
    before()
    let value: Any = opaque("text")
    return value as! Int32
  },
  "throws": { _ in
    noCore()
    before()
    throw Uncaught()
  },
  "catches": { _ in
    do { throw Uncaught() } catch { survivor() }
    return 77
  },
  "normal": { arguments in
    var sum = 0
    for i in 0..<100 {
      if i % 3 == 0 && i % 5 != 0 {
        sum += i
      } else if i > 1000 {
        never()
      }
      switch i % 4 {
      case 0: sum ^= 1
      case 3: sum += 2
      default: sum = sum > 500 ? sum - 1 : sum + 1
      }
    }
    before()
    say("sum \(sum)")
    return code(arguments, 0)
  },
]

let handlers: [String: Death] = [
  "handler-returns": { _ in
    signal(SIGTERM) { _ in handled() }
    raise(SIGTERM)
    kill(getpid(), SIGTERM)
    survivor()
    return 31
  },
  "handler-_exit": { _ in
    signal(SIGTERM) { number in
      handled()
      _exit(100 + number)
    }
    before()
    raise(SIGTERM)
    after()
    return 0
  },
  "handler-reraises": { _ in
    signal(SIGTERM) { number in
      handled()
      signal(number, SIG_DFL)
      raise(number)
    }
    before()
    raise(SIGTERM)
    after()
    return 0
  },
  "handler-returns-then-kill": { _ in
    signal(SIGTERM) { _ in handled() }
    raise(SIGTERM)
    survivor()
    raise(SIGKILL)
    return 0
  },
]
