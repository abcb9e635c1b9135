import SalvageSystem
import SystemPackage

/// How counters lie in an archive: most are 0, so what is written is how many of them follow one another, and what
/// comes behind. Adding them to a sum costs by what ran.
extension Packer {
  package func counters(_ objects: [ObjectCounters]) throws {
    try number(objects.count)
    for object in objects { try self.object(object) }
  }

  private func object(_ object: ObjectCounters) throws {
    try number(UInt64(object.source.rawValue))
    try word(object.identity)
    try number(UInt64(object.context))
    try number(object.lives)
    try word(object.met)
    try number((object.historyLacks ? 1 : 0) | (object.history.isEmpty ? 0 : 2))
    try number(object.candidates.count)
    for candidate in object.candidates { try text(candidate.name) }
    if object.source == .python { try python(object) }
    try number(object.regions.count)
    var before: UInt64 = 0
    for region in object.regions {
      try number(region.address &- before)
      try number(UInt64(region.kind.rawValue))
      try number(region.bytes.count)
      before = region.address
    }
    for region in object.regions {
      if region.kind == .add64 {
        try words(region.bytes)
      } else {
        try flags(region.bytes, neutral: Summing.neutral(region.kind))
      }
    }
    guard !object.history.isEmpty else { return }
    for (region, bytes) in zip(object.regions, object.history) where region.kind == .add64 {
      try words(bytes)
    }
  }

  private func python(_ object: ObjectCounters) throws {
    let code = object.python ?? PythonCode(minor: 0, source: 0, functions: [])
    try text(object.origin?.name ?? "")
    try number(UInt64(code.minor))
    try word(code.source)
    try number(code.functions.count)
    for function in code.functions {
      try text(function.name)
      try number(UInt64(function.line))
    }
    try number(code.branches.count)
    for branch in code.branches { try number(UInt64(branch)) }
  }

  /// Pairs of how many zeros, and the value behind them; the zeros at the end are the last pair's.
  private func words(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { bytes in
      var zeros = 0
      for at in stride(from: 0, to: bytes.count - 7, by: 8) {
        let value = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        guard value != 0 else {
          zeros += 1
          continue
        }
        try number(zeros)
        try number(value)
        zeros = 0
      }
      if zeros > 0 { try number(zeros) }
    }
  }

  /// Runs of neutral bytes, and runs of others with those.
  private func flags(_ bytes: [UInt8], neutral: UInt8) throws {
    try bytes.withUnsafeBytes { bytes in
      var at = 0
      while at < bytes.count {
        let first = bytes[at...].firstIndex { $0 != neutral } ?? bytes.count
        try number(first - at)
        guard first < bytes.count else { return }
        let end = bytes[first...].firstIndex(of: neutral) ?? bytes.count
        try number(end - first)
        try self.bytes(UnsafeRawBufferPointer(rebasing: bytes[first..<end]))
        at = end
      }
    }
  }
}

extension Unpacker {
  /// Adds the counters of an archive to sums.
  /// - Parameter room: bytes of counters that are believed; what is taken is subtracted.
  package func add(to totals: inout CounterTotals, room: inout Int) throws(RecordError) {
    for _ in 0..<(try count()) { try addObject(to: &totals, &room) }
    try finish()
  }

  private func addObject(to totals: inout CounterTotals, _ room: inout Int) throws(RecordError) {
    var object = try head()
    let flags = try number()
    object.historyLacks = flags & 1 != 0
    for _ in 0..<(try count()) { object.candidates.append(FilePath(name: try text())) }
    if object.source == .python { try python(of: &object) }
    var address: UInt64 = 0
    for _ in 0..<(try count()) {
      address &+= try number()
      guard let kind = Region.Kind(rawValue: UInt32(clamping: try number())) else {
        throw malformed("counters of an unknown kind")
      }
      let size = try count(most: room)
      room -= size * (flags & 2 != 0 ? 2 : 1)
      guard room >= 0 else { throw malformed("it claims more counters than it can hold") }
      guard size % kind.counterBytes == 0 else { throw malformed("half a counter") }
      object.regions.append(
        Region(
          address: address, kind: kind,
          bytes: [UInt8](repeating: Summing.neutral(kind), count: size)))
    }
    let place = totals.place(of: object)
    try totals.update(place) { (sum) throws(RecordError) in
      for index in sum.regions.indices {
        try addRegion(&sum.regions[index].bytes, sum.regions[index].kind)
      }
      guard flags & 2 != 0 else { return }
      if sum.history.isEmpty {
        sum.history = sum.regions.map { [UInt8](repeating: 0, count: $0.bytes.count) }
      }
      for index in sum.regions.indices where sum.regions[index].kind == .add64 {
        try addWords(&sum.history[index]) { $0 &+ $1 }
      }
    }
  }

  private func head() throws(RecordError) -> ObjectCounters {
    guard let source = Source(rawValue: UInt32(clamping: try number())) else {
      throw malformed("counters of an unknown source")
    }
    let identity = try word()
    let context = UInt32(clamping: try number())
    var object = ObjectCounters(
      identity: identity, context: context, source: source, regions: [],
      lives: try count(most: 1 << 48))
    object.met = try word()
    return object
  }

  private func python(of object: inout ObjectCounters) throws(RecordError) {
    object.origin = FilePath(name: try text())
    var code = PythonCode(
      minor: UInt32(clamping: try number()), source: try word(), functions: [])
    for _ in 0..<(try count()) {
      let name = try text()
      code.functions.append(
        PythonCode.Function(name: name, line: UInt32(clamping: try number())))
    }
    for _ in 0..<(try count()) { code.branches.append(UInt32(clamping: try number())) }
    object.python = code
  }

  private func addRegion(_ bytes: inout [UInt8], _ kind: Region.Kind) throws(RecordError) {
    if kind == .add64 {
      try addWords(&bytes) { left, right in
        let (sum, over) = left.addingReportingOverflow(right)
        return over ? .max : sum
      }
      return
    }
    // Lists add up as a whole only.
    if kind == .lists32 {
      var image = [UInt8](repeating: 0, count: bytes.count)
      try addRegion(&image, .or8)
      image.withUnsafeBytes { image in
        bytes.withUnsafeMutableBytes { CounterLists.add(image, to: $0) }
      }
      return
    }
    var at = 0
    while at < bytes.count {
      at += try count(most: bytes.count - at)
      guard at < bytes.count else { return }
      let end = at + (try count(most: bytes.count - at))
      guard end > at else { throw malformed("an empty run of counters") }
      while at < end {
        let value = try byte()
        bytes[at] = kind == .and8 ? bytes[at] & value : bytes[at] | value
        at += 1
      }
    }
  }

  private func addWords(
    _ bytes: inout [UInt8], _ add: (UInt64, UInt64) -> UInt64
  ) throws(RecordError) {
    let total = bytes.count / 8
    var failure: RecordError?
    bytes.withUnsafeMutableBytes { bytes in
      do throws(RecordError) {
        var at = 0
        while at < total {
          at += try count(most: total - at)
          guard at < total else { return }
          let value = try number()
          let old = UInt64(
            littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * at, as: UInt64.self))
          bytes.storeBytes(
            of: add(old, value).littleEndian, toByteOffset: 8 * at, as: UInt64.self)
          at += 1
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }
}
