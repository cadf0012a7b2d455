/// Why bytes are no time-zone file that can be relied on.
package enum ZoneFault: Error, Hashable, Sendable {
  case notAZoneFile
  case truncated
  /// Parts that contradict each other; the text says which.
  case inconsistent(String)
  /// A file of the `right/` kind, whose seconds are not those of the system clock.
  case leapSeconds
  /// The rule for the future is not one of POSIX.
  case badRule(String)

  /// A bare reason; whoever knows the file's name adds it.
  package var sentence: String {
    switch self {
    case .notAZoneFile: "it is not a time-zone file"
    case .truncated: "it ends too early for a time-zone file"
    case .inconsistent(let what): "its \(what) contradict each other"
    case .leapSeconds: "it counts leap seconds, which the system clock does not"
    case .badRule(let rule): "its rule for the future is not understood: \(Terminal.plain(rule))"
    }
  }
}

/// The file format of the tz database, TZif versions 1 to 4 (RFC 9636).
package enum TimeZoneFile {
  package static func read(_ bytes: [UInt8]) throws(ZoneFault) -> ZoneRules {
    var cursor = Cursor(bytes: bytes)
    let old = try cursor.header()
    guard old.version >= UInt8(ascii: "2") else {
      return try cursor.body(old, wide: false, rule: nil)
    }
    // The first body is for readers that know version 1 only; the same again in 64 bits follows, and then the rule.
    try cursor.skip(old.length(wide: false))
    let counts = try cursor.header()
    var rest = cursor
    try rest.skip(counts.length(wide: true))
    return try cursor.body(counts, wide: true, rule: try rest.rule())
  }

  private struct Counts {
    let version: UInt8
    let universal, standard, leap, times, types, letters: Int

    func length(wide: Bool) -> Int {
      let size = wide ? 8 : 4
      return times * (size + 1) + types * 6 + letters + leap * (size + 4) + standard + universal
    }
  }

  private struct Cursor {
    let bytes: [UInt8]
    var position = 0

    mutating func skip(_ count: Int) throws(ZoneFault) {
      guard count <= bytes.count - position else { throw .truncated }
      position += count
    }

    /// A signed number, the highest byte first.
    mutating func integer(_ size: Int) throws(ZoneFault) -> Int {
      let start = position
      try skip(size)
      let high = Int(Int8(bitPattern: bytes[start]))
      return bytes[(start + 1)..<(start + size)].reduce(high) { $0 << 8 | Int($1) }
    }

    mutating func byte() throws(ZoneFault) -> UInt8 {
      try skip(1)
      return bytes[position - 1]
    }

    mutating func header() throws(ZoneFault) -> Counts {
      guard bytes[position...].starts(with: "TZif".utf8) else { throw .notAZoneFile }
      try skip(4)
      let version = try byte()
      try skip(15)
      var counts: [Int] = []
      for _ in 0..<6 {
        let count = try integer(4)
        guard count >= 0 else { throw .inconsistent("counts") }
        counts.append(count)
      }
      return Counts(
        version: version, universal: counts[0], standard: counts[1], leap: counts[2], times: counts[3],
        types: counts[4], letters: counts[5])
    }

    mutating func body(_ counts: Counts, wide: Bool, rule: PosixZone?) throws(ZoneFault) -> ZoneRules {
      guard counts.leap == 0 else { throw .leapSeconds }
      guard counts.types > 0 else { throw .inconsistent("kinds of time") }
      guard counts.length(wide: wide) <= bytes.count - position else { throw .truncated }
      var times: [Int] = []
      for _ in 0..<counts.times {
        let time = try integer(wide ? 8 : 4)
        // Bounded, so that sums of such times stay far from overflow.
        guard time.magnitude < 1 << 60, times.last.map({ $0 < time }) ?? true else {
          throw .inconsistent("moments of change")
        }
        times.append(time)
      }
      var kinds: [Int] = []
      for _ in 0..<counts.times { kinds.append(Int(try byte())) }
      let types = try types(counts)
      guard kinds.allSatisfy(types.indices.contains) else { throw .inconsistent("kinds of time") }
      let changes = zip(times, kinds).map { ZoneRules.Change(at: $0, to: types[$1]) }
      return ZoneRules(first: types[0], changes: changes, rule: rule)
    }

    private mutating func types(_ counts: Counts) throws(ZoneFault) -> [LocalOffset] {
      var letters = Cursor(bytes: bytes, position: position)
      try letters.skip(counts.types * 6)
      let names = bytes[letters.position..<(letters.position + counts.letters)]
      var types: [LocalOffset] = []
      for _ in 0..<counts.types {
        let offset = try integer(4)
        _ = try byte()
        let name = names.dropFirst(Int(try byte())).prefix { $0 != 0 }
        guard abs(offset) < 26 * 3600, name.endIndex < names.endIndex, !name.isEmpty,
          name.allSatisfy({ LocalOffset.isLetter($0) || LocalOffset.isSignOrDigit($0) })
        else { throw .inconsistent("offsets and names") }
        types.append(LocalOffset(seconds: offset, abbreviation: String(decoding: name, as: UTF8.self)))
      }
      return types
    }

    /// The rule stands on a line of its own; an empty line says that there is none.
    mutating func rule() throws(ZoneFault) -> PosixZone? {
      guard try byte() == UInt8(ascii: "\n") else { throw .inconsistent("lengths") }
      let text = bytes[position...].prefix { $0 != UInt8(ascii: "\n") }
      guard text.endIndex < bytes.endIndex else { throw .truncated }
      guard !text.isEmpty else { return nil }
      let spelling = String(decoding: text, as: UTF8.self)
      guard let rule = PosixZone(spelling) else { throw .badRule(spelling) }
      return rule
    }
  }
}
