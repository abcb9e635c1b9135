import Glibc

/// The text of a Python source as the interpreter reads it: by its encoding (PEP 263), in UTF-8, without
/// the byte order mark, with one line feed for each line end.
struct PythonText {
  private(set) var bytes: [UInt8]

  init(_ source: [UInt8]) {
    var text = source
    if text.starts(with: [0xef, 0xbb, 0xbf]) { text.removeFirst(3) }
    if let name = Self.cookie(text), let decoded = Self.decoded(text, from: name) { text = decoded }
    bytes = Self.withLineFeeds(text)
  }

  /// A last line without its end counts too.
  var lineCount: Int {
    bytes.count { $0 == 10 } + (bytes.last == nil || bytes.last == 10 ? 0 : 1)
  }

  /// CR LF and CR alone end a line as LF does.
  private static func withLineFeeds(_ text: [UInt8]) -> [UInt8] {
    guard text.contains(13) else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for (index, byte) in text.enumerated() {
      if byte == 13 {
        result.append(10)
      } else if byte != 10 || index == 0 || text[index - 1] != 13 {
        result.append(byte)
      }
    }
    return result
  }

  /// The encoding that a comment on one of the first two lines names; nil for UTF-8. The second line
  /// counts only where the first has no code.
  private static func cookie(_ text: [UInt8]) -> String? {
    let lines = text.prefix(4096).split(
      maxSplits: 2, omittingEmptySubsequences: false, whereSeparator: { $0 == 10 || $0 == 13 })
    for line in lines.prefix(2) {
      let code = line.drop { $0 == 0x20 || $0 == 9 || $0 == 12 }
      guard code.isEmpty || code.first == UInt8(ascii: "#") else { return nil }
      if let name = name(in: code) { return name == "utf-8" || name == "utf8" ? nil : name }
    }
    return nil
  }

  /// `coding[:=][ \t]*([-_.a-zA-Z0-9]+)`, in lower case, with `-` for `_`.
  private static func name(in comment: ArraySlice<UInt8>) -> String? {
    let word = Array("coding".utf8)
    for at in comment.indices where comment[at...].starts(with: word) {
      var rest = comment[at...].dropFirst(word.count)
      guard rest.first == UInt8(ascii: ":") || rest.first == UInt8(ascii: "=") else { continue }
      rest = rest.dropFirst().drop { $0 == 0x20 || $0 == 9 }
      let name = rest.prefix { byte in
        let sign = Unicode.Scalar(byte)
        return ("a"..."z").contains(sign) || ("A"..."Z").contains(sign)
          || ("0"..."9").contains(sign) || sign == "-" || sign == "_" || sign == "."
      }
      guard !name.isEmpty else { continue }
      let text = String(decoding: name, as: UTF8.self).lowercased()
      return String(text.map { $0 == "_" ? "-" : $0 })
    }
    return nil
  }

  /// Python's names that glibc's iconv does not know, or knows for something else: its SHIFT_JIS has a
  /// yen sign in the place of the backslash.
  private static let names = [
    "latin-1": "ISO-8859-1", "iso-latin-1": "ISO-8859-1", "l1": "ISO-8859-1",
    "shift-jis": "CP932", "shiftjis": "CP932", "sjis": "CP932", "s-jis": "CP932",
    "csshiftjis": "CP932", "ms932": "CP932", "mskanji": "CP932", "ms-kanji": "CP932",
    "windows-31j": "CP932", "shift-jis-2004": "SHIFT_JISX0213", "sjis-2004": "SHIFT_JISX0213",
    "shift-jisx0213": "SHIFT_JISX0213", "sjisx0213": "SHIFT_JISX0213",
    "euc-jis-2004": "EUC-JISX0213", "cp949": "UHC", "ms949": "UHC", "cp950": "BIG5",
    "ms950": "BIG5",
    "big5hkscs": "BIG5-HKSCS", "cp936": "GBK", "ms936": "GBK", "iso2022-jp": "ISO-2022-JP",
    "iso2022-jp-1": "ISO-2022-JP-1", "iso2022-jp-2": "ISO-2022-JP-2",
    "iso2022-jp-3": "ISO-2022-JP-3", "iso2022-kr": "ISO-2022-KR", "mac-roman": "MACINTOSH",
    "mac-cyrillic": "MAC-CYRILLIC",
  ]

  /// Nil for an encoding that is not known here, or a text that is not in it.
  private static func decoded(_ text: [UInt8], from name: String) -> [UInt8]? {
    let converter = iconv_open("UTF-8", names[name] ?? name)
    guard converter != iconv_t(bitPattern: -1) else { return nil }
    defer { iconv_close(converter) }
    var source = text.map { CChar(bitPattern: $0) }
    // No character of these encodings becomes more than four bytes, and none has less than one.
    var result = [CChar](repeating: 0, count: text.count * 4 + 16)
    var (left, room) = (source.count, result.count)
    let failed = source.withUnsafeMutableBufferPointer { from in
      result.withUnsafeMutableBufferPointer { to in
        var (input, output) = (from.baseAddress, to.baseAddress)
        return iconv(converter, &input, &left, &output, &room) == -1
          || iconv(converter, nil, nil, &output, &room) == -1
      }
    }
    guard !failed, left == 0 else { return nil }
    return result[..<(result.count - room)].map { UInt8(bitPattern: $0) }
  }
}
