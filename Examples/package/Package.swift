// swift-tools-version: 6.0
import PackageDescription

// Salvage is here for its command plugin alone: nothing of the package uses its library.
let package = Package(
  name: "queue",
  dependencies: [.package(name: "salvage", path: "../..")],
  targets: [
    .target(name: "queue"),
    .executableTarget(name: "worker", dependencies: ["queue"]),
    .testTarget(name: "queueTests", dependencies: ["queue", "worker"]),
  ]
)
