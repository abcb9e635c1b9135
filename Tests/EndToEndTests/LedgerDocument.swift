/// What these tests read of `salvage ledger --json`.
struct LedgerDocument: Decodable {
  struct Life: Decodable {
    var program: String
    var end: String
    var status: Int32?
    var signal: Int32?
    var snapshots: Int
    var losses: [String]

    var words: String {
      if let signal { return LedgerDocument.names[signal] ?? "signal \(signal)" }
      let word = end == "ended" ? "ended with" : end
      return status.map { "\(word) \($0)" } ?? word
    }
  }
  struct Loss: Decodable { var reason: String }

  var lives: [Life]
  var losses: [Loss]

  var ends: [String: Int] {
    lives.reduce(into: [:]) { $0[$1.words, default: 0] += 1 }
  }
  var slugs: Set<String> { Set(losses.map(\.reason)).union(lives.flatMap(\.losses)) }

  private static let names: [Int32: String] = [
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
    8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE",
    14: "SIGALRM", 15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
  ]
}
