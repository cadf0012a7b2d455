/// MurmurHash3, the x86 variant with 32 bits (Austin Appleby, public domain), seed 0: what flagd's readers hash with.
enum Murmur3 {
  static func hash(_ bytes: [UInt8]) -> UInt32 {
    var hash: UInt32 = 0
    let whole = bytes.count / 4 * 4
    for start in stride(from: 0, to: whole, by: 4) {
      let block =
        UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
        | UInt32(bytes[start + 3]) << 24
      hash ^= scrambled(block)
      hash = rotated(hash, 13) &* 5 &+ 0xE654_6B64
    }
    var tail: UInt32 = 0
    for byte in bytes[whole...].reversed() { tail = tail << 8 | UInt32(byte) }
    hash ^= scrambled(tail)
    hash ^= UInt32(truncatingIfNeeded: bytes.count)
    hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
    hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
    return hash ^ hash >> 16
  }

  private static func scrambled(_ block: UInt32) -> UInt32 { rotated(block &* 0xCC9E_2D51, 15) &* 0x1B87_3593 }

  private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
}
