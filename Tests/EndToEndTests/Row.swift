import SystemPackage

/// One line of the table: a program that ends in one way, and what must be known of it afterwards.
struct Row: Sendable, CustomStringConvertible {
  /// Counts that may be missing, with a loss on the ledger that says so.
  enum Loses: Sendable, Hashable {
    case nothing
    /// Up to all counts of these lines.
    case marks(Set<Mark>)
    case everything

    func contains(_ number: Int) -> Bool {
      switch self {
      case .nothing: false
      case .marks(let marks): marks.contains { $0.rawValue == number }
      case .everything: true
      }
    }
  }

  var death: String
  var arguments: [String]
  var languages: [Language]
  /// The first process's end, as its parent sees it. Nil: whatever it is without the shim.
  var status: Status?
  /// Under us, where LLVM's own runtime would end the program (it writes its profile at exit).
  var statusUnder: Status?
  /// The marked lines that run. All others must be reported as not executed. The destructor's line
  /// runs wherever libc runs destructors, and is left to the tally.
  var ran: Set<Mark>
  /// How the lives of the recording ended, with how often, as `salvage ledger` words it.
  var ends: [String: Int]?
  /// The losses that the ledger names, by slug, and the counts that they may cost.
  var losses: Set<String> = []
  var loses: Loses = .nothing
  /// Losses that depend on the instant of a kill.
  var mayLose: Set<String> = []
  /// What `--private` (counters copied at the end instead of shared) may lose: what ran in processes
  /// that are killed without warning.
  var privateLoses: Loses = .nothing
  /// The program can see the handlers of `--private` (in /proc/self/status).
  var isLiveOnly = false
  /// Threads or processes are killed while they count: sums lie between two tallies.
  var isBounded = false
  /// What it needs from the machine.
  var needs: [String] = []

  var description: String { ([death] + arguments).joined(separator: " ") }

  init(
    _ death: String, _ arguments: String..., in languages: [Language] = [.c, .cxx],
    status: Status?, under: Status? = nil, ran: String, ends: String? = nil, losses: String = "",
    mayLose: String = "",
    loses: Loses = .nothing, privateLoses: Loses = .nothing, bounded: Bool = false,
    liveOnly: Bool = false, needs: [String] = []
  ) {
    self.death = death
    self.arguments = arguments
    self.languages = languages
    self.status = status
    self.statusUnder = under
    self.ran = Mark.parse(ran)
    self.ends = ends.map(Row.parseEnds)
    self.losses = Set(losses.split(separator: " ").map(String.init))
    self.loses = loses
    self.mayLose = Set(mayLose.split(separator: " ").map(String.init))
    self.privateLoses = privateLoses
    self.isLiveOnly = liveOnly
    self.isBounded = bounded
    self.needs = needs
  }

  /// `"returned 3, SIGKILL*2"`
  static func parseEnds(_ text: String) -> [String: Int] {
    var ends: [String: Int] = [:]
    for part in text.split(separator: ",") {
      let fields = part.split(separator: "*")
      let name = fields[0].split(separator: " ").joined(separator: " ")
      ends[name, default: 0] += fields.count > 1 ? Int(fields[1]) ?? 0 : 1
    }
    return ends
  }
}

extension [Language] {
  static let all: [Language] = [.c, .cxx, .swift, .rust]
  static let cFamily: [Language] = [.c, .cxx]
  static let notRust: [Language] = [.c, .cxx, .swift]
  static let notSwift: [Language] = [.c, .cxx, .rust]
}

/// A row in one build of its program.
struct Case: Sendable, CustomStringConvertible {
  var row: Row
  var fixture: Fixture
  var description: String { "\(row) in \(fixture)" }

  static let table: [Case] = Row.table.flatMap { row in
    row.languages.map { Case(row: row, fixture: .plain($0)) }
  }
}
