import Testing

@testable import RolloutOps

/// Whatever part of a write has reached the disk: the file is put together again to the byte, or not touched.
@Suite struct InPlaceRecordTests {
  private static func text(_ length: Int, _ random: inout SplitMix64) -> [UInt8] {
    (0..<length).map { _ in UInt8(ascii: "a") + UInt8.random(in: 0..<3, using: &random) }
  }

  @Test(arguments: [true, false]) func anyMixtureIsMended(isKill: Bool) throws {
    var random = SplitMix64(seed: 20_261_130)
    var mended = 0
    for round in 0..<500 {
      let old = Self.text(Int.random(in: 1...60, using: &random), &random)
      let length = round.isMultiple(of: 2) ? old.count : Int.random(in: 1...60, using: &random)
      let new = Self.text(length, &random)
      guard let written = InPlaceRecord(new, over: old, isKill: isKill) else {
        #expect(old == new)
        continue
      }
      let record = try #require(InPlaceRecord(written.text))
      #expect(record.mended(old) == nil && record.mended(new) == nil)
      let found = (0..<max(old.count, new.count)).map { place -> UInt8 in
        let isNew = place < new.count && (place >= old.count || Bool.random(using: &random))
        return isNew ? new[place] : old[place]
      }
      guard found != old, found != new else { continue }
      #expect(record.mended(found) == (isKill ? new : old), "round \(round)")
      mended += 1
      var strange = found
      strange[Int.random(in: found.indices, using: &random)] = UInt8(ascii: "#")
      #expect(record.mended(strange) == nil, "round \(round)")
      #expect(record.mended(found + [UInt8(ascii: "a")]) == nil, "round \(round)")
    }
    #expect(mended > 200)
  }

  /// A disk may make a file longer before the bytes are there.
  @Test func zerosBehindTheOldEndAreOfTheWrite() throws {
    let (old, new) = (Array("abc".utf8), Array("axcdef".utf8))
    let record = try #require(InPlaceRecord(new, over: old, isKill: false))
    #expect(record.mended(Array("axc".utf8) + [0, 0, 0]) == old)
    #expect(record.mended([UInt8(ascii: "a"), 0, UInt8(ascii: "c")]) == nil)
  }

  @Test func aTornRecordIsNone() throws {
    let text = try #require(InPlaceRecord(Array("axc".utf8), over: Array("abc".utf8), isKill: true)).text
    #expect(InPlaceRecord(text) != nil)
    for length in text.indices { #expect(InPlaceRecord(Array(text[..<length])) == nil) }
    #expect(InPlaceRecord(text + [0]) == nil)
    #expect(InPlaceRecord(Array(#"{"start":-1,"kill":true}"#.utf8) + [0x0A]) == nil)
  }
}
