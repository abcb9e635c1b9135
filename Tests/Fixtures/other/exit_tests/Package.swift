// swift-tools-version: 6.2
// Swift Testing's exit tests: each body runs in a child process that dies.
import PackageDescription

let package = Package(
  name: "exit_tests",
  targets: [
    .target(name: "Library"),
    .testTarget(name: "ExitTests", dependencies: ["Library"]),
  ]
)
