import SalvageSystem

/// Other builds of the programs of the table: linkers, optimisers, sanitizers, stripped files.
extension Fixture {
  static let variants: [Fixture] = [
    Fixture(name: "c-O2", language: .c, options: ["-O2"]),
    Fixture(name: "cxx-O2", language: .cxx, options: ["-O2"]),
    Fixture(name: "c-no-pie", language: .c, options: ["-fno-pie", "-no-pie"]),
    Fixture(name: "c-bfd", language: .c, options: ["-fuse-ld=bfd"], needs: ["ld.bfd"]),
    Fixture(
      name: "c-bfd-no-pie", language: .c, options: ["-fuse-ld=bfd", "-fno-pie", "-no-pie"],
      needs: ["ld.bfd"]),
    Fixture(name: "c-gold", language: .c, options: ["-fuse-ld=gold"], needs: ["ld.gold"]),
    Fixture(name: "c-lld", language: .c, options: ["-fuse-ld=lld"], needs: ["ld.lld"]),
    Fixture(name: "c-build-id", language: .c, options: ["-Wl,--build-id"]),
    Fixture(name: "c-no-build-id", language: .c, options: ["-Wl,--build-id=none"]),
    Fixture(name: "c-linked-stripped", language: .c, options: ["-Wl,-s"]),
    Fixture(name: "c-stripped", language: .c, finish: ["strip"], needs: ["strip"]),
    Fixture(
      name: "c-single-byte", language: .c, options: ["-mllvm", "-enable-single-byte-coverage"],
      isSingleByte: true),
    Fixture(name: "c-mcdc", language: .c, options: ["-fcoverage-mcdc"]),
    Fixture(name: "c-atomic", language: .c, options: ["-fprofile-update=atomic"]),
    Fixture(name: "c-asan", language: .c, options: ["-fsanitize=address"]),
    Fixture(name: "cxx-asan-O1", language: .cxx, options: ["-fsanitize=address", "-O1"]),
    Fixture(name: "c-ubsan", language: .c, options: ["-fsanitize=undefined"]),
    Fixture(name: "swift-tsan", language: .swift, options: ["-sanitize=thread"]),
    Fixture(
      name: "c-relr", language: .c, options: ["-fuse-ld=lld", "-Wl,-z,pack-relative-relocs"]),
    Fixture(name: "c-clang-14", language: .c, compiler: "clang-14", needs: ["clang-14"]),
    Fixture(name: "swift-O", language: .swift, options: ["-O"]),
    Fixture(name: "swift-static", language: .swift, options: ["-static-stdlib"]),
    Fixture(name: "swift-stripped", language: .swift, finish: ["strip"], needs: ["strip"]),
    Fixture(name: "rust-O", language: .rust, options: ["-O"], needs: ["rustc"]),
    Fixture(
      name: "rust-stripped", language: .rust, options: ["-C", "strip=symbols"], needs: ["rustc"]),
    Fixture(
      name: "rust-panic-abort", language: .rust, options: ["-C", "panic=abort"], needs: ["rustc"]),
  ]
}

extension Case {
  /// The rows that each build runs: a normal end, the ends that hooks see, those that none sees,
  /// and everything that maps counters anew.
  static let essential: Set<String> = [
    "return", "_exit", "abort", "kill 9", "kill 15", "fork", "fork kill", "fork term",
    "double-fork", "else-of-fork", "nested-forks kill", "execv", "lives", "spawn", "busy-killed",
    "dlopen-killed", "dlopen-fork",
  ]

  static let variants: [Case] = Fixture.variants.flatMap { fixture in
    Row.table.filter { row in
      essential.contains(row.description) && row.languages.contains(fixture.language)
    }.map { Case(row: $0, fixture: fixture) }
  }

  static let privateVariants: [Case] = variants.filter { item in
    ["return", "kill 15", "fork term"].contains(item.row.description)
  }
}
