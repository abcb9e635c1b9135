import SalvageSystem
import Testing

/// Names from the outside: every byte is kept, and none of them controls a terminal.
@Suite struct TextTests {
  @Test(arguments: [
    ("plain /a-b.c", "plain /a-b.c"), ("é ü 日本 👩‍💻", "é ü 日本 👩‍💻"),
    ("a\u{1b}[31m\u{7}\n\r\t\u{7f}", #"a\x1b[31m\x07\n\r\t\x7f"#),
    ("\u{9b}2J\u{85}", #"\u{9b}2J\u{85}"#),
    ("a\u{202e}b\u{2066}\u{200f}\u{2028}\u{61c}", #"a\u{202e}b\u{2066}\u{200f}\u{2028}\u{61c}"#),
    ("\r\n", #"\r\n"#), ("e\u{301}\u{1b}", "e\u{301}\\x1b"), ("", ""),
  ])
  func terminals(_ text: String, _ shown: String) {
    #expect(terminalText(text) == shown)
  }

  @Test func linesStayWhereTheyAreWanted() {
    #expect(terminalText("a\nb\u{7}\u{1b}\n", keepingLines: true) == "a\nb\\x07\\x1b\n")
    #expect(terminalText("a\r\nb", keepingLines: true) == "a\\r\nb")
  }

  @Test(arguments: [
    Array("/src/a.c".utf8), Array("/src/é日.c".utf8), [0x2f, 0xff, 0x61], [0xc3], [0xc3, 0x28],
    [0xed, 0xa0, 0x80], [0xe2, 0x82, 0xac, 0x80, 0xf0, 0x9f], [0xee, 0xbe, 0x80, 0x61],
    [0xee, 0xbf, 0xbf], [0xef, 0x80, 0x80], [0xc0, 0xaf], [0xf4, 0x90, 0x80, 0x80],
    [0xf4, 0x8f, 0xbf, 0xbf], [],
  ])
  func everyByteIsKept(_ bytes: [UInt8]) {
    let name = String(name: bytes)
    #expect(name.nameBytes == bytes)
    let plain = String(validating: bytes, as: UTF8.self)
    let isOwn = bytes.starts(with: [0xee, 0xbe]) || bytes.starts(with: [0xee, 0xbf])
    #expect(name.hasForeignBytes == (plain == nil || isOwn))
    if let plain, !isOwn { #expect(name == plain) }
  }

  @Test func allPairsOfBytesStayTwo() {
    var seen: Set<String> = []
    for first in UInt8.min ... .max {
      for second in stride(from: UInt8(0x40), to: .max, by: 7) {
        let name = String(name: [0x61, first, second])
        #expect(name.nameBytes == [0x61, first, second])
        #expect(seen.insert(name).inserted)
      }
    }
  }

  @Test func foreignBytesAreShown() {
    #expect(terminalText(String(name: [0x61, 0xff, 0x2e, 0xe9])) == #"a\xff.\xe9"#)
  }
}
