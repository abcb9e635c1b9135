// swift-tools-version: 6.2
// A package with tests of both kinds, one of which dies in a process of its own.
import PackageDescription

let package = Package(
  name: "roman",
  targets: [
    .target(name: "Roman"),
    .testTarget(name: "RomanTests", dependencies: ["Roman"]),
  ]
)
