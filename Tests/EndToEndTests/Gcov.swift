/// The programs of deaths built with gcc's --coverage, and with clang's.
extension Fixture {
  private static func gcov(
    _ name: String, _ compiler: String, language: Language = .c, options: [String] = [],
    standard: String? = nil, finish: [String] = [], needs: [String] = []
  ) -> Fixture {
    var fixture = Fixture(
      name: "gcov-\(name)", language: language, options: options, compiler: compiler,
      finish: finish, needs: [compiler] + needs)
    fixture.coverage = ["--coverage"]
    fixture.standard = standard
    return fixture
  }

  static let gcc = gcov("gcc-12", "gcc-12")

  static let gcovVariants: [Fixture] = [
    gcov("gcc-11", "gcc-11"),
    gcov("gcc-11-O2", "gcc-11", options: ["-O2"]),
    gcov("gcc-12-O2", "gcc-12", options: ["-O2"]),
    // There gcc does not put its own wrappers in the place of fork and exec.
    gcov("gcc-12-c11", "gcc-12", standard: "c11"),
    gcov("gcc-12-no-pie", "gcc-12", options: ["-fno-pie", "-no-pie"]),
    gcov("gcc-12-gold", "gcc-12", options: ["-fuse-ld=gold"], needs: ["ld.gold"]),
    gcov("gcc-12-atomic", "gcc-12", options: ["-fprofile-update=atomic"]),
    gcov("gcc-12-asan", "gcc-12", options: ["-fsanitize=address"]),
    gcov("gcc-12-stripped", "gcc-12", finish: ["strip"], needs: ["strip"]),
    gcov("g++-12", "g++-12", language: .cxx),
    gcov("g++-11-O2", "g++-11", language: .cxx, options: ["-O2"]),
    gcov("clang-14-O2", "clang-14", options: ["-O2"]),
    gcov("clang-14-no-pie", "clang-14", options: ["-fno-pie", "-no-pie"]),
    // There clang puts its own function in the place of fork, too.
    gcov("clang-14-c11", "clang-14", standard: "c11"),
    gcov("clang-14-asan", "clang-14", options: ["-fsanitize=address"]),
    gcov("clang-14-O3-stripped", "clang-14", options: ["-O3"], finish: ["strip"], needs: ["strip"]),
    gcov("clang-16-O1", "clang-16", options: ["-O1"]),
    gcov("clang-19", "clang-19"),
    gcov("clang-19-Os", "clang-19", options: ["-Os"]),
    gcov("clang-21", "clang"),
    gcov("clang-21-O2-atomic", "clang", options: ["-O2", "-fprofile-update=atomic"]),
    gcov("clang++-14", "clang++-14", language: .cxx),
    gcov("clang++-21-O2", "clang++", language: .cxx, options: ["-O2"]),
  ]

  static let clang14Gcov = gcov("clang-14", "clang-14")

  static let gfortran = gcov("gfortran", "gfortran", language: .fortran)

  var isGcov: Bool { coverage == ["--coverage"] }
}

extension Row {
  static let fortran: [Row] = [
    Row("stop", in: [.fortran], status: .exit(3), ran: "entry before atEnd", ends: "exit 3"),
    Row("normal", in: [.fortran], status: .exit(0), ran: "entry before", ends: "returned 0"),
    Row("_exit", in: [.fortran], status: .exit(5), ran: "entry before", ends: "_exit 5"),
    Row("abort", in: [.fortran], status: .signal(6), ran: "entry before", ends: "SIGABRT"),
    Row("error", in: [.fortran], status: .exit(6), ran: "entry before", ends: "exit 6"),
    Row(
      "raise", "9", in: [.fortran], status: .signal(9), ran: "entry before", ends: "SIGKILL",
      privateLoses: .everything),
    Row(
      "raise", "15", in: [.fortran], status: .signal(15), ran: "entry before", ends: "SIGTERM"),
    Row(
      "fork", "9", in: [.fortran], status: .exit(7), ran: "entry before child parent",
      ends: "_exit 7, SIGKILL", privateLoses: .marks([.child])),
    Row(
      "fork", "15", in: [.fortran], status: .exit(7), ran: "entry before child parent",
      ends: "_exit 7, SIGTERM"),
    Row(
      "exec", in: [.fortran], status: .exit(0), ran: "entry before again",
      ends: "exec, returned 0"),
  ]
}

extension Case {
  /// What gcc makes of these programs is something else, also without the shim: libgcov needs memory at
  /// exit, which the sandbox forbids, and files, which the limit does; gcc puts fork in vfork's place.
  private static let ofLibgcov: Set<String> = [
    "seccomp-return", "no-file-growth", "killed-program",
  ]

  /// dlopen of gcc's ASan does not see its caller's RUNPATH.
  private static func isPossible(_ item: Case) -> Bool {
    !(item.fixture.options.contains("-fsanitize=address") && item.row.death.hasPrefix("dlopen"))
  }

  static let gcov: [Case] =
    Row.table.filter { $0.languages.contains(.c) && !ofLibgcov.contains($0.description) }
    .flatMap { [Case(row: $0, fixture: .gcc), Case(row: $0, fixture: .clang14Gcov)] }
    + Fixture.gcovVariants.flatMap { fixture in
      Row.table.filter {
        essential.contains($0.description) && $0.languages.contains(fixture.language)
      }.map { Case(row: $0, fixture: fixture) }
    }.filter(isPossible) + Row.fortran.map { Case(row: $0, fixture: .gfortran) }

  static let gcovPrivate: [Case] = gcov.filter { item in
    item.fixture == .gfortran
      || ["return", "kill 15", "fork term", "dlopen-killed"].contains(item.row.description)
  }
}
