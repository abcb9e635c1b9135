import SalvageCoverage
import SalvageSystem
import SystemPackage

/// What `salvage doctor` says of a program's counters: each compiler leaves other traces in its file.
enum CounterFindings {
  static func of(_ path: FilePath) -> [Finding] {
    guard let image = try? ELFImage(path: path) else { return [] }
    let found = findings(of: image, at: path)
    if !found.isEmpty { return found }
    if let interpreter = Interpreter.at(path.string) {
      return [
        Finding(
          "counters", .warning,
          "none in \(path), and \(interpreter.sentence). What it starts is recorded")
      ]
    }
    return [
      Finding(
        "counters", .warning,
        "none in \(path) itself; its libraries and children may have some. Build with "
          + waysToBuild.joined(separator: ", "))
    ]
  }
}
