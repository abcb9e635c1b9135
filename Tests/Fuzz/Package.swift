// swift-tools-version: 6.2
import PackageDescription

// The reader with libFuzzer and the sanitizers; scripts/fuzz builds and runs it. A package of its own:
// the main one must not have unsafe flags.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"]),
]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
  name: "fuzz",
  dependencies: [
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    .target(name: "CSalvageABI"),
    .systemLibrary(name: "CZlib"),
    .target(name: "SalvageSystem", dependencies: [system], swiftSettings: settings),
    .target(
      name: "SalvageRecord", dependencies: ["CSalvageABI", "CZlib", "SalvageSystem", system],
      swiftSettings: settings),
    .target(
      name: "SalvageCoverage",
      dependencies: ["CZlib", "SalvageRecord", "SalvageSystem", system, subprocess],
      swiftSettings: settings),
    .executableTarget(
      name: "FuzzReader",
      dependencies: [
        "SalvageRecord", "SalvageCoverage", "SalvageSystem", "CSalvageABI", "CZlib", system,
      ],
      swiftSettings: settings, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
  ],
  cLanguageStandard: .c11
)
