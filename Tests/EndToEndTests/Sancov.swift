import SystemPackage

/// The C program built with clang's -fsanitize-coverage, in each way of counting and linking.
extension Fixture {
  private static func sancov(
    _ name: String, _ kind: String, language: Language = .c, compiler: String? = nil,
    options: [String] = [], callbacks: Bool = false, finish: [String] = [], needs: [String] = []
  ) -> Fixture {
    var fixture = Fixture(
      name: "sancov-\(name)", language: language, options: options, compiler: compiler,
      finish: finish, isSingleByte: true, needs: needs)
    fixture.coverage = ["-fsanitize-coverage=\(kind),pc-table"]
    fixture.wraps = kind.hasPrefix(counters)
    if callbacks {
      let source = Places.tests.removingLastComponent().appending("CShim/Cooperate/sancov.c")
      fixture.objects = ["sancov.o": ["clang", "-O1", "-fPIC", "-c", source.string]]
    }
    return fixture
  }

  private static let counters = "inline-8bit-counters"
  private static let flags = "inline-bool-flag"
  private static let guards = "trace-pc-guard"
  /// Without a sanitizer's runtime, which the driver links else.
  private static let bare = ["-fno-sanitize-link-runtime"]

  /// One for each way of counting: the whole table. A sanitizer's runtime would catch the faults.
  static let sancovTable: [Fixture] = [
    sancov("8bit", counters, options: bare, callbacks: true),
    sancov("bool", flags, options: bare, callbacks: true),
    sancov("guard", guards, options: bare, callbacks: true),
  ]

  /// The other ways to build and link: the essential rows.
  static let sancovVariants: [Fixture] = [
    sancov("8bit-bare", counters, options: bare, callbacks: true),
    sancov(
      "bool-bare", flags, options: bare + ["-fuse-ld=lld"], callbacks: true, needs: ["ld.lld"]),
    sancov("8bit-asan", counters, options: ["-fsanitize=address"]),
    sancov("bool-ubsan", flags, options: ["-fsanitize=undefined"]),
    sancov("guard-asan", guards, options: ["-fsanitize=address"], callbacks: true),
    sancov("guard-runtime", guards, callbacks: true),
    sancov("guard-no-pie", guards, options: bare + ["-fno-pie", "-no-pie"], callbacks: true),
    sancov("8bit-bfd-no-pie", counters, options: ["-fuse-ld=bfd", "-fno-pie", "-no-pie"]),
    sancov("bool-gold-build-id", flags, options: ["-fuse-ld=gold", "-Wl,--build-id"]),
    sancov("8bit-O2", counters, options: ["-O2"]),
    sancov("guard-O2", guards, options: bare + ["-O2"], callbacks: true),
    sancov("bool-lines-only", flags, options: ["-gline-tables-only"]),
    sancov("8bit-clang-14", counters, compiler: "clang-14", needs: ["clang-14"]),
    sancov("bool-cxx", flags, language: .cxx),
    sancov("guard-cxx", guards, language: .cxx, options: bare, callbacks: true),
    sancov(
      "8bit-stripped", counters, options: ["-Wl,--build-id"],
      finish: ["sh", "-c", "objcopy --only-keep-debug \"$0\" \"$0.debug\" && strip \"$0\""],
      needs: ["strip", "objcopy"]),
  ]
}

extension Case {
  /// What LLVM's own runtime does without the shim, and blocks that are derived: these programs
  /// have neither.
  private static let ofOthers: Set<String> = Set(
    ["seccomp-return"] + Row.derived.map(\.description))

  static let sancovTable: [Case] = Fixture.sancovTable.flatMap { fixture in
    Row.table.filter {
      $0.languages.contains(.c) && !ofOthers.contains($0.description)
    }.map { Case(row: $0, fixture: fixture) }
  }

  static let sancovVariants: [Case] = Fixture.sancovVariants.flatMap { fixture in
    Row.table.filter { row in
      essential.contains(row.description) && !ofOthers.contains(row.description)
        && row.languages.contains(fixture.language)
    }.map { Case(row: $0, fixture: fixture) }
  }

  /// Copied at the end instead of shared.
  static let sancovPrivate: [Case] = (sancovTable + sancovVariants).filter { item in
    ["return", "kill 15", "fork term", "dlopen-_exit"].contains(item.row.description)
  }
}
