import SalvageRecord
package import SalvageSystem
public import SystemPackage

/// How the counters of one source become coverage.
///
/// A source is one type that conforms, listed in ``coverageSources``, and a folder that has all of it: its
/// reader, its exporters, what `salvage doctor` says of it. It asks for its tools itself, and only where
/// there is an object of its kind: a report needs no tool of a source that it has not.
protocol CoverageSource: Sendable {
  static var source: Source { get }
  /// The formats of its own tools that its counters can be exported in.
  static var exporters: [any CounterExporter.Type] { get }
  /// How a program gets such counters, a text for each compiler: `--coverage (gcc, clang)`.
  static var waysToBuild: [String] { get }
  /// What `salvage doctor` says of a program; nothing where it has no such counters.
  static func findings(of image: ELFImage, at path: FilePath) -> [Finding]
  init()
  /// The coverage of objects, which are all of this source, each identity once.
  ///
  /// What is wrong with one object is a problem of that object.
  /// - Throws: ``ToolsError`` where there is no tool at all, ``ScratchError`` where no temporary file
  ///   can be written.
  func coverage(
    of objects: [ObjectCounters], for request: CoverageRequest
  ) async throws -> CollectedCoverage
}

/// All sources, in the order in which a file that several of them know lists its functions.
let coverageSources: [any CoverageSource.Type] = [
  LLVMSource.self, GcovSource.self, SancovSource.self, PythonSource.self,
  GoSource.self,
]

/// What all sources say of a program for `salvage doctor`; nothing where it has no counters.
package func findings(of image: ELFImage, at path: FilePath) -> [Finding] {
  coverageSources.flatMap { $0.findings(of: image, at: path) }
}

/// How programs get counters, as all sources say it.
package var waysToBuild: [String] { coverageSources.flatMap { $0.waysToBuild } }

/// All formats that counters can be exported in.
package let counterExporters: [any CounterExporter.Type] = coverageSources.flatMap { $0.exporters }

/// What is asked of every source.
package struct CoverageRequest: Sendable {
  /// What the reports need. A source without regions gives lines; they become regions of whole lines.
  package var content: Coverage.Content
  package var search: ToolSearch
  package var scratch: ScratchFolder
  /// Sources that came with the counters: they are read before what lies on the disk.
  package var sources: SourceLookup
  /// A process with counters became another program: compilers differ in what they count of such a call.
  package var hasExec: Bool

  package init(
    content: Coverage.Content = .lines, search: ToolSearch, scratch: ScratchFolder,
    sources: @escaping SourceLookup = { _ in nil }, hasExec: Bool = false
  ) {
    self.hasExec = hasExec
    self.content = content
    self.search = search
    self.scratch = scratch
    self.sources = sources
  }
}

/// The text of a source by its path; nil where there is none.
package typealias SourceLookup = @Sendable (_ path: String) -> [UInt8]?

/// Where the tools of all sources are looked for.
public struct ToolSearch: Sendable, Hashable {
  package var llvm: LLVMToolSearch
  package var gcov: GcovToolSearch

  /// - Parameters:
  ///   - llvmFolder: a folder with llvm-cov and llvm-profdata; nil: that of SALVAGE_LLVM_BIN, or those along PATH.
  ///   - gcovFolder: a folder with gcov; nil: that of SALVAGE_GCOV_BIN, or those along PATH.
  public init(llvmFolder: FilePath? = nil, gcovFolder: FilePath? = nil) {
    self.init(llvm: LLVMToolSearch(folder: llvmFolder), gcov: GcovToolSearch(folder: gcovFolder))
  }

  package init(llvm: LLVMToolSearch, gcov: GcovToolSearch = GcovToolSearch()) {
    self.llvm = llvm
    self.gcov = gcov
  }
}

/// No tool that does what a source needs. It costs the objects of that source; where there are no
/// others, no report is made.
package protocol ToolsError: Error, CustomStringConvertible {}
