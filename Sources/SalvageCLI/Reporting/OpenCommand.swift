import ArgumentParser
import Glibc
import Salvage
import SalvageReport
import SalvageSystem
import SystemPackage

struct OpenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "open",
    abstract: "The report in a browser.",
    discussion: """
      salvage open
      salvage open -o site --no-browser  only write the pages

      Pages that did not change are not written again. The browser is $BROWSER, or
      what xdg-open starts.
      """)

  @OptionGroup var recording: RecordingOption
  @OptionGroup var filter: FilterOptions

  @Option(
    name: .shortAndLong,
    help: "The folder of the pages (default: the first recording's name with .html).",
    completion: .directory)
  var output: String?

  @Flag(help: "Start no browser.")
  var noBrowser = false

  func run() async throws {
    let report = try await recording.report(filter, ReportFormat.html.uses)
    let folder = output ?? recording.paths[0].string + ".html"
    try report.write(.html, to: ReportDestination(folder, for: .html), ReportOptions())
    let page = FilePath(folder).absolute.appending("index.html")
    try printOut(page.string + "\n")
    guard !noBrowser else { return }
    let browser = getenv("BROWSER").map { String(cString: $0) } ?? "xdg-open"
    var launch = Launch(
      arguments: [Array(browser.utf8), Array(page.string.utf8)], environment: .current())
    launch.pastHooks = true
    do throws(SalvageError) {
      _ = try launch.start()
    } catch {
      complain("\(error); open the page yourself, or name a browser in BROWSER")
      throw ExitCode(1)
    }
  }
}
