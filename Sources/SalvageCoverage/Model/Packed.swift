/// Values of one kind in a few bytes each: a program of a million lines has millions of regions, and a report has
/// all of them in memory. They are unpacked list by list: each access makes one, each change packs all of it.
@propertyWrapper
package struct Packed<Element: Packable>: Sendable, Hashable {
  // The same values are the same bytes, so that these can be compared.
  private let bytes: [UInt8]
  private let count: Int

  init(_ elements: [Element]) {
    count = elements.count
    guard !elements.isEmpty else {
      bytes = []
      return
    }
    var packing = Packing(capacity: 8 * elements.count)
    var last: Element?
    for element in elements {
      element.pack(behind: last, &packing)
      last = element
    }
    bytes = packing.trimmed
  }

  package var wrappedValue: [Element] {
    get { elements }
    set { self = Packed(newValue) }
  }

  var elements: [Element] {
    var result: [Element] = []
    result.reserveCapacity(count)
    bytes.withUnsafeBytes { raw in
      var unpacking = Unpacking(raw)
      for _ in 0..<count { result.append(Element(behind: result.last, &unpacking)) }
    }
    return result
  }
}

extension Packed: ExpressibleByArrayLiteral {
  package init(arrayLiteral elements: Element...) { self.init(elements) }
}

/// What can be packed. Values that lie near the one before them take fewer bytes.
package protocol Packable: Hashable, Sendable {
  func pack(behind last: Self?, _ packing: inout Packing)
  init(behind last: Self?, _ unpacking: inout Unpacking)
}

/// Numbers as bytes, seven bits in each.
package struct Packing {
  private var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  @inline(__always)
  mutating func number(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always)
  mutating func number(_ value: UInt32) { number(UInt64(value)) }

  /// Small where both are near each other, whichever is larger.
  @inline(__always)
  mutating func number(_ value: UInt32, from other: UInt32) {
    let difference = Int32(bitPattern: value &- other)
    number(UInt32(bitPattern: difference << 1 ^ difference >> 31))
  }

  /// Without room for more.
  fileprivate var trimmed: [UInt8] { Array(bytes[...]) }
}

/// Reads what ``Packing`` wrote.
package struct Unpacking {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  fileprivate init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  @inline(__always)
  mutating func number() -> UInt64 {
    var (result, shift) = (0 as UInt64, 0 as UInt64)
    while true {
      let byte = bytes[at]
      at += 1
      result |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return result }
      shift += 7
    }
  }

  @inline(__always)
  mutating func number32() -> UInt32 { UInt32(truncatingIfNeeded: number()) }

  @inline(__always)
  mutating func number32(from other: UInt32) -> UInt32 {
    let number = number32()
    return other &+ (number >> 1 ^ (0 &- (number & 1)))
  }
}

/// Where a region is, and what: one byte for files and kind where both files are the first.
private struct RegionPlace {
  var startLine, startColumn, endLine, endColumn: UInt32
  var file, expandedFile, kind: UInt32

  @inline(__always)
  func pack(behind line: UInt32, _ packing: inout Packing) {
    packing.number(startLine, from: line)
    packing.number(startColumn)
    packing.number(endLine, from: startLine)
    packing.number(endColumn)
    let isFirst = file == 0 && expandedFile == 0
    packing.number(UInt64(kind) << 1 | (isFirst ? 0 : 1))
    if isFirst { return }
    packing.number(file)
    packing.number(expandedFile)
  }
}

extension RegionPlace {
  @inline(__always)
  init(behind line: UInt32, _ unpacking: inout Unpacking) {
    startLine = unpacking.number32(from: line)
    startColumn = unpacking.number32()
    endLine = unpacking.number32(from: startLine)
    endColumn = unpacking.number32()
    let head = unpacking.number()
    kind = UInt32(truncatingIfNeeded: head >> 1)
    let isFirst = head & 1 == 0
    file = isFirst ? 0 : unpacking.number32()
    expandedFile = isFirst ? 0 : unpacking.number32()
  }
}

extension SourceRegion: Packable {
  package func pack(behind last: SourceRegion?, _ packing: inout Packing) {
    RegionPlace(
      startLine: startLine, startColumn: startColumn, endLine: endLine, endColumn: endColumn,
      file: file, expandedFile: expandedFile, kind: kind
    ).pack(behind: last?.startLine ?? 0, &packing)
    packing.number(count)
  }

  package init(behind last: SourceRegion?, _ unpacking: inout Unpacking) {
    let place = RegionPlace(behind: last?.startLine ?? 0, &unpacking)
    self.init(
      startLine: place.startLine, startColumn: place.startColumn, endLine: place.endLine,
      endColumn: place.endColumn, count: unpacking.number(), file: place.file,
      expandedFile: place.expandedFile, kind: place.kind)
  }
}

extension BranchRegion: Packable {
  package func pack(behind last: BranchRegion?, _ packing: inout Packing) {
    RegionPlace(
      startLine: startLine, startColumn: startColumn, endLine: endLine, endColumn: endColumn,
      file: file, expandedFile: expandedFile, kind: kind
    ).pack(behind: last?.startLine ?? 0, &packing)
    packing.number(trueCount)
    packing.number(falseCount)
  }

  package init(behind last: BranchRegion?, _ unpacking: inout Unpacking) {
    let place = RegionPlace(behind: last?.startLine ?? 0, &unpacking)
    self.init(
      startLine: place.startLine, startColumn: place.startColumn, endLine: place.endLine,
      endColumn: place.endColumn, trueCount: unpacking.number(), falseCount: unpacking.number(),
      file: place.file, expandedFile: place.expandedFile, kind: place.kind)
  }
}

extension Segment: Packable {
  package func pack(behind last: Segment?, _ packing: inout Packing) {
    packing.number(line, from: last?.line ?? 0)
    packing.number(column)
    packing.number(count)
    packing.number(
      (hasCount ? 1 : 0) | (isRegionEntry ? 2 : 0) | (isGap ? 4 : 0) as UInt32)
  }

  package init(behind last: Segment?, _ unpacking: inout Unpacking) {
    line = unpacking.number32(from: last?.line ?? 0)
    column = unpacking.number32()
    count = unpacking.number()
    let flags = unpacking.number32()
    (hasCount, isRegionEntry, isGap) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
  }
}
