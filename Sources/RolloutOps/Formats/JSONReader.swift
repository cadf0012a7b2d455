/// Why a text is not JSON, and at which byte.
package struct JSONError: Error, Hashable, Sendable {
  package enum Reason: Hashable, Sendable {
    case unexpected(String, wanted: String)
    case ended(wanted: String)
    case controlCharacter
    case badEscape
    case badUTF8
    case badNumber
    case duplicate(String)
    case tooDeep(Int)
    case trailing
  }

  package let reason: Reason
  package let offset: Int

  package init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// A bare reason; whoever knows the file's name adds it.
  package var sentence: String {
    switch reason {
    case .unexpected(let found, let wanted): "found \(found) where \(wanted) should be"
    case .ended(let wanted): "the text ends where \(wanted) should be"
    case .controlCharacter: "a string has a raw control character"
    case .badEscape: "a string has an escape that JSON does not know"
    case .badUTF8: "a string is not UTF-8"
    case .badNumber: "a number is not spelled as JSON spells numbers"
    case .duplicate(let name): "the member \"\(name)\" stands twice in one object"
    case .tooDeep(let limit): "the nesting is deeper than \(limit)"
    case .trailing: "something follows the end of the value"
    }
  }
}

/// One strict pass over JSON text, forward only.
///
/// The same cursor builds whole values, skips values it only has to prove valid, and gives byte positions to whoever
/// edits the text in place. It borrows the bytes: it must not outlive them.
package struct JSONReader {
  package let bytes: UnsafeBufferPointer<UInt8>
  package private(set) var position: Int
  private var depth = 0

  /// Far beyond any real document, and far below what the stack holds.
  package static let deepest = 256

  package init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  // MARK: Cursor

  @inline(__always)
  package mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  /// The next byte that is not white space, without taking it.
  @inline(__always)
  package mutating func peek() -> UInt8? {
    skipSpace()
    return position < bytes.count ? bytes[position] : nil
  }

  @inline(__always)
  package mutating func take(_ byte: UInt8, wanted: @autoclosure () -> String) throws(JSONError) {
    guard peek() == byte else { throw surprise(wanted: wanted()) }
    position += 1
  }

  package mutating func end() throws(JSONError) {
    if peek() != nil { throw JSONError(.trailing, at: position) }
  }

  private func surprise(wanted: String) -> JSONError {
    guard position < bytes.count else { return JSONError(.ended(wanted: wanted), at: position) }
    let byte = bytes[position]
    let shown = byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    return JSONError(.unexpected(shown, wanted: wanted), at: position)
  }

  // MARK: Values

  package mutating func value() throws(JSONError) -> JSON {
    guard let first = peek() else { throw surprise(wanted: "a value") }
    switch first {
    case UInt8(ascii: "{"):
      var members: [JSON.Member] = []
      var seen: Set<String> = []
      try object { (reader, name) throws(JSONError) in
        let start = reader.position
        // A set only pays from a handful of members on; most objects are small.
        if members.count < 8 ? members.contains(where: { $0.name == name }) : seen.contains(name) {
          throw JSONError(.duplicate(name), at: start)
        }
        members.append(JSON.Member(name, try reader.value()))
        if members.count == 8 { seen = Set(members.map(\.name)) } else if members.count > 8 { seen.insert(name) }
      }
      return .object(members)
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

  /// Proves that a value follows and steps over it. Duplicate members are not looked for.
  package mutating func skipValue() throws(JSONError) {
    guard let first = peek() else { throw surprise(wanted: "a value") }
    switch first {
    case UInt8(ascii: "{"):
      try enter()
      position += 1
      if peek() != UInt8(ascii: "}") {
        while true {
          if peek() != UInt8(ascii: "\"") { throw surprise(wanted: "a member's name") }
          try skipString()
          try take(UInt8(ascii: ":"), wanted: "':'")
          try skipValue()
          guard peek() == UInt8(ascii: ",") else { break }
          position += 1
        }
      }
      try take(UInt8(ascii: "}"), wanted: "',' or '}'")
      depth -= 1
    case UInt8(ascii: "["):
      try enter()
      position += 1
      if peek() != UInt8(ascii: "]") {
        while true {
          try skipValue()
          guard peek() == UInt8(ascii: ",") else { break }
          position += 1
        }
      }
      try take(UInt8(ascii: "]"), wanted: "',' or ']'")
      depth -= 1
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
    default: throw surprise(wanted: "a value")
    }
  }

  /// Walks an object; the body is called at each member's value, which it must take or skip.
  package mutating func object(
    _ body: (inout JSONReader, _ name: String) throws(JSONError) -> Void
  ) throws(JSONError) {
    try take(UInt8(ascii: "{"), wanted: "an object")
    try enter()
    if peek() != UInt8(ascii: "}") {
      while true {
        if peek() != UInt8(ascii: "\"") { throw surprise(wanted: "a member's name") }
        let name = try string()
        try take(UInt8(ascii: ":"), wanted: "':'")
        skipSpace()
        try body(&self, name)
        guard peek() == UInt8(ascii: ",") else { break }
        position += 1
      }
    }
    try take(UInt8(ascii: "}"), wanted: "',' or '}'")
    depth -= 1
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

  private mutating func enter() throws(JSONError) {
    depth += 1
    if depth > Self.deepest { throw JSONError(.tooDeep(Self.deepest), at: position) }
  }

  private mutating func word(_ word: StaticString) throws(JSONError) {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count,
      (0..<count).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
    else { throw surprise(wanted: "\(word)") }
    position += count
  }

  // MARK: Numbers

  private mutating func skipNumber() throws(JSONError) {
    let start = position
    if byte() == UInt8(ascii: "-") { position += 1 }
    if byte() == UInt8(ascii: "0") {
      position += 1
    } else if digits() == 0 {
      throw JSONError(.badNumber, at: start)
    }
    if byte() == UInt8(ascii: ".") {
      position += 1
      if digits() == 0 { throw JSONError(.badNumber, at: start) }
    }
    if byte() == UInt8(ascii: "e") || byte() == UInt8(ascii: "E") {
      position += 1
      if byte() == UInt8(ascii: "+") || byte() == UInt8(ascii: "-") { position += 1 }
      if digits() == 0 { throw JSONError(.badNumber, at: start) }
    }
    if let next = byte(), next >= UInt8(ascii: "0"), next <= UInt8(ascii: "9") {
      throw JSONError(.badNumber, at: start)
    }
  }

  @inline(__always)
  private func byte() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func digits() -> Int {
    let start = position
    while let byte = byte(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    return position - start
  }

  // MARK: Strings

  package mutating func string() throws(JSONError) -> String {
    let start = position
    let escaped = try skipString()
    let inside = UnsafeBufferPointer(rebasing: bytes[(start + 1)..<(position - 1)])
    return escaped ? Self.unescape(inside) : String(decoding: inside, as: UTF8.self)
  }

  /// Proves that a string follows and steps over it; true when it has escapes.
  @discardableResult
  package mutating func skipString() throws(JSONError) -> Bool {
    var escaped = false
    var at = position + 1
    while at < bytes.count {
      let byte = bytes[at]
      if byte == UInt8(ascii: "\"") {
        position = at + 1
        return escaped
      } else if byte == UInt8(ascii: "\\") {
        escaped = true
        at = try escapeEnd(at)
      } else if byte < 0x20 {
        throw JSONError(.controlCharacter, at: at)
      } else if byte < 0x80 {
        at += 1
      } else {
        guard let length = UTF8Check.length(bytes, at: at) else { throw JSONError(.badUTF8, at: at) }
        at += length
      }
    }
    throw JSONError(.ended(wanted: "'\"'"), at: bytes.count)
  }

  /// The place behind the escape that starts at `start`; a pair of surrogates counts as one escape.
  private func escapeEnd(_ start: Int) throws(JSONError) -> Int {
    guard start + 1 < bytes.count else { throw JSONError(.ended(wanted: "an escape"), at: bytes.count) }
    switch bytes[start + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return start + 2
    case UInt8(ascii: "u"):
      guard let unit = Self.hex(bytes, at: start + 2) else { throw JSONError(.badEscape, at: start) }
      guard unit & 0xF800 == 0xD800 else { return start + 6 }
      guard unit < 0xDC00, start + 7 < bytes.count, bytes[start + 6] == UInt8(ascii: "\\"),
        bytes[start + 7] == UInt8(ascii: "u"), let low = Self.hex(bytes, at: start + 8), low & 0xFC00 == 0xDC00
      else { throw JSONError(.badEscape, at: start) }
      return start + 12
    default:
      throw JSONError(.badEscape, at: start)
    }
  }

  private static func hex(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> UInt32? {
    guard start + 4 <= bytes.count else { return nil }
    var unit: UInt32 = 0
    for index in start..<(start + 4) {
      switch bytes[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt32(bytes[index] - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt32(bytes[index] - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt32(bytes[index] - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return unit
  }

  /// Only for text that `skipString` has proven, so every escape is whole.
  private static func unescape(_ text: UnsafeBufferPointer<UInt8>) -> String {
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    var at = 0
    while at < text.count {
      guard text[at] == UInt8(ascii: "\\") else {
        out.append(text[at])
        at += 1
        continue
      }
      switch text[at + 1] {
      case UInt8(ascii: "b"): out.append(0x08)
      case UInt8(ascii: "f"): out.append(0x0C)
      case UInt8(ascii: "n"): out.append(0x0A)
      case UInt8(ascii: "r"): out.append(0x0D)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "u"):
        var code = hex(text, at: at + 2) ?? 0xFFFD
        if code & 0xFC00 == 0xD800 {
          code = 0x10000 + (code & 0x3FF) << 10 + ((hex(text, at: at + 8) ?? 0xDC00) & 0x3FF)
          at += 6
        }
        out.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
        at += 4
      default: out.append(text[at + 1])
      }
      at += 2
    }
    return String(decoding: out, as: UTF8.self)
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
