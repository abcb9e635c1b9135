import FoundationEssentials
import Glibc
import Salvage
import SystemPackage

/// Writes a command's result to stdout.
func printOut(_ text: String) throws {
  try write(Array(text.utf8), to: STDOUT_FILENO, path: "stdout")
}

/// Writes a value as JSON, keys sorted, so that two runs can be compared.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  try printOut(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
}

/// `words` as a shell would have to be given them.
func shellLine(_ words: [String]) -> String {
  words.map(shellQuoted).joined(separator: " ")
}

/// `word` in single quotes, unless it needs none (sh(1)).
func shellQuoted(_ word: String) -> String {
  let plain = word.utf8.allSatisfy { byte in
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      || "-_./,:=+@%".utf8.contains(byte)
  }
  if plain && !word.isEmpty { return word }
  return "'"
    + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
}

/// `text` in at most `width` characters, on one line.
func shortened(_ text: String, to width: Int) -> String {
  let line = String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
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
