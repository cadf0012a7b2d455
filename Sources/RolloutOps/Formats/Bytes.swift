extension UnsafeBufferPointer<UInt8> {
  /// `elementsEqual`, eight bytes at a time: journals compare a few hundred bytes for every entry.
  func same(as other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard count == other.count else { return false }
    let (left, right) = (UnsafeRawBufferPointer(self), UnsafeRawBufferPointer(other))
    var at = 0
    while at &+ 8 <= count {
      let one = left.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      guard one == right.loadUnaligned(fromByteOffset: at, as: UInt64.self) else { return false }
      at &+= 8
    }
    while at < count {
      guard left[at] == right[at] else { return false }
      at &+= 1
    }
    return true
  }
}
