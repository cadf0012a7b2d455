/// The names seen in one object, told apart by their bytes: for objects of thousands of members, where building a text
/// for each would cost more than reading the file.
struct NameTable {
  private var slots: [Int32]
  private var names: [JSONReader.Name] = []

  init(expecting count: Int) {
    var size = 16
    while size < count * 2 { size *= 2 }
    slots = Array(repeating: -1, count: size)
  }

  /// False when the name was there before, in whatever spelling.
  mutating func insert(_ name: JSONReader.Name, in reader: JSONReader) -> Bool {
    if names.count * 2 >= slots.count { grow(reader) }
    let slot = self.slot(of: name, reader)
    guard slots[slot] < 0 else { return false }
    slots[slot] = Int32(names.count)
    names.append(name)
    return true
  }

  /// Where the name stands, or the free place where it belongs.
  private func slot(of name: JSONReader.Name, _ reader: JSONReader) -> Int {
    var slot = Int(truncatingIfNeeded: reader.hash(of: name)) & (slots.count - 1)
    while slots[slot] >= 0, !reader.same(names[Int(slots[slot])], name) { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private mutating func grow(_ reader: JSONReader) {
    slots = Array(repeating: -1, count: slots.count * 2)
    for (index, name) in names.enumerated() { slots[slot(of: name, reader)] = Int32(index) }
  }
}

extension JSONReader {
  /// Whether two names say the same, escaped or not.
  func same(_ left: Name, _ right: Name) -> Bool {
    guard left.escaped || right.escaped else {
      guard left.range.count == right.range.count else { return false }
      for index in 0..<left.range.count
      where bytes[left.range.lowerBound &+ index] != bytes[right.range.lowerBound &+ index] { return false }
      return true
    }
    return text(of: left).utf8.elementsEqual(text(of: right).utf8)
  }

  fileprivate func hash(of name: Name) -> UInt64 {
    name.escaped
      ? Array(text(of: name).utf8).withUnsafeBufferPointer(Self.hash)
      : Self.hash(UnsafeBufferPointer(rebasing: bytes[name.range]))
  }

  /// FNV-1a, finished so that its low bits may be used.
  private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash ^ hash >> 29
  }
}
