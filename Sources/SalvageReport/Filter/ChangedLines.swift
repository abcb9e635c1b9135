import SalvageCoverage

/// The lines that a change made or touched: the new side of a unified diff.
package struct ChangedLines: Sendable, Hashable {
  /// By path in the repository.
  package var files: [String: Set<UInt32>] = [:]
  /// New files, all of whose lines count.
  package var wholeFiles: Set<String> = []

  package init() {}

  /// Reads a unified diff, as git and diff -u write it.
  package init(diff: some StringProtocol) {
    var path: String?
    var number: UInt32 = 0
    // Lines of the hunk that are still to come: a line of code may begin with `+++ ` too.
    var (old, new) = (0, 0)
    // By bytes: a line end of two bytes is one `Character`, and code may begin with an accent.
    for bytes in Array(diff.utf8).split(separator: 0x0a, omittingEmptySubsequences: false) {
      let line = String(decoding: bytes, as: UTF8.self)
      if old > 0 || new > 0 {
        switch line.utf8.first {
        case UInt8(ascii: "+"):
          if let path { files[path, default: []].insert(number) }
          number &+= 1
          new -= 1
        case UInt8(ascii: "-"): old -= 1
        case UInt8(ascii: "\\"): break
        default:
          number &+= 1
          (old, new) = (old - 1, new - 1)
        }
      } else if line.hasPrefix("+++ ") {
        path = Self.path(line.dropFirst(4))
      } else if line.hasPrefix("@@ "), let hunk = Self.hunk(line) {
        (old, number, new) = hunk
      }
    }
  }

  /// `@@ -12,0 +13,2 @@`: lines of the old side, first of the new one, lines of it.
  private static func hunk(_ line: some StringProtocol) -> (Int, UInt32, Int)? {
    let words = line.split(separator: " ")
    guard words.count >= 4, words[1].hasPrefix("-"), words[2].hasPrefix("+") else { return nil }
    func numbers(_ word: some StringProtocol) -> (UInt32, Int)? {
      let parts = word.dropFirst().split(separator: ",")
      guard let first = parts.first.flatMap({ UInt32($0) }) else { return nil }
      return (first, parts.count > 1 ? Int(parts[1]) ?? 0 : 1)
    }
    guard let (_, old) = numbers(words[1]), let (first, new) = numbers(words[2]) else { return nil }
    return (old, first, new)
  }

  /// Without git's `b/`, the time that diff(1) adds after a tab, and the quotes of C around odd names.
  private static func path(_ text: some StringProtocol) -> String? {
    var name =
      text.hasPrefix("\"") ? unquoted(text) : String(text.prefix { $0 != "\t" && $0 != "\r" })
    if name == "/dev/null" { return nil }
    if name.hasPrefix("b/") { name.removeFirst(2) }
    return name
  }

  private static func unquoted(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8.dropFirst())[...]
    let letters: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "r"): 13, UInt8(ascii: "a"): 7,
      UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "v"): 11,
    ]
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
        bytes.append(byte)
        continue
      }
      if (0x30...0x37).contains(next) {
        var value = Int(next - 0x30)
        for _ in 0..<2 {
          guard let digit = rest.first, (0x30...0x37).contains(digit) else { break }
          value = value * 8 + Int(digit - 0x30)
          rest = rest.dropFirst()
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
      } else {
        bytes.append(letters[next] ?? next)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The part of the report that the change made: files under their own paths, with the changed lines
  /// and the branches and functions on them.
  package func apply(to report: Report) -> Report {
    var result = report
    result.coverage.functions = []
    result.coverage.files = report.coverage.files.compactMap { file in
      let path = report.relative(file.path)
      if wholeFiles.contains(path) { return file }
      guard let changed = files[path] else { return nil }
      var part = file
      part.lines.removeAll { !changed.contains($0.number) }
      part.branches.removeAll { !changed.contains($0.line) }
      part.functions.removeAll { !changed.contains($0.line) }
      part.reported = nil
      return part
    }
    return result
  }

  package var isEmpty: Bool { files.isEmpty && wholeFiles.isEmpty }
}
