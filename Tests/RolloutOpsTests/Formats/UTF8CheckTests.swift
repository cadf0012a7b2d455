import Testing

@testable import RolloutOps

/// Swift's own validation is the reference.
@Suite struct UTF8CheckTests {
  static func isValid(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

  @Test func everySequenceOfThreeBytesOfInterest() {
    let interesting: [UInt8] = [
      0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
      0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF,
    ]
    var tried = 0
    for one in interesting {
      for two in interesting {
        for three in interesting {
          for rest in [[], [0x80], [0xBF], [0x41]] as [[UInt8]] {
            let bytes = [one, two, three] + rest
            #expect((UTF8Check.firstFault(in: bytes) == nil) == Self.isValid(bytes), "\(bytes)")
            tried += 1
          }
        }
      }
    }
    #expect(tried == 26 * 26 * 26 * 4)
  }

  @Test func everyCharacterIsOne() {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      if UTF8Check.firstFault(in: Array(String(scalar).utf8)) != nil { Issue.record("U+\(String(value, radix: 16))") }
    }
  }

  @Test func theFaultIsTheEndOfTheValidBeginning() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<5000 {
      var bytes = Array("añ世🚀b".utf8)
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      guard let fault = UTF8Check.firstFault(in: bytes) else {
        #expect(Self.isValid(bytes))
        continue
      }
      #expect(Self.isValid(Array(bytes[..<fault])))
      #expect((fault + 1...min(fault + 4, bytes.count)).allSatisfy { !Self.isValid(Array(bytes[..<$0])) })
    }
  }
}
