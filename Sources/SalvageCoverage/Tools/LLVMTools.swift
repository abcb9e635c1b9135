package import SystemPackage

/// llvm-profdata and llvm-cov of one LLVM, and what they read.
package struct LLVMTools: Sendable, Hashable {
  package var profdata: FilePath
  package var cov: FilePath
  /// The number before the first dot of `llvm-cov --version`.
  package var majorVersion: Int

  package init(profdata: FilePath, cov: FilePath, majorVersion: Int) {
    self.profdata = profdata
    self.cov = cov
    self.majorVersion = majorVersion
  }

  /// The newest coverage mapping that they read, counted from 1 (`CovMapVersion`): 6 since LLVM 13,
  /// 7 since LLVM 18. LLVMs newer than we know are asked: they will say so themselves.
  var newestMapping: Int {
    switch majorVersion {
    case ..<18: 6
    case ...Self.newestKnown: 7
    default: .max
    }
  }

  /// The newest LLVM whose formats we know.
  static let newestKnown = 22

  /// The raw profile version that they read: they refuse every other one. 8 since LLVM 14, 9 is
  /// LLVM 18, 10 since LLVM 19.
  var rawLayout: RecordLayout {
    switch majorVersion {
    case ..<18: .v8
    case 18: .v9
    default: .v10
    }
  }

  /// The first LLVM that reads a coverage mapping.
  static func oldestVersion(readingMapping version: Int) -> Int {
    switch version {
    case ..<7: oldestVersion
    case 7: 18
    default: newestKnown + 1
    }
  }

  /// The first LLVM whose raw profiles we know how to write.
  static let oldestVersion = 14
}

/// No LLVM tools that do.
package enum LLVMToolsError: ToolsError, Sendable, Hashable {
  /// The folder of `--llvm-bin` or SALVAGE_LLVM_BIN does not have both tools, or they do not run.
  case unusable(FilePath, givenBy: String, reason: String)
  /// Nothing found; what was looked at and why it did not fit.
  case notFound(needed: Int, tried: [String])
}

extension LLVMToolsError {
  package var description: String {
    switch self {
    case .unusable(let folder, let option, let reason):
      "\(option) \(folder): \(reason); name a folder with llvm-cov and llvm-profdata"
    case .notFound(let needed, let tried):
      "needs llvm-cov and llvm-profdata of LLVM \(needed) or later, because they read what the "
        + "program's compiler wrote; "
        + (tried.isEmpty ? "none is on PATH" : "found only " + tried.joined(separator: ", "))
        + "; install them, or give their folder by --llvm-bin or \(LLVMToolSearch.variable)"
    }
  }
}
