import SalvageRecord
import SalvageSystem
import SystemPackage

/// Go's `-cover`: which units ran, and where they are; read without any tool.
struct GoSource: CoverageSource {
  static let source = Source.go
  static let exporters: [any CounterExporter.Type] = [GoDataExporter.self]
  static let waysToBuild: [String] = ["go build -cover -buildmode=pie (Go)"]

  static func findings(of image: ELFImage, at path: FilePath) -> [Finding] {
    GoFindings.of(image)
  }

  func coverage(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> CollectedCoverage {
    var result = CollectedCoverage()
    var parts: [Coverage] = []
    for counters in objects {
      do throws(ObjectProblem) {
        let object = try GoObject(counters)
        let paths = GoPaths(of: object, near: counters.origin)
        parts.append(
          Coverage(files: object.files { paths[$0] }).attributed(to: request.name(of: counters)))
      } catch {
        result.problems.append(error)
      }
    }
    if !parts.isEmpty { result.coverage = Coverage.joined(parts) }
    return result
  }
}

extension GoObject {
  /// All functions of the program, also of packages of which nothing ran.
  func files(path: (String) -> String) -> [SourceFile] {
    var files: [String: GoFile] = [:]
    for (package, ran) in zip(packages, counts) {
      for (number, function) in package.functions.enumerated() {
        files[function.file, default: GoFile()]
          .add(function, of: package, counts: ran[number])
      }
    }
    var result: [String: SourceFile] = [:]
    for (name, file) in files {
      let path = path(name)
      result[path] = file.source(path: path)
    }
    return result.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }
}

/// A source file that grows function by function.
private struct GoFile {
  private var lines: [UInt32: UInt64] = [:]
  private var functions: [Function] = []

  /// More lines than this in one unit are no source of a person.
  private static let longest: UInt32 = 1 << 20

  mutating func add(_ function: GoPackage.Function, of package: GoPackage, counts: [UInt32]?) {
    for (index, unit) in function.units.enumerated() {
      let count = UInt64(counts?[index] ?? 0)
      for line in unit.lines(atMost: Self.longest) {
        lines[line] = max(lines[line] ?? 0, count)
      }
    }
    let first = function.units.min {
      ($0.startLine, $0.startColumn) < ($1.startLine, $1.startColumn)
    }
    guard let first else { return }
    functions.append(
      Function(
        name: package.path + "." + function.symbol, line: first.startLine,
        count: UInt64(counts?.first ?? 0), column: first.startColumn))
  }

  func source(path: String) -> SourceFile {
    SourceFile(
      path: path,
      lines: lines.sorted { $0.key < $1.key }.map { Line(number: $0.key, count: $0.value) },
      functions: functions.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
  }
}

extension GoPackage.Function {
  /// As Go's linker writes it: `(*T).Add`.
  fileprivate var symbol: String {
    guard name.hasPrefix("*"), let dot = name.firstIndex(of: ".") else { return name }
    return "(" + name[..<dot] + ")" + name[dot...]
  }
}

extension GoPackage.Unit {
  /// The lines that it has code on. It ends before its last column: a closing brace in the first one is not of it.
  fileprivate func lines(atMost most: UInt32) -> ClosedRange<UInt32> {
    let last = endColumn <= 1 && endLine > startLine ? endLine - 1 : endLine
    return
      startLine...max(startLine, min(last, startLine.addingReportingOverflow(most).partialValue))
  }
}
