import SalvageCoverage
package import SalvageRecord
import SalvageSystem
import SystemPackage

/// A program that ran and had no counters in any of its processes.
package struct UncountedProgram: Sendable, Hashable {
  /// Its path as the one gave it who ran it.
  package let program: String
  /// How many process images were of it.
  package let lives: Int
  /// Set where it ran a script, or is one.
  package let interpreter: Interpreter?

  /// Those of a ledger, interpreters first, then by how often they ran. What was lost is no part of it.
  /// - Parameters:
  ///   - directories: where scripts with relative paths may lie.
  ///   - python: what a Python is that was not entered.
  package static func all(
    in lives: some Sequence<Life>, directories: [String] = [],
    python: Interpreter = .python(isLeftOut: false)
  ) -> [UncountedProgram] {
    var counts: [String: Int] = [:]
    var counted: Set<String> = []
    for life in lives where !life.program.isEmpty {
      if life.isCounted {
        counted.insert(life.program)
      } else {
        counts[life.program, default: 0] += 1
      }
    }
    return counts.filter { !counted.contains($0.key) }
      .map { program, lives in
        UncountedProgram(
          program: program, lives: lives,
          interpreter: interpreter(of: program, directories, python))
      }
      .sorted { left, right in
        if (left.interpreter == nil) != (right.interpreter == nil) {
          return right.interpreter == nil
        }
        return left.lives == right.lives
          ? left.program < right.program : left.lives > right.lives
      }
  }

  /// Its own name tells it, or the first line of the script, where that is still there.
  private static func interpreter(
    of program: String, _ directories: [String], _ python: Interpreter
  ) -> Interpreter? {
    func known(_ path: String) -> Interpreter? {
      Interpreter.at(path) ?? (isPython(path) ? python : nil)
    }
    if let known = known(program) { return known }
    let path = FilePath(program)
    let places = path.isAbsolute ? [path] : directories.map { FilePath($0).pushing(path) }
    guard let script = places.first(where: { $0.status() != nil }) else { return nil }
    let runs = ProgramKind.namedToEnv(by: script) ?? ProgramKind.image(of: script).string
    return known(runs)
  }
}

extension RecordingContents {
  /// The programs of its ledger that ran without counters.
  package var uncountedPrograms: [UncountedProgram] {
    UncountedProgram.all(
      in: lives, directories: Array(Set(runs.map(\.directory))).sorted(),
      python: .python(isLeftOut: !settings.recordsPython))
  }
}

extension Life {
  /// Whether it had something to count; of what was lost nobody knows.
  fileprivate var isCounted: Bool {
    objects > 0 || !losses.isEmpty
      || !flags.isDisjoint(with: [.live, .isPrivate, .python, .coverage])
  }
}
