/// Stepping over values that only have to be proven valid.
extension JSONReader {
  /// Proves that a value follows and steps over it. Duplicate members are not looked for.
  package mutating func skipValue() throws(JSONError) {
    guard let first = peek() else { throw surprise(wanted: "a value") }
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["): try skipNested()
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
    default: throw surprise(wanted: "a value")
    }
  }

  /// The walk over an object or array in one loop: most of a flag file is stepped over so, and most of it is short
  /// texts between single marks. Whatever is not as plain as that is left to the careful methods.
  private mutating func skipNested() throws(JSONError) {
    var kinds = Kinds()
    let outside = depth
    while true {
      // At a value.
      let first = peek()
      if first == UInt8(ascii: "\"") {
        try skipPlainString()
      } else if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
        let isObject = first == UInt8(ascii: "{")
        try enter()
        kinds.push(isObject, at: depth &- outside)
        position &+= 1
        if peek() != (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
          if isObject { try skipName() }
          continue
        }
      } else {
        try skipValue()
      }
      // Behind a value, or before the end of an empty object or array.
      while true {
        let next = peek()
        let isObject = kinds.isObject(at: depth &- outside)
        if next == UInt8(ascii: ",") {
          position &+= 1
          if isObject { try skipName() }
          break
        }
        guard next == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
          throw surprise(wanted: isObject ? "',' or '}'" : "',' or ']'")
        }
        position &+= 1
        depth &-= 1
        if depth == outside { return }
      }
    }
  }

  @inline(__always)
  private mutating func skipName() throws(JSONError) {
    guard peek() == UInt8(ascii: "\"") else { throw surprise(wanted: "a member's name") }
    try skipPlainString()
    try take(UInt8(ascii: ":"), wanted: "':'")
  }

  @inline(__always)
  private mutating func skipPlainString() throws(JSONError) {
    let end = plainEnd(from: position &+ 1)
    if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
      position = end &+ 1
    } else {
      try skipString()
    }
  }

  /// Which levels are objects: one bit each, for as many as there may be.
  private struct Kinds {
    private var bits: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)

    @inline(__always)
    mutating func push(_ isObject: Bool, at level: Int) {
      let bit: UInt64 = isObject ? 1 : 0
      let shift = UInt64(truncatingIfNeeded: level) & 63
      withUnsafeMutableBytes(of: &bits) { bytes in
        let words = bytes.assumingMemoryBound(to: UInt64.self)
        words[level &>> 6] = words[level &>> 6] & ~(1 &<< shift) | bit &<< shift
      }
    }

    @inline(__always)
    func isObject(at level: Int) -> Bool {
      withUnsafeBytes(of: bits) { bytes in
        let words = bytes.assumingMemoryBound(to: UInt64.self)
        return words[level &>> 6] &>> (UInt64(truncatingIfNeeded: level) & 63) & 1 == 1
      }
    }
  }

  mutating func word(_ word: StaticString) throws(JSONError) {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.count,
      (0..<count).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
    else { throw surprise(wanted: "\(word)") }
    position += count
  }

  // MARK: Numbers

  mutating func skipNumber() throws(JSONError) {
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
}
