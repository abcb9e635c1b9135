import Foundation
import Testing

/// Every death of the table, in every language that can express it, under the real command.
@Suite struct TableTests {
  static var cases: [Case] {
    guard let only = ProcessInfo.processInfo.environment["SALVAGE_TEST_ROW"] else {
      return Case.table
    }
    return Case.table.filter { "\($0.row)".hasPrefix(only) || $0.description == only }
  }

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
  static func chosen(_ cases: [Case]) -> [Case] {
    guard let only = ProcessInfo.processInfo.environment["SALVAGE_TEST_VARIANT"] else {
      return cases
    }
    return cases.filter { $0.fixture.name == only || $0.description == only }
  }

  @Test(arguments: chosen(Case.variants)) func live(_ item: Case) async throws {
    try await Trial.check(item, options: [])
  }

  @Test(arguments: chosen(Case.privateVariants)) func privately(_ item: Case) async throws {
    try await Trial.check(item, options: ["--private"])
  }
}

/// The table again for programs built with gcc's --coverage.
@Suite struct GcovDeathTests {
  @Test(arguments: VariantTests.chosen(Case.gcov)) func live(_ item: Case) async throws {
    try await Trial.check(item, options: [])
  }

  @Test(arguments: VariantTests.chosen(Case.gcovPrivate)) func privately(_ item: Case) async throws
  {
    try await Trial.check(item, options: ["--private"])
  }
}

/// The table again for programs built with -fsanitize-coverage.
@Suite struct SancovTableTests {
  @Test(arguments: VariantTests.chosen(Case.sancovTable + Case.sancovVariants))
  func live(_ item: Case) async throws {
    try await Trial.check(item, options: [])
  }

  @Test(arguments: VariantTests.chosen(Case.sancovPrivate))
  func privately(_ item: Case) async throws {
    try await Trial.check(item, options: ["--private"])
  }
}
