import Foundation
import Testing

@testable import RolloutOps

/// The reader against Foundation's, and the flag file's pass against both, over random texts.
@Suite struct JSONReaderFuzzTests {
  static let seeds: [[UInt8]] = [
    #"{"flags":{"a":{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off","metadata":{"x":1}}}}"#,
    #"[1,-0.5e+10,"\u00e9\ud83d\ude00\n",null,true,{"":[[],{}]},"é🚀   long enough for eight bytes at a time","\\"]"#,
    "{\n        \"indented far\" : [\t1 ,\r\n                 2.0E-3 ] }   ",
  ].map { Array($0.utf8) }

  static func mutate(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var bytes = bytes
    let interesting = Array("{}[]\",:\\0123456789eE+-.tfnu \n\t\u{00}\u{1F}\u{7F}é".utf8) + [0x80, 0xC0, 0xED, 0xFF]
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[at] = interesting.randomElement(using: &random) ?? 0
      case 1: bytes.remove(at: at)
      case 2: bytes.insert(interesting.randomElement(using: &random) ?? 0, at: at)
      case 3: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 0..<9, using: &random)))
      default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 9)], at: at)
      }
    }
    return bytes
  }

  /// Foundation takes a comma before a closing bracket, stops at a zero byte, looks for other encodings, and refuses
  /// numbers beyond a Double: texts that may hold such things are left out of the comparison.
  private func isComparable(_ bytes: [UInt8]) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self), bytes.count > 3, !bytes.contains(0) else { return false }
    return !text.hasPrefix("\u{FEFF}") && text.firstMatch(of: /,\s*[}\]]|[eE][+-]?\d{3}|\d{300}/) == nil
  }

  @Test func agreesWithFoundationOnWhatIsJSON() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    var accepted = 0
    for _ in 0..<30_000 {
      let bytes = Self.mutate(Self.seeds.randomElement(using: &random) ?? [], &random)
      var error: JSONError?
      do throws(JSONError) { _ = try JSON.parse(bytes) } catch let caught { error = caught }
      if case .duplicate = error?.reason { continue }
      if String(validating: bytes, as: UTF8.self) == nil { #expect(error != nil, "seed \(seed): \(bytes)") }
      guard isComparable(bytes) else { continue }
      let foundation = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
      if error == nil { accepted += 1 }
      #expect(
        (error == nil) == foundation,
        "seed \(seed): \(String(decoding: bytes, as: UTF8.self)) \(error.map(\.sentence) ?? "accepted")")
    }
    #expect(accepted > 1000, "seed \(seed)")
  }

  @Test func skippingAndBuildingAgree() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<30_000 {
      let bytes = Self.mutate(Self.seeds.randomElement(using: &random) ?? [], &random)
      let (skipped, built): (Int, Int) = bytes.withUnsafeBufferPointer { buffer in
        var skipping = JSONReader(buffer)
        var building = JSONReader(buffer, lastWins: true)
        var ends = (-1, -1)
        if (try? skipping.skipValue()) != nil { ends.0 = skipping.position }
        if (try? building.value()) != nil { ends.1 = building.position }
        return ends
      }
      #expect(skipped == built, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
    }
  }

  @Test func writingAndReadingAgreeInEveryStyle() throws {
    let styles: [JSON.Style] = [.compact, .spaced, .pretty, .fitted(unit: "\t", base: "", width: 30)]
    for bytes in Self.seeds {
      let value = try JSON.parse(bytes)
      for style in styles { #expect(try JSON.parse(value.written(style)) == value) }
    }
  }

  /// What a flag file's pass lets through, a whole reading lets through; and nothing traps.
  @Test func thePassOverFlagFilesIsAsStrict() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<10_000 {
      let bytes = Self.mutate(Self.seeds[0], &random)
      guard let document = try? FlagDocument(bytes, key: FlagKey("a"), path: "/f") else { continue }
      let whole = bytes.withUnsafeBufferPointer { buffer in
        var reader = JSONReader(buffer, lastWins: true)
        return try? reader.value()
      }
      #expect(whole?["flags"]?.members != nil, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
      guard let flag = try? document.reading().flag else { continue }
      for urgency in [Urgency.ordinary, .kill] {
        var killed = flag
        killed.serving = .everyone("off")
        let written = try document.setting(killed, urgency: urgency)
        #expect(
          try written.reading().flag.map { FlagdFlag.isSame($0, as: killed) } ?? false || flag["off"] == nil,
          "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
      }
    }
  }
}
