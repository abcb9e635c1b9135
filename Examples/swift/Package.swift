// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "accounts",
  targets: [.executableTarget(name: "accounts")]
)
