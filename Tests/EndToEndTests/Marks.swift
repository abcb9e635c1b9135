import Foundation
import SystemPackage

/// The marked functions of the fixtures; a number is one line of each language's source.
enum Mark: Int, Sendable, Hashable, CaseIterable {
  case entry, before, after, child, grandchild, handled, jumped, inThread, atEnd, destroyed
  case again, parent, atQuick, never, survivor, worker
  case thread0 = 20
  case thread1, thread2, thread3, thread4, thread5, thread6, thread7
  case outer = 40
  case closed, inner
  /// Blocks of derived.c.
  case way50 = 50
  case way51, way52, way53, way54, way55, way56, way57, way58, way59, way60, way61, way62, way63
  case way64, way65, way66, way67, way68, way69

  /// Words of the table: names, and `threads` for all eight.
  static func parse(_ words: String) -> Set<Mark> {
    var marks: Set<Mark> = []
    for word in words.split(separator: " ") {
      if word == "threads" {
        marks.formUnion((20..<28).compactMap(Mark.init(rawValue:)))
      } else if let mark = Mark.allCases.first(where: { "\($0)" == word }) {
        marks.insert(mark)
      } else {
        preconditionFailure("no mark is called \(word)")
      }
    }
    return marks
  }
}

/// The fixture's own counts: a file that all its processes map, which outlives each of them.
struct Tally: Sendable {
  var counts: [UInt64]
  /// How often a line was about to be run; more than `counts` by at most one a killed process.
  var attempts: [UInt64]

  static func create(at path: FilePath) throws {
    try Data(count: 4096).write(to: URL(filePath: path.string))
    chmod(path.string, 0o666)
  }

  init(readingFrom path: FilePath) throws {
    let words = try Data(contentsOf: URL(filePath: path.string)).withUnsafeBytes {
      Array($0.bindMemory(to: UInt64.self))
    }
    counts = Array(words[0..<128])
    attempts = Array(words[128..<256])
  }

  var marks: Set<Mark> {
    Set(Mark.allCases.filter { counts[$0.rawValue] > 0 })
  }
}

/// Where a mark is: one line of one source file.
struct MarkedLine: Sendable, Hashable {
  var file: String
  var line: Int
  var mark: Int

  /// All lines of a source that hold `mark(<number>)`.
  static func find(in source: FilePath) throws -> [MarkedLine] {
    let text = try String(contentsOfFile: source.string, encoding: .utf8)
    let pattern = /\bmark\((\d+)\)/
    var lines: [MarkedLine] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if let match = line.firstMatch(of: pattern), let number = Int(match.1) {
        lines.append(MarkedLine(file: source.string, line: index + 1, mark: number))
      }
    }
    return lines
  }
}

/// The line counts of an lcov tracefile (lcov's geninfo(1), "TRACEFILE FORMAT").
struct LineCounts: Sendable {
  var files: [String: [Int: UInt64]] = [:]

  init(lcov: String) {
    var file = ""
    for record in lcov.split(separator: "\n") {
      if record.hasPrefix("SF:") {
        file = String(record.dropFirst(3))
      } else if record.hasPrefix("DA:") {
        let fields = record.dropFirst(3).split(separator: ",")
        if fields.count >= 2, let line = Int(fields[0]), let count = UInt64(fields[1]) {
          files[file, default: [:]][line, default: 0] += count
        }
      }
    }
  }
}
