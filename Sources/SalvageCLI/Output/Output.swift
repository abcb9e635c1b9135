import FoundationEssentials
import Glibc
import Salvage
import SalvageRecord
import SalvageSystem
import SystemPackage

/// Writes a command's result for people to stdout. A name in it that might hold a line end goes through
/// ``terminalText(_:keepingLines:)`` before.
func printOut(_ text: String) throws {
  try printData(terminalText(text, keepingLines: true))
}

/// Writes what a program reads to stdout, as it is.
func printData(_ text: String) throws {
  ProgressLine.endForOutput()
  try FilePath("stdout").write(Array(text.utf8), to: STDOUT_FILENO)
}

/// Writes a value as JSON, keys sorted, so that two runs can be compared.
func printJSON(_ value: some Encodable) throws {
  try printData(try jsonText(value) + "\n")
}

func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return harmlessJSON(try encoder.encode(value))
}

/// Foundation's encoder escapes what JSON demands, C0; DEL and C1 control terminals too.
private func harmlessJSON(_ json: some Sequence<UInt8>) -> String {
  let text = String(decoding: Array(json), as: UTF8.self)
  guard text.unicodeScalars.contains(where: { (0x7f..<0xa0).contains($0.value) }) else {
    return text
  }
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if (0x7f..<0xa0).contains(scalar.value) {
      result.append(contentsOf: "\\u00\(hex(UInt64(scalar.value), digits: 2))".unicodeScalars)
    } else {
      result.append(scalar)
    }
  }
  return String(result)
}

/// `words` as a shell would have to be given them, on one line that any terminal may show.
func shellLine(_ words: [String]) -> String {
  words.map { shellQuoted($0, forTerminal: true) }.joined(separator: " ")
}

/// `text` in at most `width` characters, on one line.
func shortened(_ text: String, to width: Int) -> String {
  let line = terminalText(text)
  return line.count <= width ? line : line.prefix(max(1, width - 1)) + "…"
}

/// Columns of the terminal at stdout; nil where it is none.
func terminalWidth() -> Int? {
  var size = winsize()
  guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
  return Int(size.ws_col)
}

/// `1 process`, `2 processes`.
func counted(_ number: Int, _ one: String, _ many: String) -> String {
  "\(number) \(number == 1 ? one : many)"
}
