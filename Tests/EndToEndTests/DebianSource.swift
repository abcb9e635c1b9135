import Foundation
import SystemPackage

/// Source packages by apt's own means, in lists of our own: the machine's may have no deb-src.
enum DebianSource {
  /// - Throws: `Unavailable` where it is not here.
  static func download(_ package: String, into home: FilePath) async throws {
    let codename = try await Tools.run(
      ["sh", "-c", ". /etc/os-release; echo $ID $VERSION_CODENAME"], in: home
    ).output.split(separator: " ").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
    guard codename.count == 2, codename[0] == "debian" else {
      throw Unavailable(description: "a Debian release, to take its source package")
    }
    let sources = home.appending("debian.sources").string
    try Data(
      """
      Types: deb-src
      URIs: http://deb.debian.org/debian
      Suites: \(codename[1])
      Components: main
      Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

      """.utf8
    ).write(to: URL(filePath: sources))
    let options = [
      "Dir::Etc::sourcelist=\(sources)", "Dir::Etc::sourceparts=/dev/null",
      "Dir::State::lists=\(home)/lists", "Dir::Cache=\(home)/cache", "Acquire::Retries=1",
    ].flatMap { ["-o", $0] }
    do {
      try await Tools.run(["mkdir", "-p", "lists/partial", "cache/archives/partial"], in: home)
      try await Tools.run(["apt-get", "-qq"] + options + ["update"], in: home)
      try await Tools.run(
        ["apt-get", "-qq"] + options + ["source", "--download-only", package], in: home)
    } catch {
      throw Unavailable(description: "Debian's source package of \(package): \(error)")
    }
  }
}
