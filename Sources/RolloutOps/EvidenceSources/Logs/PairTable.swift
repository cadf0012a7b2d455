/// Small numbers for keys of 64 bits, in the order in which they are first met.
struct PairTable: Sendable {
  private struct Slot {
    /// The key plus one; 0 is free.
    var key: UInt64 = 0
    var number: UInt32 = 0
  }

  private(set) var count = 0
  private var places: [Slot] = Array(repeating: Slot(), count: 64)

  mutating func removeAll() {
    guard count > 0 else { return }
    count = 0
    for place in places.indices { places[place].key = 0 }
  }

  /// The key's number, and whether it is new. The largest key there is cannot be had.
  @inline(__always)
  mutating func number(of key: UInt64) -> (number: Int, isNew: Bool) {
    let key = key &+ 1
    let place = place(of: key)
    if places[place].key == key { return (Int(places[place].number), false) }
    return (add(key, place), true)
  }

  @inline(__always)
  private func place(of key: UInt64) -> Int {
    let mask = places.count &- 1
    let mixed = key &* 0x9E37_79B9_7F4A_7C15
    var place = Int(truncatingIfNeeded: mixed ^ (mixed &>> 32)) & mask
    while places[place].key != key, places[place].key != 0 { place = (place &+ 1) & mask }
    return place
  }

  @inline(never)
  private mutating func add(_ key: UInt64, _ place: Int) -> Int {
    let number = count
    places[place] = Slot(key: key, number: UInt32(number))
    count += 1
    // At least twice as many places as keys, so that a search ends soon.
    if count * 2 > places.count {
      let old = places
      places = Array(repeating: Slot(), count: old.count * 4)
      for moved in old where moved.key != 0 { places[self.place(of: moved.key)] = moved }
    }
    return number
  }
}
