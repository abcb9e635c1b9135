import Foundation
import PackagePlugin

/// Compiles `CShim/Runtime` into `libsalvage.so`, a resource of the target it is attached to.
///
/// Why not a dynamic product: SwiftPM links it with swiftc, so it needs libswiftCore and cannot be
/// preloaded into foreign processes; and coverage builds would instrument it.
@main
struct BuildShim: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let shim = context.package.directoryURL.appending(path: "CShim")
    let runtime = shim.appending(path: "Runtime")
    let sources = try files(under: runtime)
    let flags = try String(contentsOf: runtime.appending(path: "flags.txt"), encoding: .utf8)
      .split(whereSeparator: \.isNewline)
      .filter { !$0.hasPrefix("#") }
      .flatMap { $0.split(separator: " ").map(String.init) }
    let output = context.pluginWorkDirectoryURL.appending(path: "libsalvage.so")
    let headers = shim.appending(path: "ABI/include")
    let compiled = sources.filter { ["c", "S"].contains($0.pathExtension) }
    return [
      .buildCommand(
        displayName: "Building libsalvage.so",
        executable: try context.tool(named: "clang").url,
        arguments: flags + [
          "-Xlinker", "--symbol-ordering-file=\(runtime.path)/fork_order.txt",
          "-Xlinker", "--no-warn-symbol-ordering",
          "-I", headers.path, "-I", runtime.path, "-o", output.path,
        ]
          + compiled.map(\.path).sorted(),
        inputFiles: sources + (try files(under: headers)),
        outputFiles: [output])
    ]
  }

  private func files(under directory: URL) throws -> [URL] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
    return names.map { directory.appending(path: $0) }
      .filter { ["c", "h", "S", "inc", "def", "txt", "py"].contains($0.pathExtension) }
  }
}
