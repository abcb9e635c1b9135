import SalvageCoverage
import SalvageSystem

/// What a source's page says of the programs and libraries that the source is in.
///
/// Of one it is the name. Of several it is a choice whose run is marked, and for each line those that ran it: as
/// data of the page, that holds each set of objects once and the lines as ranges, for most lines of a source were
/// run by the same ones.
struct HTMLFileObjects {
  private let file: SourceFile
  private let names: ObjectNames
  /// As people of the repository write them.
  private let paths: [String]

  init(_ report: Report, _ file: SourceFile) {
    self.file = file
    names = ObjectNames(file.objects)
    paths = (file.objects?.names ?? []).map { terminalText(report.relative($0)) }
  }

  private var areSeveral: Bool { paths.count > 1 }

  var keys: [(keys: [String], meaning: String)] {
    areSeveral ? [(["o"], "choose a program or library")] : []
  }

  /// For the head of the page.
  func writeNames(to writer: inout ByteWriter) {
    guard !paths.isEmpty else { return }
    writer.write(", in <b title=\"")
    writer.write(xml: paths.prefix(20).joined(separator: ", "))
    writer.write("\">")
    writer.write(xml: names.text(Array(paths.indices), width: 50))
    writer.write("</b>")
  }

  func writeChoice(to writer: inout ByteWriter) {
    guard areSeveral else { return }
    writer.write("<select id=\"object\" aria-label=\"Mark what ran in\">")
    writer.write("<option value=\"\">all programs</option>")
    for (index, name) in names.shown.enumerated() {
      writer.write("<option value=\"\(index)\" title=\"")
      writer.write(xml: paths[index])
      writer.write("\">")
      writer.write(xml: name)
      writer.write("</option>")
    }
    writer.write("</select>\n")
  }

  /// Which of them ran each line that ran, and where the page says so.
  func writeData(to writer: inout ByteWriter) {
    guard areSeveral else { return }
    let objects = LineObjects(file)
    writer.write("<p class=\"where\" id=\"where\" role=\"status\"></p>\n")
    writer.write("<script type=\"application/json\" id=\"objects\">{\"names\":[")
    for (index, name) in names.shown.enumerated() {
      if index > 0 { writer.write(",") }
      writer.write(pageJSON: name)
    }
    writer.write("],\"sets\":[")
    for (index, set) in objects.sets.enumerated() {
      writer.write(index > 0 ? ",[" : "[")
      writer.write(set.map(String.init).joined(separator: ","))
      writer.write("]")
    }
    writer.write("],\"lines\":[")
    writeRuns(objects, to: &writer)
    writer.write("]}</script>\n")
  }

  /// First line, last line and set of lines that follow each other; those that did not run are of either.
  private func writeRuns(_ objects: LineObjects, to writer: inout ByteWriter) {
    var run: (first: UInt32, last: UInt32, set: Int)?
    var isFirst = true
    func end(_ writer: inout ByteWriter) {
      guard let run else { return }
      writer.write(isFirst ? "" : ",")
      isFirst = false
      writer.write("\(run.first),\(run.last),\(run.set)")
    }
    for (line, set) in zip(file.lines, objects.setOfLine) where line.count > 0 {
      if let last = run, last.set == set {
        run = (last.first, line.number, set)
      } else {
        end(&writer)
        run = (line.number, line.number, set)
      }
    }
    end(&writer)
  }
}
