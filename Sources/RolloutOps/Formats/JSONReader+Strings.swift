/// String literals: proven, stepped over, and read.
extension JSONReader {
  package mutating func string() throws(JSONError) -> String {
    let start = position + 1
    let escaped = try skipString()
    return text(of: Name(range: start..<(position - 1), escaped: escaped))
  }

  /// Proves that a string follows and steps over it; true when it has escapes.
  @discardableResult
  package mutating func skipString() throws(JSONError) -> Bool {
    var escaped = false
    var at = position + 1
    while true {
      at = plainEnd(from: at)
      guard at < bytes.count else { throw JSONError(.ended(wanted: "'\"'"), at: bytes.count) }
      let byte = bytes[at]
      if byte == UInt8(ascii: "\"") {
        position = at + 1
        return escaped
      } else if byte == UInt8(ascii: "\\") {
        escaped = true
        at = try escapeEnd(at)
      } else if byte < 0x20 {
        throw JSONError(.controlCharacter, at: at)
      } else {
        guard let length = UTF8Check.length(bytes, at: at) else { throw JSONError(.badUTF8, at: at) }
        at += length
      }
    }
  }

  /// The next quotation mark, backslash, control character or byte beyond ASCII, looked for eight bytes at a time.
  ///
  /// Each term sets the top bit of every byte of its kind; a borrow may set further ones above the lowest, which is the
  /// only one that is used.
  @inline(__always)
  func plainEnd(from start: Int) -> Int {
    var at = start
    let ones: UInt64 = 0x0101_0101_0101_0101
    let tops: UInt64 = 0x8080_8080_8080_8080
    while let word = word(at: at) {
      let quote = word ^ (ones &* 0x22)
      let slash = word ^ (ones &* 0x5C)
      let low = (quote &- ones) & ~quote | (slash &- ones) & ~slash | (word &- ones &* 0x20) & ~word | word
      let hits = low & tops
      if hits != 0 { return at &+ hits.trailingZeroBitCount &>> 3 }
      at &+= 8
    }
    while at < bytes.count {
      let byte = bytes[at]
      if byte == 0x22 || byte == 0x5C || byte < 0x20 || byte >= 0x80 { break }
      at &+= 1
    }
    return at
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
  static func unescape(_ text: UnsafeBufferPointer<UInt8>) -> String {
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
