/// One strict pass over JSON text, forward only.
///
/// The same cursor builds whole values, skips values it only has to prove valid, and gives byte positions to whoever
/// edits the text in place. It borrows the bytes: it must not outlive them.
package struct JSONReader {
  package let bytes: UnsafeBufferPointer<UInt8>
  package internal(set) var position: Int
  /// Of members with one name the last counts, as most readers have it, instead of an error.
  private let lastWins: Bool
  var depth = 0

  /// Far beyond any real document, and far below what the stack holds.
  package static let deepest = 256

  package init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int = 0, lastWins: Bool = false) {
    self.bytes = bytes
    self.position = position
    self.lastWins = lastWins
  }

  // MARK: Cursor

  /// Indentation comes in long runs, so it is stepped over eight bytes at a time.
  @inline(__always)
  package mutating func skipSpace() {
    // Nothing to skip is the usual case between marks.
    guard position < bytes.count, bytes[position] <= 0x20 else { return }
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
      while let word = word(at: position), word == 0x2020_2020_2020_2020 { position &+= 8 }
    }
  }

  @inline(__always)
  func word(at offset: Int) -> UInt64? {
    guard offset &+ 8 <= bytes.count, let base = bytes.baseAddress else { return nil }
    return UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
  }

  /// The next byte that is not white space, without taking it.
  @inline(__always)
  package mutating func peek() -> UInt8? {
    skipSpace()
    return position < bytes.count ? bytes[position] : nil
  }

  @inline(__always)
  package mutating func take(_ byte: UInt8, wanted: String) throws(JSONError) {
    guard peek() == byte else { throw surprise(wanted: wanted) }
    position &+= 1
  }

  package mutating func end() throws(JSONError) {
    if peek() != nil { throw JSONError(.trailing, at: position) }
  }

  @inline(never)
  func surprise(wanted: String) -> JSONError {
    guard position < bytes.count else { return JSONError(.ended(wanted: wanted), at: position) }
    let byte = bytes[position]
    let shown = byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    return JSONError(.unexpected(shown, wanted: wanted), at: position)
  }

  // MARK: Values

  package mutating func value() throws(JSONError) -> JSON {
    guard let first = peek() else { throw surprise(wanted: "a value") }
    switch first {
    case UInt8(ascii: "{"): return .object(try members())
    case UInt8(ascii: "["):
      var items: [JSON] = []
      try array { (reader) throws(JSONError) in items.append(try reader.value()) }
      return .array(items)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): try word("true"); return .bool(true)
    case UInt8(ascii: "f"): try word("false"); return .bool(false)
    case UInt8(ascii: "n"): try word("null"); return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      let start = position
      try skipNumber()
      return .spelled(String(decoding: bytes[start..<position], as: UTF8.self))
    default: throw surprise(wanted: "a value")
    }
  }

  private mutating func members() throws(JSONError) -> [JSON.Member] {
    var members: [JSON.Member] = []
    // Where each name stands. A table only pays from a handful of members on; most objects are small.
    var places: [String: Int] = [:]
    // Members that a later one has taken the place of: to close each gap at once would move all that follows, every time.
    var gaps: Set<Int> = []
    try object { (reader, name) throws(JSONError) in
      let start = reader.position
      if let known = places.isEmpty ? members.firstIndex(where: { $0.name == name }) : places[name] {
        guard reader.lastWins else { throw JSONError(.duplicate(name), at: start) }
        if places.isEmpty { members.remove(at: known) } else { gaps.insert(known) }
      }
      members.append(JSON.Member(name, try reader.value()))
      if !places.isEmpty {
        places[name] = members.count - 1
      } else if members.count == 32 {
        for (place, member) in members.enumerated() { places[member.name] = place }
      }
    }
    return gaps.isEmpty ? members : members.enumerated().filter { !gaps.contains($0.offset) }.map(\.element)
  }

  /// Walks an object; the body is called at each member's value, which it must take or skip.
  package mutating func object(
    _ body: (inout JSONReader, _ name: String) throws(JSONError) -> Void
  ) throws(JSONError) {
    var more = try openObject()
    while more {
      let name = try name()
      skipSpace()
      try body(&self, text(of: name))
      more = try nextMember()
    }
  }

  /// Where a member's name stands, without its quotation marks.
  package struct Name {
    package let range: Range<Int>
    package let escaped: Bool
  }

  /// Steps into an object; true when it has a member. The same walk as `object`, for whoever needs no text of names:
  /// `name()`, then a value, then `nextMember()` until that is false.
  package mutating func openObject() throws(JSONError) -> Bool {
    try take(UInt8(ascii: "{"), wanted: "an object")
    try enter()
    if peek() != UInt8(ascii: "}") { return true }
    position += 1
    depth -= 1
    return false
  }

  package mutating func name() throws(JSONError) -> Name {
    if peek() != UInt8(ascii: "\"") { throw surprise(wanted: "a member's name") }
    let start = position + 1
    let escaped = try skipString()
    let name = Name(range: start..<(position - 1), escaped: escaped)
    try take(UInt8(ascii: ":"), wanted: "':'")
    return name
  }

  /// Takes what stands behind a value: true for a comma, false for the object's end.
  package mutating func nextMember() throws(JSONError) -> Bool {
    switch peek() {
    case UInt8(ascii: ","):
      position += 1
      return true
    case UInt8(ascii: "}"):
      position += 1
      depth -= 1
      return false
    default: throw surprise(wanted: "',' or '}'")
    }
  }

  package func text(of name: Name) -> String {
    let inside = UnsafeBufferPointer(rebasing: bytes[name.range])
    return name.escaped ? Self.unescape(inside) : String(decoding: inside, as: UTF8.self)
  }

  package mutating func array(_ body: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
    try take(UInt8(ascii: "["), wanted: "an array")
    try enter()
    if peek() != UInt8(ascii: "]") {
      while true {
        skipSpace()
        try body(&self)
        guard peek() == UInt8(ascii: ",") else { break }
        position += 1
      }
    }
    try take(UInt8(ascii: "]"), wanted: "',' or ']'")
    depth -= 1
  }

  mutating func enter() throws(JSONError) {
    depth += 1
    if depth > Self.deepest { throw JSONError(.tooDeep(Self.deepest), at: position) }
  }
}

extension JSON {
  /// A whole text as one value: strict JSON, no duplicate members, a byte order mark is refused.
  package static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON {
    let result: Result<JSON, JSONError> = bytes.withUnsafeBufferPointer { buffer in
      var reader = JSONReader(buffer)
      do throws(JSONError) {
        let value = try reader.value()
        try reader.end()
        return .success(value)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  package static func parse(_ text: String) throws(JSONError) -> JSON { try parse(Array(text.utf8)) }
}
