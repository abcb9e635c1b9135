// The pool of pool.c in Swift: the same words, the same names of lines.
import Glibc

@_silgen_name("fork") func cFork() -> Int32

let workerCount = 5
nonisolated(unsafe) var spins: UInt = 0

struct Channel {
  var input: Int32 = -1
  var output: Int32 = -1

  init() {
    var ends: [Int32] = [-1, -1]
    if pipe(&ends) != 0 {
      exit(9)  // [broken]
    }
    (input, output) = (ends[0], ends[1])
  }

  func put(_ number: Int) {
    var number = number
    if write(output, &number, 8) != 8 {
      _exit(9)  // [broken]
    }
  }

  func take() -> Int {
    var number = 0
    if read(input, &number, 8) != 8 {
      return 0  // [empty]
    }
    return number
  }
}

func square(_ number: Int) -> Int {
  number * number  // [square]
}

func closed() -> Never {
  exit(0)  // [closed]
}

func work(_ tasks: Channel, _ results: Channel) -> Never {
  results.put(1)  // [started]
  while case let number = tasks.take(), number != 0 {
    if number < 0 {
      results.put(1)  // [hard]
      while true {
        spins &+= 1
      }
    } else {
      results.put(square(number))  // [easy]
    }
  }
  closed()
}

func say(_ text: String) {
  print(text)
  fflush(nil)
}

func reap(_ pid: Int32) {
  var status: Int32 = 0
  waitpid(pid, &status, 0)  // [reaped]
  say(status & 0x7f != 0 ? "signal \(status & 0x7f)" : "exit \(status >> 8)")
}

func pool(_ how: String) {
  let (tasks, results) = (Channel(), Channel())
  var workers: [Int32] = []
  for _ in 0..<workerCount {
    let pid = cFork()  // [forked]
    if pid == 0 {
      close(tasks.output)
      work(tasks, results)  // [child]
    }
    workers.append(pid)
  }
  for _ in workers { _ = results.take() }
  for number in 1...3 {
    tasks.put(number)  // [given]
    say("\(results.take())")
  }
  if how == "joined" {
    close(tasks.output)  // [close]
  } else {
    if how != "idle" {
      for _ in workers {
        tasks.put(-1)  // [hardgiven]
        _ = results.take()
      }
    }
    for pid in workers {
      kill(pid, how == "killed" ? SIGKILL : SIGTERM)  // [terminated]
    }
  }
  workers.forEach(reap)
}

func greet(_ name: String) {
  say("hello \(name)")  // [greeted]
}

func finish() -> Never {
  exit(0)  // [returned]
}

func process(joins: Bool) {
  let leave = Channel()
  let pid = cFork()  // [started1]
  if pid == 0 {
    close(leave.output)
    if !joins {
      _ = leave.take()  // [waited]
    }
    greet("bob")
    exit(0)
  }
  if !joins {
    _exit(0)  // [left]
  }
  reap(pid)
}

@main struct Pool {
  static func main() {
    let how = CommandLine.arguments[1]
    if how == "process" || how == "left" {
      process(joins: how == "process")
    } else {
      pool(how)
    }
    finish()
  }
}
