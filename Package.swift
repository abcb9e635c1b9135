// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
  name: "salvage",
  products: [
    .executable(name: "salvage", targets: ["SalvageCLI"]),
    .library(name: "Salvage", targets: ["Salvage"]),
    .plugin(name: "SalvagePlugin", targets: ["SalvagePlugin"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    // The contract between the injected C library and Swift: a header, nothing else.
    .target(name: "CSalvageABI", path: "CShim/ABI"),
    // Compiles CShim/Runtime into libsalvage.so with the toolchain's clang. No Swift target depends
    // on the Runtime itself, or our own command would carry its hooks.
    .plugin(name: "BuildShim", capability: .buildTool(), path: "CShim/Plugin/BuildShim"),

    // `swift package salvage test` in packages that depend on this one. It needs the command, and not as a target:
    // then each of them would build all of it.
    .plugin(
      name: "SalvagePlugin",
      capability: .command(
        intent: .custom(verb: "salvage", description: "Tests and their coverage, by Salvage.")),
      path: "Sources/SalvagePlugin"),

    // Archives, packed reports, and names in LLVM's coverage mapping.
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),

    // system → read → merge → report → API → command: imports go one way.
    // Files, processes, bytes and ELF: nothing here knows of coverage.
    .target(name: "SalvageSystem", dependencies: [system], swiftSettings: settings),
    .target(
      name: "SalvageRecord", dependencies: ["CSalvageABI", "CZlib", "SalvageSystem", system],
      swiftSettings: settings),
    .target(
      name: "SalvageCoverage",
      dependencies: ["CZlib", "SalvageRecord", "SalvageSystem", system, subprocess],
      swiftSettings: settings),
    .target(
      name: "SalvageReport",
      dependencies: ["SalvageCoverage", "SalvageRecord", "SalvageSystem", system],
      // In the command itself: it finds them wherever it is installed.
      resources: ["report.css", "index.js", "file.js", "processes.js"].map {
        .embedInCode("Formats/HTML/\($0)")
      },
      swiftSettings: settings),
    .target(
      name: "Salvage",
      dependencies: [
        "CSalvageABI", "CZlib", "SalvageSystem", "SalvageRecord", "SalvageCoverage",
        "SalvageReport", system,
      ],
      swiftSettings: settings, plugins: ["BuildShim"]),
    .executableTarget(
      name: "SalvageCLI",
      dependencies: [
        "Salvage", "SalvageSystem", "SalvageRecord", "SalvageCoverage", "SalvageReport", system,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    .target(
      name: "TestSupport",
      dependencies: ["SalvageSystem", "SalvageRecord", "SalvageCoverage", system],
      path: "Tests/Support", exclude: ["README.md"], swiftSettings: settings),
    .testTarget(
      name: "SalvageSystemTests", dependencies: ["TestSupport", "SalvageSystem", system],
      swiftSettings: settings),
    .testTarget(
      name: "SalvageRecordTests",
      dependencies: [
        "TestSupport", "SalvageRecord", "SalvageSystem", "CSalvageABI", "CZlib", system,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "SalvageCoverageTests",
      dependencies: [
        "TestSupport", "SalvageCoverage", "SalvageRecord", "SalvageSystem", system, subprocess,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "SalvageReportTests",
      dependencies: [
        "TestSupport",
        "SalvageReport", "SalvageCoverage", "SalvageRecord", "SalvageSystem", system, subprocess,
      ],
      exclude: ["Gold"], swiftSettings: settings),
    .testTarget(
      name: "SalvageTests",
      dependencies: ["TestSupport", "Salvage", "SalvageSystem", system, subprocess],
      swiftSettings: settings),
    .testTarget(
      name: "SalvageCLITests",
      dependencies: ["TestSupport", "SalvageCLI", "SalvageSystem", system, subprocess],
      swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["Salvage", "SalvageRecord", "SalvageSystem", system, subprocess],
      exclude: ["README.md"], swiftSettings: settings),
  ],
  cLanguageStandard: .c11
)
