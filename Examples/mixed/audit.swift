// Counts the ends in the service's log, then becomes the client.  audit CLIENT SOCKET < LOG
//
// `//= N`: how often the line runs in run.sh.
import Glibc

struct Event {
  let worker: String
  let word: String

  /// `worker 17 ended with status 9`
  init(line: String) {
    let words = line.split(separator: " ").map(String.init)
    worker = words[1]  //= 12
    word = words[2]
  }
}

func count(_ events: [Event]) -> [String: Int] {
  events.reduce(into: [:]) { $0[$1.word, default: 0] += 1 }
}

func become(_ program: String, _ arguments: [String]) -> Never {
  var vector: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
  vector.append(nil)
  if execvp(program, vector) < 0 {
    perror(program)  //= 0
  }
  exit(1)
}

@main struct Audit {
  static func main() {
    var events: [Event] = []
    while let line = readLine() {
      // A line without a worker is out of range, and that is a trap.
      events.append(Event(line: line))  //= 12
    }
    for (word, times) in count(events).sorted(by: { $0.key < $1.key }) {
      print("\(times) × \(word)")
    }
    fflush(nil)
    become(CommandLine.arguments[1], [CommandLine.arguments[2], "square 12"])
  }
}
