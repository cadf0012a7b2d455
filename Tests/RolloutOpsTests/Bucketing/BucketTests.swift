import Testing

@testable import RolloutOps

/// The hashes, against vectors of flagd's own test bed.
@Suite struct BucketTests {
  @Test(arguments: [
    ("ejOoVL", UInt32(0)), ("bY9fO-", 1), ("SI7p-", 2_147_483_647), ("6LvT0", 2_147_483_648),
    ("ceQdGm", 4_294_967_295),
  ]) func murmur(text: String, hash: UInt32) {
    #expect(Murmur3.hash(Array(text.utf8)) == hash)
  }

  static let suits = ["clubs", "diamonds", "hearts", "spades"]

  @Test(arguments: [
    (FlagHash.v1, ["spades", "clubs", "diamonds", "hearts", "diamonds"]),
    (.v2, ["hearts", "spades", "clubs", "diamonds", "clubs"]),
    (.v3, ["diamonds", "diamonds", "clubs", "clubs", "spades"]),
  ]) func fourArmsOfFlagdsTestBed(version: FlagHash, expected: [String]) {
    let names = ["jack", "queen", "ten", "nine", "3"]
    let found = names.map { name in
      let bucket = Bucket(hashing: "fractional-flag" + name, version: version)
      return Self.suits[(1...4).first { bucket.isBelow($0 * 25, of: 100) }.map { $0 - 1 } ?? 0]
    }
    #expect(found == expected)
  }

  @Test(arguments: [
    (23, [UInt8(0x77)]), (24, [0x78, 24]), (255, [0x78, 255]), (256, [0x79, 1, 0]), (65_536, [0x7A, 0, 1, 0, 0]),
  ]) func textsAreWrappedInTheirShortestForm(count: Int, head: [UInt8]) {
    let text = String(repeating: "x", count: count)
    #expect(Bucket.cbor(text) == head + Array(text.utf8))
  }

  /// The formulas, against 40,000 units.
  @Test(arguments: [5, 25, 50, 70, 95]) func howOftenTwoHashesDisagree(percent: Int) {
    let share = Percentage(percent: percent)
    let units = (0..<40_000).map { "tenant-\($0)" }
    let isIn = FlagHash.allCases.map { hash in
      units.map { Bucket(flag: FlagKey("ai-summary"), unit: $0, version: hash).isWithin(share) }
    }
    let found = Disagreement.all(among: FlagHash.allCases.reversed(), at: share)
    #expect(found.map { [$0.one, $0.other] } == [[.v1, .v2], [.v1, .v3], [.v2, .v3]])
    for (disagreement, (one, other)) in zip(found, [(0, 1), (0, 2), (1, 2)]) {
      let counted = zip(isIn[one], isIn[other]).count { $0 != $1 }
      #expect(abs(Double(counted) / 400 - disagreement.percent) < 1, "\(disagreement): \(counted)")
    }
    #expect(
      Disagreement.all(among: [.v2], at: share).isEmpty && Disagreement.all(among: [.v1, .v3], at: .whole).isEmpty)
  }

  @Test(arguments: FlagHash.allCases) func aLargerShareHoldsTheSmallerAndSharesAreTheirSize(version: FlagHash) {
    let shares = [100, 5_000_000, 25_000_000, 50_000_000].map(Percentage.init(micro:))
    var counts = [Int](repeating: 0, count: shares.count)
    for unit in 0..<20_000 {
      let bucket = Bucket(flag: FlagKey("ai-summary"), unit: "tenant-\(unit)", version: version)
      let inside = shares.map(bucket.isWithin)
      #expect(inside == inside.sorted { !$0 && $1 })
      #expect(shares.map { bucket.position * 100 < $0.percent } == inside)
      for (index, isIn) in inside.enumerated() where isIn { counts[index] += 1 }
    }
    #expect((900...1100).contains(counts[1]))
    #expect((4800...5200).contains(counts[2]))
    #expect((9750...10_250).contains(counts[3]))
  }

  @Test(arguments: [
    (1000, Int?(1), 1000), (5_000_000, 5000, 5_000_000), (1, nil, 1000), (1499, nil, 1000), (1500, nil, 2000),
    (99_999_999, nil, 99_999_000), (33_333_333, nil, 33_333_000), (150_000_000, nil, 99_999_000),
  ]) func sharesAreThousandthsOfAPercent(micro: Int, weight: Int?, nearest: Int) {
    #expect(Bucket.weight(of: Percentage(micro: micro)) == weight)
    #expect(Bucket.nearest(to: Percentage(micro: micro)).micro == nearest)
  }

  @Test func twoFlagsDrawDifferently() {
    let units = (0..<2000).map { "tenant-\($0)" }
    func chosen(_ flag: String) -> Set<String> {
      Set(units.filter { Bucket(flag: FlagKey(flag), unit: $0, version: .v3).isWithin(Percentage(percent: 5)) })
    }
    #expect(chosen("one").intersection(chosen("two")).count < 20)
  }
}

