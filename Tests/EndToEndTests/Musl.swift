import SystemPackage
import Testing

/// The programs of deaths of another libc, musl, under the same library.
extension Fixture {
  /// Kernel headers, which musl-gcc leaves out.
  private static let headers = [
    "-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu",
  ]

  private static func musl(_ name: String, coverage: [String], options: [String] = []) -> Fixture {
    let script = Places.fixtures.removingLastComponent().appending("Musl/musl-clang").string
    let isGcc = name.hasPrefix("gcc")
    var fixture = Fixture(
      name: "musl-\(name)", language: .c, options: options + (isGcc ? headers : []),
      compiler: isGcc ? "musl-gcc" : script, needs: ["musl-gcc"])
    fixture.coverage = coverage
    return fixture
  }

  static let muslGcc = musl("gcc", coverage: ["--coverage"])
  static let muslClang = musl(
    "clang", coverage: ["-fprofile-instr-generate", "-fcoverage-mapping"])
  static let muslVariants = [
    musl("gcc-O2", coverage: ["--coverage"], options: ["-O2"]),
    musl("clang-O2", coverage: muslClang.coverage, options: ["-O2"]),
    musl("clang-gcov", coverage: ["--coverage"]),
  ]
}

extension Case {
  private static func musl(_ fixture: Fixture, _ rows: [Row]) -> [Case] {
    rows.filter { $0.languages.contains(.c) }.compactMap { row in
      onMusl(row, fixture).map { Case(row: $0, fixture: fixture) }
    }
  }

  /// What a row is with musl 1.2.3; nil where musl cannot express it.
  private static func onMusl(_ row: Row, _ fixture: Fixture) -> Row? {
    var row = row
    switch row.death {
    case "error", "execveat": return nil  // it has no such function
    case "syscall-fork", "syscall-clone", "syscall-clone3":
      return nil  // raise() in a child of a raw fork signals the parent: musl keeps the thread's id
    case "dlclose-killed", "dlopen-often", "dlopen-fork": return nil  // it unloads nothing
    case "no-file-growth" where fixture.isGcov: return nil  // libgcov's files
    case "seccomp-return" where !fixture.isGcov:
      return nil  // LLVM's runtime wants memory at exit, which musl asks of the kernel
    // libc calls its own exit(), and tells the handlers no status: the parent knows it.
    case "err": row.ends = ["ended with 11": 1]
    case "errx": row.ends = ["ended with 12": 1]
    default: break
    }
    return row
  }

  static let musl: [Case] =
    musl(.muslGcc, Row.table) + musl(.muslClang, Row.table)
    + Fixture.muslVariants.flatMap { fixture in
      // What dlopen loads is met behind its constructors.
      musl(
        fixture,
        Row.table.filter { essential.contains($0.description) || $0.death.hasPrefix("dlopen") })
    }

  static let muslPrivate: [Case] = musl.filter { item in
    ["return", "kill 15", "fork term"].contains(item.row.description)
  }
}

/// The table again with musl's libc.
@Suite struct MuslTableTests {
  @Test(arguments: Case.chosen(Case.musl)) func live(_ item: Case) async throws {
    try await Trial.check(item, options: [])
  }

  @Test(arguments: Case.chosen(Case.muslPrivate)) func privately(_ item: Case) async throws {
    try await Trial.check(item, options: ["--private"])
  }
}
