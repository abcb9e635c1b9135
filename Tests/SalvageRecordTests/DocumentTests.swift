import CSalvageABI
import SystemPackage
import Testing

@testable import SalvageRecord

/// The pages under docs/ say what the code says.
@Suite struct DocumentTests {
  private func text(_ name: String) throws -> String {
    let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .removingLastComponent()
    let file = try RecordFile(root.pushing(FilePath(name)))
    return String(decoding: try file.bytes(0..<file.size), as: UTF8.self)
  }

  @Test func everyLossHasItsSentenceAndCure() throws {
    let page = try text("docs/Messages.md")
    let losses = page.split(separator: "\n# Messages of the command")[0]
    for reason in LossReason.allCases {
      let section = "\n## \(reason.slug)\n\n\(reason.sentence)\n\nCure: \(reason.cure)\n"
      #expect(losses.contains(section), "\(reason.slug)")
    }
    let headings = losses.split(separator: "\n").count { $0.hasPrefix("## ") }
    #expect(headings == LossReason.allCases.count)
    #expect(Set(LossReason.allCases.map(\.slug)).count == LossReason.allCases.count)
  }

  /// A number that the library notes and nobody here knows would be told as `unknown`.
  @Test func everyLossOfTheContractIsKnown() throws {
    let header = try text("CShim/ABI/include/salvage_losses.h")
    let numbers = header.matches(of: /SLV_LOSS_\w+ = (\d+)/).compactMap { UInt16($0.output.1) }
    #expect(numbers.count > 30)
    for number in numbers where number != 0 {
      #expect(LossReason(rawValue: number) != nil, "\(number)")
    }
  }

  // MARK: The format

  private func header() throws -> String {
    try ["abi", "counters", "belonging", "forks", "kept", "losses", "programs", "python"].map {
      try text("CShim/ABI/include/salvage_\($0).h")
    }
    .joined()
  }

  /// The fields of all structures with their offsets and types, as the header declares them.
  private func fields(ofHeader header: String) -> [String] {
    let code = header.split(separator: "\n").map { line in
      line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
    }
    var result: [String] = []
    for part in code.joined(separator: "\n").split(separator: "\nstruct ").dropFirst() {
      guard let open = part.firstIndex(of: "{"), let close = part.firstIndex(of: "}") else {
        continue
      }
      var offset = 0
      for declaration in part[part.index(after: open)..<close].split(separator: ";") {
        var words = declaration.split { $0 == " " || $0 == "\n" }
        guard !words.isEmpty else { continue }
        if words[0] == "struct" { words.removeFirst() }
        for name in words.dropFirst().joined().split(separator: ",") {
          result.append(Self.row(String(words[0]), String(name), &offset))
        }
      }
    }
    return result
  }

  private static func row(_ type: String, _ name: String, _ at: inout Int) -> String {
    let sizes = [
      "uint64_t": 8, "uint32_t": 4, "int32_t": 4, "uint16_t": 2, "char": 1,
      "slv_region": MemoryLayout<slv_region>.size, "slv_run": MemoryLayout<slv_run>.size,
    ]
    let lengths = [
      "SLV_PATH_MAX": Int(SLV_PATH_MAX), "SLV_REGIONS": Int(SLV_REGIONS),
      "SLV_RUNS": Int(SLV_RUNS), "SLV_FORK_SITES": Int(SLV_FORK_SITES),
    ]
    let size = sizes[type] ?? 0
    at = (at + min(size, 8) - 1) / min(size, 8) * min(size, 8)
    let start = at
    let parts = name.split { $0 == "[" || $0 == "]" }
    guard parts.count == 2 else {
      at += size
      return "\(start) \(type) \(parts[0])"
    }
    let count = Int(parts[1]) ?? lengths[String(parts[1])] ?? 0
    at += size * count
    return "\(start) \(type)[\(count)] \(parts[0])"
  }

  private func rows(_ page: String, below heading: String) -> [[String]] {
    var result: [[String]] = []
    var isWanted = false
    for line in page.split(separator: "\n") {
      if line.hasPrefix("| ") {
        let cells = line.split(separator: "|").map {
          $0.split(separator: " ").joined(separator: " ")
        }
        if cells[0] == "---" { continue }
        if cells.prefix(2).joined(separator: " ") == heading {
          isWanted = true
        } else if isWanted {
          result.append(cells)
        }
      } else {
        isWanted = false
      }
    }
    return result
  }

  @Test func thePageHasEveryFieldAtItsPlace() throws {
    let header = try header()
    let page = try text("docs/RecordingFormat.md")
    let told = rows(page, below: "offset type").map { cells in
      "\(cells[0]) \(cells[1]) \(cells[2].filter { $0 != "`" })"
    }
    let fields = fields(ofHeader: header)
    #expect(fields.count > 60)
    #expect(Set(fields).subtracting(told) == [])
    #expect(Set(told).subtracting(fields) == [])
    #expect(told.count == fields.count)
  }

  @Test func thePageHasEveryNameOfAnEnumeration() throws {
    let header = try header()
    let page = try text("docs/RecordingFormat.md")
    let told = Set(
      rows(page, below: "name value").map { "\($0[0].filter { $0 != "`" }) = \($0[1])" })
    var declared: Set<String> = []
    var isInside = false
    for line in header.split(separator: "\n") {
      if line.hasPrefix("enum ") {
        isInside = true
      } else if line.hasPrefix("}") {
        isInside = false
      }
      guard isInside, line.hasPrefix("  SLV_") else { continue }
      let code = line.split(separator: "//")[0].filter { $0 != "," && $0 != "u" }
      declared.insert(code.split(separator: " ").joined(separator: " "))
    }
    #expect(declared.count > 50)
    #expect(declared == told)
  }

  @Test func theSizesOfTheContractAreThoseOfTheImportedStructures() {
    #expect(MemoryLayout<slv_cell>.size == 128)
    #expect(MemoryLayout<slv_cell>.offset(of: \.announced_as) == 88)
    #expect(MemoryLayout<slv_counters_header>.offset(of: \.fold) == 136)
  }
}
