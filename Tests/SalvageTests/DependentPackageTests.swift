import Glibc
import SalvageSystem
import Subprocess
import SystemPackage
import Testing

/// Another package depends on this one by version, builds, and is moved: it still finds the library.
/// It builds everything anew, which takes minutes: only where SALVAGE_TEST_PACKAGES is set.
@Suite struct DependentPackageTests {
  private static let manifest = """
    // swift-tools-version: 6.2
    import PackageDescription
    let package = Package(
      name: "dependent",
      dependencies: [.package(url: "file://CLONE", exact: "99.0.0")],
      targets: [
        .executableTarget(
          name: "dependent", dependencies: [.product(name: "Salvage", package: "salvage")])
      ])
    """
  private static let source = """
    import Salvage
    @main struct Main {
      static func main() async throws {
        let result = try await Recording.run(["sh", "-c", "exit 3"], at: "rec")
        print(result.termination, try result.recording.lives.count)
      }
    }
    """

  @Test(.enabled(if: getenv("SALVAGE_TEST_PACKAGES") != nil, "SALVAGE_TEST_PACKAGES is not set"))
  func aPackageThatDependsByVersion() async throws {
    let place = try Workplace()
    let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
      .removingLastComponent()
    let script = """
      set -e
      cd \(place.path)
      git clone -q \(root) salvage; git -C salvage tag 99.0.0
      mkdir -p dependent/Sources/dependent; cd dependent
      cat > Package.swift <<'E'
      \(Self.manifest.split(separator: "CLONE").joined(separator: "\(place.path)/salvage"))
      E
      cat > Sources/dependent/Main.swift <<'E'
      \(Self.source)
      E
      swift build >/dev/null
      .build/debug/dependent
      mkdir ../moved; cp -rL .build/debug/dependent .build/debug/*.resources ../moved
      cd ..; rm -rf salvage dependent; cd moved; ./dependent
      """
    let result = try await Subprocess.run(
      .path("/bin/bash"), arguments: ["-c", script], output: .string(limit: 1 << 16),
      error: .string(limit: 1 << 16))
    #expect(result.standardOutput == "exited(3) 1\nexited(3) 1\n", "\(result.standardError)")
    await place.remove()
  }
}
