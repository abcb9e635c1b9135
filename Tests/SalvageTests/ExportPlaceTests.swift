import SystemPackage
import Testing

@testable import Salvage

/// Where exported files go.
@Suite struct ExportPlaceTests {
  @Test(
    arguments: [
      ("/b/x/a.gcda", 0, "out/b/x/a.gcda"), ("/b/x/a.gcda", 1, "out/x/a.gcda"),
      ("/b/x/a.gcda", 2, "out/a.gcda"), ("/b/x/a.gcda", 9, "out/a.gcda"),
      ("/b/../../x/./a.gcda", 0, "out/x/a.gcda"), ("a-1.profraw", 0, "out/a-1.profraw"),
      ("a-1.profraw", 3, "out/a-1.profraw"), ("../../etc/a.gcda", 0, "out/etc/a.gcda"),
      ("x/a.gcda", 1, "out/x/a.gcda"),
    ] as [(FilePath, Int, FilePath)])
  func underADirectory(_ path: FilePath, _ strip: Int, _ expected: FilePath) {
    #expect(ExportPlace(directory: "out", strip: strip).path(of: path) == expected)
  }

  @Test func inPlace() {
    let place = ExportPlace(directory: nil)
    #expect(place.path(of: "/b/x/../a.gcda") == "/b/a.gcda")
    #expect(place.path(of: "b/a.gcda") == nil && place.path(of: "a.profraw") == nil)
  }

  @Test func formatsAreNamed() {
    #expect(ExportFormat(rawValue: "gcda") == .gcda && ExportFormat(rawValue: "gcov") == nil)
    let names = ExportFormat.allCases.map(\.rawValue)
    #expect(names.starts(with: ["profraw", "profdata", "gcda"]) && Set(names).count == names.count)
  }
}
