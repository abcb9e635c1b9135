import Glibc

private func start(_ body: @escaping @Sendable () -> Void) {
  final class Box {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let box = Unmanaged.passRetained(Box(body))
  pthread_create(
    &thread, nil,
    { argument in
      Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
      return nil
    }, box.toOpaque())
}

/// Eight threads have counted and still live.
private func startBusy() {
  for number in 0..<8 {
    start {
      for _ in 0..<20000 { inThreadNumber(number) }
      while true { pause() }
    }
  }
  for number in 20..<28 {
    while tallyOf(number) < 20000 { sched_yield() }
  }
}

/// They never stop counting: bounds, not equality.
private func startEndless() {
  for number in 0..<8 {
    start {
      while true {
        aboutTo(20 + number)
        inThreadNumber(number)
      }
    }
  }
  for number in 20..<28 {
    while tallyOf(number) < 1000 { sched_yield() }
  }
}

let threads: [String: Death] = [
  "busy-killed": { _ in
    startBusy()
    before()
    raise(SIGKILL)
    return 0
  },
  "busy-return": { _ in
    startBusy()
    before()
    return 71
  },
  "racing-return": { _ in
    startEndless()
    return 72
  },
  "racing-kill": { _ in
    startEndless()
    raise(SIGKILL)
    return 0
  },
  "thread-exit": { arguments in
    before()
    let plain = arguments.argument == nil
    start {
      inThread()
      if plain { exit(75) }
      _exit(74)
    }
    while true { pause() }
  },
  "thread-killed": { arguments in
    before()
    let number = arguments.argument.flatMap { Int32($0) } ?? SIGKILL
    start {
      inThread()
      raise(number)
    }
    while true { pause() }
  },
  "pthread_exit": { _ in
    atexit { atEnd() }
    before()
    pthread_exit(nil)
  },
  "task-exit": { _ in
    before()
    Task.detached {
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<8 { group.addTask { inThreadNumber(number) } }
      }
      exit(76)
    }
    while true { pause() }
  },
  "task-killed": { _ in
    before()
    Task.detached {
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<8 { group.addTask { inThreadNumber(number) } }
      }
      raise(SIGKILL)
    }
    while true { pause() }
  },
]
