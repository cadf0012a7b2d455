import Testing

@testable import RolloutOps

/// Splits as targeting rules and back.
@Suite struct TargetingTests {
  static let key = FlagKey("ai-summary")

  static func selector(_ random: inout SplitMix64, depth: Int = 0) -> Selector {
    let texts = ["paid", "5", "5.0", "true", "false", "1e3", "a b", "é", "", "acme"]
    func value() -> AttributeValue {
      AttributeValue(texts.randomElement(using: &random) ?? "", quoted: Bool.random(using: &random))
    }
    let attribute = ["plan", "team", "user.plan", "tenant"].randomElement(using: &random) ?? ""
    switch Int.random(in: 0..<(depth > 2 ? 2 : 4), using: &random) {
    case 0: return .equals(attribute: attribute, value())
    case 1: return .oneOf(attribute: attribute, (0..<Int.random(in: 0...4, using: &random)).map { _ in value() })
    case 2: return .not(selector(&random, depth: depth + 1))
    default:
      return .all((0..<Int.random(in: 0...3, using: &random)).map { _ in selector(&random, depth: depth + 1) })
    }
  }

  static func split(_ random: inout SplitMix64) -> Split {
    let grants = (0..<Int.random(in: 1...5, using: &random)).map { _ in
      let whole = Bool.random(using: &random)
      let share = whole ? Percentage.whole : Percentage(micro: Int.random(in: 1..<100_000, using: &random) * 1000)
      return Grant(cohort: Int.random(in: 0..<6, using: &random) == 0 ? nil : selector(&random), share: share)
    }
    let exclusions = (0..<Int.random(in: 0...3, using: &random)).map { _ in selector(&random) }
    return Split(
      exposure: Exposure(grants: grants, exclusions: exclusions), unit: "tenant", canary: "canary", control: "control")
  }

  @Test func everySplitComesBackAsItWas() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<5000 {
      let split = Self.split(&random)
      let targeting = try Targeting.encode(split, key: Self.key)
      #expect(Targeting.decode(try JSON.parse(targeting.written()), key: Self.key) == split, "seed \(seed)")
      // For another flag the same rule is somebody else's: it draws other units.
      if split.exposure.grants.contains(where: { !$0.share.isWhole }) {
        #expect(Targeting.decode(targeting, key: FlagKey("other")) == nil, "seed \(seed)")
      }
    }
  }

  @Test func anyChangeByHandIsSeen() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    for _ in 0..<2000 {
      let split = Self.split(&random)
      let targeting = try Targeting.encode(split, key: Self.key)
      let mutated = JSONReaderFuzzTests.mutate(Array(targeting.written().utf8), &random)
      guard let changed = try? JSON.parse(mutated), !changed.means(targeting) else { continue }
      // What still has our shape must be read as what it now says.
      guard let read = Targeting.decode(changed, key: Self.key) else { continue }
      #expect(read != split, "seed \(seed): \(String(decoding: mutated, as: UTF8.self))")
      #expect(try Targeting.encode(read, key: Self.key).means(changed), "seed \(seed)")
    }
  }

  @Test(arguments: [
    #"{"fractional":[{"var":"tenant"},["on",5],["off",95]]}"#,
    #"{"if":[true,"on","off"]}"#, #"{"if":["off"]}"#, #"{"if":{}}"#, #""on""#, "[]", "1",
    #"{"if":[{"!":{"and":[{"!!":{"var":"tenant"}},{"===":[{"cat":[{"var":"tenant"}]},{"var":"tenant"}]}]}},"off","off"]}"#,
    #"{"if":[{"!!":{"var":"tenant"}},"off",{"==":[{"var":"plan"},"paid"]},"on","off"]}"#,
  ]) func whatWeDidNotWriteIsForeign(text: String) throws {
    #expect(Targeting.decode(try JSON.parse(text), key: Self.key) == nil)
    let flag = #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"off","#
    let world = FlagWorld("{\"flags\":{\"a\":\(flag)\"targeting\":\(text),\"metadata\":{\"rolloutctl\":\"managed\"}}}}")
    #expect(try world.read("a").flag?.serving == .foreign(text))
    let reading = try world.read("a")
    var marked = try #require(reading.flag)
    marked.mark = Flag.Mark(stage: "x")
    #expect(try world.store.write(marked, replacing: reading, urgency: .ordinary).flag == marked)
    #expect(world.text.contains(text))
    #expect(try world.write(.everyone("off"), urgency: .kill).flag?.serving == .everyone("off"))
  }

  static let variants = #""variants":{"on":true,"off":false}"#

  @Test(arguments: [
    (#""state":"DISABLED","defaultVariant":"off""#, Serving.applicationDefault),
    (#""state":"ENABLED""#, .applicationDefault),
    (#""state":"ENABLED","defaultVariant":null"#, .applicationDefault),
    (#""state":"ENABLED","defaultVariant":"""#, .applicationDefault),
    (#""state":"ENABLED","defaultVariant":"off","targeting":{}"#, .everyone("off")),
    (#""state":"ENABLED","defaultVariant":"on","targeting":null"#, .everyone("on")),
    (#""state":"ENABLED","defaultVariant":null,"targeting":{"var":"x"}"#, .foreign(#"{"var":"x"}"#)),
  ]) func servingIsWhatReadersServe(members: String, serving: Serving) throws {
    let world = FlagWorld("{\"flags\":{\"a\":{\(Self.variants),\(members)}}}")
    #expect(try world.read("a").flag?.serving == serving)
  }

  @Test func ourRuleUnderAnotherDefaultIsForeign() throws {
    let world = FlagWorld(#"{"flags":{}}"#)
    _ = try world.write(.split(.paid(5)))
    world.files.put(
      FlagWorld.path, world.text.replacing(#""defaultVariant": "off""#, with: #""defaultVariant": "on""#))
    guard case .foreign = try world.read("a").flag?.serving else { return #expect(Bool(false), "taken for ours") }
  }
}
