/// Small numbers for keys of 64 bits, in the order in which they are first met.
struct PairTable: Sendable {
  private var keys: [UInt64] = []
  /// A key's index plus one; 0 is free.
  private var places: [UInt32] = Array(repeating: 0, count: 64)

  var count: Int { keys.count }

  mutating func removeAll() {
    guard !keys.isEmpty else { return }
    keys.removeAll(keepingCapacity: true)
    for place in places.indices { places[place] = 0 }
  }

  /// The key's number, and whether it is new.
  @inline(__always)
  mutating func number(of key: UInt64) -> (number: Int, isNew: Bool) {
    let mask = places.count &- 1
    var place = Self.place(key) & mask
    while places[place] != 0 {
      let index = Int(places[place]) &- 1
      if keys[index] == key { return (index, false) }
      place = (place &+ 1) & mask
    }
    keys.append(key)
    places[place] = UInt32(keys.count)
    if keys.count &* 2 > places.count { grow() }
    return (keys.count &- 1, true)
  }

  @inline(never)
  private mutating func grow() {
    places = Array(repeating: 0, count: places.count * 4)
    let mask = places.count - 1
    for (index, key) in keys.enumerated() {
      var place = Self.place(key) & mask
      while places[place] != 0 { place = (place + 1) & mask }
      places[place] = UInt32(index + 1)
    }
  }

  @inline(__always)
  private static func place(_ key: UInt64) -> Int {
    let mixed = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed ^ (mixed &>> 32))
  }
}
