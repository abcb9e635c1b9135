import SalvageRecord
import SalvageSystem

/// `word` in single quotes, unless it needs none (sh(1)). `forTerminal`: with control characters as
/// bash(1), zsh(1) and ksh(1) write them, `$'\x1b'`.
package func shellQuoted(_ word: String, forTerminal: Bool = false) -> String {
  if forTerminal, terminalText(word) != word {
    let escaped = word.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
    return "$'" + terminalText(escaped) + "'"
  }
  let plain = word.utf8.allSatisfy { byte in
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      || "-_./,:=+@%".utf8.contains(byte)
  }
  if plain && !word.isEmpty { return word }
  return "'"
    + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
}
