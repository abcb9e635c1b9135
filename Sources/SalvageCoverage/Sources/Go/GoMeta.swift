import SalvageRecord
import SalvageSystem

/// What Go's compiler says of the functions of one package: a blob of meta-data in the program.
///
/// Layout: internal/coverage of Go 1.21 to 1.27 (`MetaSymbolHeader`): u32 bytes, package name, package path, module
/// path (numbers of names), hash[16], u32 0, u32 files, u32 functions; the places of the functions; the names; the
/// functions, in LEB128.
struct GoPackage: Sendable {
  /// Code that is counted as one.
  struct Unit: Sendable, Hashable {
    var startLine: UInt32
    var startColumn: UInt32
    var endLine: UInt32
    /// The first column that is not of it.
    var endColumn: UInt32
    var statements: UInt32
  }

  struct Function: Sendable {
    /// `*T.Add`; of a function literal `main.func.L8.C9` or the like.
    var name: String
    /// By import path: `example.com/app/lib/lib.go`.
    var file: String
    var units: [Unit]
  }

  var name: String
  var path: String
  /// Empty where the package is of no module.
  var module: String
  var functions: [Function]
  /// How the compiler was told to count; the bytes as they are in the program.
  var mode: UInt32
  var granularity: UInt32
  var bytes: [UInt8]

  /// By which the program's meta-data as a whole is named.
  var hash: ArraySlice<UInt8> { bytes[16..<32] }

  static let headBytes = 44

  init(bytes: [UInt8], mode: UInt32, granularity: UInt32) throws(MappingError) {
    let words = LittleEndian(bytes)
    guard bytes.count >= Self.headBytes, Int(words.u32(0)) == bytes.count else {
      throw .truncated
    }
    let count = Int(words.u32(40))
    guard count <= (bytes.count - Self.headBytes) / 4 else {
      throw .invalid("its functions do not fit")
    }
    (self.bytes, self.mode, self.granularity) = (bytes, mode, granularity)
    let names = try bytes.withBytes { (raw) throws(MappingError) in
      try Self.names(raw, from: Self.headBytes + 4 * count)
    }
    let name = { (place: Int) throws(MappingError) -> String in
      let number = Int(words.u32(place))
      guard number < names.count else { throw .invalid("a name is not in its table") }
      return names[number]
    }
    (self.name, path, module) = (try name(4), try name(8), try name(12))
    functions = try bytes.withBytes { (raw) throws(MappingError) in
      var functions: [Function] = []
      for index in 0..<count {
        let place = Int(words.u32(Self.headBytes + 4 * index))
        functions.append(try Function(raw, at: place, names))
      }
      return functions
    }
  }

  private static func names(
    _ raw: UnsafeRawBufferPointer, from start: Int
  ) throws(MappingError) -> [String] {
    var cursor = MappingCursor(raw, start..<raw.count)
    let count = cursor.count(ofAtLeast: 1)
    var names: [String] = []
    names.reserveCapacity(count)
    for _ in 0..<count {
      let range = cursor.bytes(cursor.number())
      names.append(String(name: raw[range]))
    }
    try cursor.check()
    return names
  }
}

extension GoPackage.Function {
  /// At least so many bytes for each unit.
  private static let unitBytes = 5

  fileprivate init(
    _ raw: UnsafeRawBufferPointer, at place: Int, _ names: [String]
  ) throws(MappingError) {
    guard place < raw.count else { throw .truncated }
    var cursor = MappingCursor(raw, place..<raw.count)
    let count = cursor.number()
    let (name, file) = (Int(cursor.number32()), Int(cursor.number32()))
    guard name < names.count, file < names.count else {
      throw .invalid("a name is not in its table")
    }
    guard count <= UInt64(cursor.left / Self.unitBytes) else { throw .truncated }
    var units: [GoPackage.Unit] = []
    units.reserveCapacity(Int(count))
    for _ in 0..<count {
      units.append(
        GoPackage.Unit(
          startLine: cursor.number32(), startColumn: cursor.number32(),
          endLine: cursor.number32(), endColumn: cursor.number32(),
          statements: cursor.number32()))
    }
    try cursor.check()
    self.init(name: names[name], file: names[file], units: units)
  }
}