@Suite struct MembershipTests {
  static let split = Split(
    exposure: Exposure(
      grants: [
        Grant(cohort: .equals(attribute: "team", AttributeValue("staff")), share: .whole),
        Grant(cohort: .oneOf(attribute: "n", [AttributeValue("5"), AttributeValue("6", quoted: true)]), share: .whole),
        Grant(
          cohort: .all([
            .equals(attribute: "user.plan", AttributeValue("paid")),
            .not(.equals(attribute: "eu", AttributeValue("true"))),
          ]),
          share: Percentage(micro: 1000)),
      ], exclusions: [.equals(attribute: "tier", AttributeValue("stable"))]),
    unit: "tenant", canary: "on", control: "off")

  @Test(arguments: [
    (#"{"team":"staff"}"#, "noUnit"),
    (#"{"team":"staff","tenant":null}"#, "noUnit"),
    (#"{"team":"staff","tenant":""}"#, "noUnit"),
    (#"{"team":"staff","tenant":7}"#, "noUnit"),
    (#"{"team":"staff","tenant":["a"]}"#, "noUnit"),
    (#"{"team":"staff","tenant":"a"}"#, "cohort"),
    (#"{"team":"staff","tenant":"a","tier":"stable"}"#, "excluded"),
    (#"{"team":"Staff","tenant":"a"}"#, "noCohort"),
    (#"{"n":5,"tenant":"a"}"#, "cohort"),
    (#"{"n":5.0,"tenant":"a"}"#, "cohort"),
    (#"{"n":"5","tenant":"a"}"#, "cohort"),
    (#"{"n":"6","tenant":"a"}"#, "cohort"),
    (#"{"n":6,"tenant":"a"}"#, "noCohort"),
    (#"{"user":{"plan":"paid"},"tenant":"a"}"#, "outsideShare"),
    (#"{"user.plan":"paid","tenant":"a"}"#, "noCohort"),
    (#"{"user":{"plan":"paid"},"eu":true,"tenant":"a"}"#, "noCohort"),
    (#"{"user":{"plan":"paid"},"eu":"true","tenant":"a"}"#, "noCohort"),
    (#"{"user":{"plan":"paid"},"eu":1,"tenant":"a"}"#, "outsideShare"),
    (#"{"team":"e\u0301","tenant":"a"}"#, "noCohort"),
  ]) func saysInOrOutAndWhy(context: String, expected: String) throws {
    let membership = Membership(of: try JSON.parse(context), in: Self.split, flag: FlagKey("f"), hash: .v3)
    let name: String =
      switch membership {
      case .cohort: "cohort"
      case .share: "share"
      case .excluded: "excluded"
      case .noUnit: "noUnit"
      case .outsideShare: "outsideShare"
      case .noCohort: "noCohort"
      }
    #expect(name == expected)
    #expect(membership.isIn == (expected == "cohort"))
  }
}
