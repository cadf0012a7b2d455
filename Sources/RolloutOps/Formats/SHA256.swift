/// SHA-256 (FIPS 180-4), for the journal's chain and for digests of notes and evidence.
///
/// A journal of years is hashed whole by every `status`, so the inner loop works on raw memory and is written out.
package enum SHA256 {
  package struct Digest: Hashable, Sendable {
    fileprivate var words: SIMD8<UInt32>
  }

  /// Sixty-four lower-case hexadecimal digits.
  package static func hex(_ bytes: some Sequence<UInt8>) -> String {
    (bytes.withContiguousStorageIfAvailable(digest) ?? Array(bytes).withUnsafeBufferPointer(digest)).hex
  }

  package static func hex(_ text: String) -> String { hex(text.utf8) }

  /// Part of a larger text, where it lies.
  package static func digest(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Digest {
    digest(UnsafeBufferPointer(rebasing: bytes))
  }

  package static func digest(_ bytes: UnsafeBufferPointer<UInt8>) -> Digest {
    var words = SIMD8<UInt32>(
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)
    let message = UnsafeRawBufferPointer(bytes)
    let rest = message.count % 64
    // The rest of the message, the bit that ends it, and its length in bits fill one more block or two.
    let tailLength = rest < 56 ? 64 : 128
    withUnsafeTemporaryAllocation(byteCount: 128, alignment: 8) { tail in
      tail.initializeMemory(as: UInt8.self, repeating: 0)
      tail.copyMemory(from: UnsafeRawBufferPointer(rebasing: message[(message.count - rest)...]))
      tail[rest] = 0x80
      tail.storeBytes(of: UInt64(message.count * 8).bigEndian, toByteOffset: tailLength - 8, as: UInt64.self)
      constants.withUnsafeBufferPointer { constants in
        mix(UnsafeRawBufferPointer(rebasing: message[..<(message.count - rest)]), into: &words, constants)
        mix(UnsafeRawBufferPointer(rebasing: tail[..<tailLength]), into: &words, constants)
      }
    }
    return Digest(words: words)
  }

  /// Takes in whole blocks of 64 bytes.
  private static func mix(
    _ blocks: UnsafeRawBufferPointer, into state: inout SIMD8<UInt32>, _ constants: UnsafeBufferPointer<UInt32>
  ) {
    guard var block = blocks.baseAddress, let constants = constants.baseAddress else { return }
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { schedule in
      guard let w = schedule.baseAddress else { return }
      for _ in 0..<(blocks.count / 64) {
        for index in 0..<16 {
          w[index] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self))
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        var bc = b ^ c
        // Eight rounds bring every name back to its place, so that no value has to be moved.
        var k = constants
        round(a, b, c, &d, e, f, g, &h, &bc, k[0] &+ w[0])
        round(h, a, b, &c, d, e, f, &g, &bc, k[1] &+ w[1])
        round(g, h, a, &b, c, d, e, &f, &bc, k[2] &+ w[2])
        round(f, g, h, &a, b, c, d, &e, &bc, k[3] &+ w[3])
        round(e, f, g, &h, a, b, c, &d, &bc, k[4] &+ w[4])
        round(d, e, f, &g, h, a, b, &c, &bc, k[5] &+ w[5])
        round(c, d, e, &f, g, h, a, &b, &bc, k[6] &+ w[6])
        round(b, c, d, &e, f, g, h, &a, &bc, k[7] &+ w[7])
        round(a, b, c, &d, e, f, g, &h, &bc, k[8] &+ w[8])
        round(h, a, b, &c, d, e, f, &g, &bc, k[9] &+ w[9])
        round(g, h, a, &b, c, d, e, &f, &bc, k[10] &+ w[10])
        round(f, g, h, &a, b, c, d, &e, &bc, k[11] &+ w[11])
        round(e, f, g, &h, a, b, c, &d, &bc, k[12] &+ w[12])
        round(d, e, f, &g, h, a, b, &c, &bc, k[13] &+ w[13])
        round(c, d, e, &f, g, h, a, &b, &bc, k[14] &+ w[14])
        round(b, c, d, &e, f, g, h, &a, &bc, k[15] &+ w[15])
        for _ in 1..<4 {
          k += 16
          round(a, b, c, &d, e, f, g, &h, &bc, k[0] &+ next(0, w))
          round(h, a, b, &c, d, e, f, &g, &bc, k[1] &+ next(1, w))
          round(g, h, a, &b, c, d, e, &f, &bc, k[2] &+ next(2, w))
          round(f, g, h, &a, b, c, d, &e, &bc, k[3] &+ next(3, w))
          round(e, f, g, &h, a, b, c, &d, &bc, k[4] &+ next(4, w))
          round(d, e, f, &g, h, a, b, &c, &bc, k[5] &+ next(5, w))
          round(c, d, e, &f, g, h, a, &b, &bc, k[6] &+ next(6, w))
          round(b, c, d, &e, f, g, h, &a, &bc, k[7] &+ next(7, w))
          round(a, b, c, &d, e, f, g, &h, &bc, k[8] &+ next(8, w))
          round(h, a, b, &c, d, e, f, &g, &bc, k[9] &+ next(9, w))
          round(g, h, a, &b, c, d, e, &f, &bc, k[10] &+ next(10, w))
          round(f, g, h, &a, b, c, d, &e, &bc, k[11] &+ next(11, w))
          round(e, f, g, &h, a, b, c, &d, &bc, k[12] &+ next(12, w))
          round(d, e, f, &g, h, a, b, &c, &bc, k[13] &+ next(13, w))
          round(c, d, e, &f, g, h, a, &b, &bc, k[14] &+ next(14, w))
          round(b, c, d, &e, f, g, h, &a, &bc, k[15] &+ next(15, w))
        }
        state = state &+ SIMD8(a, b, c, d, e, f, g, h)
        block += 64
      }
    }
  }

  /// `bc` is `b ^ c`, which the round before has computed as its `a ^ b`.
  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
    _ h: inout UInt32, _ bc: inout UInt32, _ input: UInt32
  ) {
    let ab = a ^ b
    let majority = (ab & bc) ^ b
    bc = ab
    let choice = g ^ (e & (f ^ g))
    let sum = h &+ input &+ choice &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25))
    d = d &+ sum
    h = sum &+ majority &+ (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22))
  }

  /// The next word of the schedule, in the place of the one sixteen before it.
  @inline(__always)
  private static func next(_ index: Int, _ w: UnsafeMutablePointer<UInt32>) -> UInt32 {
    let (x, y) = (w[(index &+ 1) & 15], w[(index &+ 14) & 15])
    let s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x &>> 3)
    let s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y &>> 10)
    w[index] = w[index] &+ s0 &+ w[(index &+ 9) & 15] &+ s1
    return w[index]
  }

  @inline(__always)
  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word &>> count | word &<< (32 &- count) }

  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}

extension SHA256.Digest {
  private static let digits: StaticString = "0123456789abcdef"

  package var hex: String {
    String(unsafeUninitializedCapacity: 64) { buffer in
      for index in 0..<64 { buffer[index] = digit(index) }
      return 64
    }
  }

  package func writeHex(into out: inout [UInt8]) {
    for index in 0..<64 { out.append(digit(index)) }
  }

  /// Whether those are its 64 lower-case hexadecimal digits.
  package func isHex(_ text: some Collection<UInt8>) -> Bool {
    text.count == 64 && text.enumerated().allSatisfy { digit($0.offset) == $0.element }
  }

  private func digit(_ index: Int) -> UInt8 {
    let shift = UInt32(28 - index % 8 * 4)
    return Self.digits.utf8Start[Int(words[index / 8] >> shift & 15)]
  }
}
