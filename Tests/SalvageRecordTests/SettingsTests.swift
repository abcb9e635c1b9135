import CSalvageABI
import SalvageSystem
import SystemPackage
import Testing

@testable import SalvageRecord

@Suite struct SettingsTests {
  private let bytes = settingsBytes(users: "/recording")

  @Test func whatIsWrittenIsRead() throws {
    let settings = try RecordingSettings(bytes: bytes, path: "s")
    #expect(settings.isPerProcess)
    #expect(!settings.isPrivate)
    #expect(settings.saveBefore == [2, 15])
    #expect(settings.users == "/recording")
    #expect(settings.library == "/recording/libsalvage.so")
    #expect(settings.commandVersion == "9.9")
    #expect(settings.created == 7)
  }

  @Test func everyPrefixIsRefused() {
    for count in 0..<bytes.count {
      #expect(throws: RecordError.self) {
        _ = try RecordingSettings(bytes: Array(bytes.prefix(count)), path: "s")
      }
    }
  }

  @Test func aNewerMinorVersionIsRead() throws {
    var longer = bytes + [1, 2, 3, 4, 5, 6, 7, 8]
    longer.replaceSubrange(12..<16, with: SalvageSystem.bytes(of: UInt32(longer.count)))
    longer.replaceSubrange(16..<20, with: SalvageSystem.bytes(of: UInt32(0x8000_0002)))
    let settings = try RecordingSettings(bytes: longer, path: "s")
    #expect(settings.isPerProcess)
    #expect(settings.users == "/recording")
  }

  @Test func anotherVersionIsNamed() {
    var other = bytes
    let known = UInt32(SLV_ABI_VERSION)
    other.replaceSubrange(8..<12, with: SalvageSystem.bytes(of: known + 1))
    let error = #expect(throws: RecordError.self) {
      _ = try RecordingSettings(bytes: other, path: "s")
    }
    #expect(error?.problem == .version(found: known + 1, known: known))
    #expect(error?.description.contains("version \(known + 1)") == true)
  }

  @Test func aRelativePlaceIsRefused() {
    #expect(throws: RecordError.self) {
      _ = try RecordingSettings(bytes: settingsBytes(users: "relative"), path: "s")
    }
  }

  @Test func aPathThatIsTooLongIsNotWritten() {
    let long = FilePath("/" + String(repeating: "x", count: Int(SLV_PATH_MAX)))
    #expect(RecordingSettings(users: long, library: "/l").encoded(in: "/r") == nil)
  }
}
