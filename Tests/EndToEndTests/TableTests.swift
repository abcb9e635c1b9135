import Foundation
import Testing

extension Case {
  /// Those that SALVAGE_TEST_ROW (a row, or `row in fixture`) and SALVAGE_TEST_VARIANT (a fixture) name,
  /// else all.
  static func chosen(_ cases: [Case]) -> [Case] {
    let names = ProcessInfo.processInfo.environment
    return cases.filter { item in
      let row = names["SALVAGE_TEST_ROW"].map {
        "\(item.row)".hasPrefix($0) || item.description == $0
      }
      let fixture = names["SALVAGE_TEST_VARIANT"].map {
        item.fixture.name == $0 || item.description == $0
      }
      return row ?? true && fixture ?? true
    }
  }
}

/// Every death of the table, in every language that can express it, under the real command.
@Suite struct TableTests {
  static var cases: [Case] { Case.chosen(Case.table) }

  @Test(arguments: cases) func live(_ item: Case) async throws {
    try await Trial.check(item, options: [])
  }

  /// The classic way, without shared pages: all but SIGKILL and its kin is kept.
  @Test(arguments: cases.filter { !$0.row.isLiveOnly }) func privately(_ item: Case) async throws {
    try await Trial.check(item, options: ["--private"])
  }
}

/// The essential rows again, in every other build of the programs.
@Suite struct VariantTests {
  @Test(arguments: Case.chosen(Case.variants)) func live(_ item: Case) async throws {
    try await Trial.check(item, options: [])
  }

  @Test(arguments: Case.chosen(Case.privateVariants)) func privately(_ item: Case) async throws {
    try await Trial.check(item, options: ["--private"])
  }
}

/// The table again for programs built with gcc's --coverage.
@Suite struct GcovDeathTests {
  @Test(arguments: Case.chosen(Case.gcov)) func live(_ item: Case) async throws {
    try await Trial.check(item, options: [])
  }

  @Test(arguments: Case.chosen(Case.gcovPrivate)) func privately(_ item: Case) async throws {
    try await Trial.check(item, options: ["--private"])
  }
}

/// The table again for programs built with -fsanitize-coverage.
@Suite struct SancovTableTests {
  @Test(arguments: Case.chosen(Case.sancovTable + Case.sancovVariants))
  func live(_ item: Case) async throws {
    try await Trial.check(item, options: [])
  }

  @Test(arguments: Case.chosen(Case.sancovPrivate))
  func privately(_ item: Case) async throws {
    try await Trial.check(item, options: ["--private"])
  }
}
