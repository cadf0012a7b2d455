import Testing

@testable import RolloutOps

/// Requests that are asked of an evaluation endpoint: each stands for what it says it stands for.
@Suite struct ProbingTests {
  private static let flag = FlagKey("ai-summary")

  private static func split(_ grants: [(String?, String)], without: [String] = [], unit: String = "tenant") throws
    -> Split
  {
    let exposure = Exposure(
      grants: try grants.map { cohort, share in
        Grant(
          cohort: try cohort.map { try SelectorText(Substring($0)).selector },
          share: Percentage(percent: try #require(Int(share))))
      }, exclusions: try without.map { try SelectorText(Substring($0)).selector })
    return Split(exposure: exposure, unit: unit, canary: "canary", control: "control")
  }

  @Test func eachCohortEachExclusionAndEverybodyElseIsAskedFor() throws {
    let split = try Self.split(
      [("team = staff", "100"), ("tenant in [acme, globex]", "100"), ("plan = paid", "5")], without: ["tier = stable"])
    let probes = split.probes(of: Self.flag, hashes: [.v3])
    #expect(
      probes.map(\.who) == [
        "team = staff", "tenant in [acme, globex]", "5% of plan = paid", "tier = stable, who is excluded",
        "everybody else",
      ])
    #expect(probes.map(\.expected) == ["canary", "canary", "canary", "control", "control"])
    #expect(probes[0].attributes == ["team": "staff", "tenant": "rolloutctl-probe-1"])
    #expect(probes[1].attributes == ["tenant": "acme"] && probes[1].unit == "acme")
    #expect(probes[3].attributes == ["tier": "stable", "tenant": "rolloutctl-probe-1"])
  }

  /// What is expected is what the store's readers answer, for whatever a note may say.
  @Test func whatIsExpectedIsWhatTheFlagSays() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    var (asked, shared) = (0, 0)
    for _ in 0..<300 {
      let hash = FlagHash.allCases.randomElement(using: &random) ?? .v3
      let split = Split(
        exposure: RandomExposure.any(&random), unit: Bool.random(using: &random) ? "tenant" : "user.id",
        canary: "canary",
        control: "control")
      for probe in split.probes(of: Self.flag, hashes: [hash]) {
        let membership = Membership(of: probe.attributes, in: split, flag: Self.flag, hash: hash)
        asked += 1
        if case .share = membership { shared += 1 }
        #expect(probe.expected == (membership.isIn ? "canary" : "control"), "seed \(seed): \(split) \(probe)")
      }
    }
    #expect(asked > 300 && shared > 50, "seed \(seed)")
  }

  /// Which version of the hash an application's reader has only a note tells: without one a unit of each is asked.
  @Test func withoutANoteAUnitOfEveryHashIsAsked() throws {
    let split = try Self.split([(nil, "3")])
    let probes = split.probes(of: Self.flag, hashes: FlagHash.allCases).filter { $0.who == "3% of everybody" }
    #expect(probes.count == 3 && probes.allSatisfy { $0.expected == nil })
    for (probe, hash) in zip(probes, FlagHash.allCases) {
      #expect(Membership(of: probe.attributes, in: split, flag: Self.flag, hash: hash).isIn)
    }
  }

  /// A platform deals by its own hash: whom it lets in nobody else can tell.
  @Test func ofAPlatformsShareTenUnitsAreAskedAndNothingExpected() throws {
    let probes = try Self.split([("team = staff", "100"), (nil, "25")]).probes(of: Self.flag, hashes: [])
    #expect(probes.map(\.who) == ["team = staff"] + Array(repeating: "25% of everybody", count: 10))
    #expect(Set(probes.dropFirst().map(\.unit)).count == 10)
    #expect(probes.dropFirst().allSatisfy { $0.expected == nil })
    let named = try Self.split([("tenant in [a, b]", "50")]).probes(of: Self.flag, hashes: [])
    #expect(named.filter { $0.expected == nil }.map(\.unit) == ["a", "b"])
  }

  @Test func whereEverybodyIsInNobodyElseIsAsked() throws {
    #expect(try Self.split([(nil, "100")]).probes(of: Self.flag, hashes: [.v3]).map(\.who) == ["everybody"])
  }
}

/// What an evaluation endpoint's answers say together.
@Suite struct ServedTests {
  private static let variants = [Variants.Variant("on", true), Variants.Variant("off", false)]

  private func served(_ answers: [(String?, Served.Outcome)]) -> Served {
    Served(
      address: "https://e",
      answers.map { Served.Answer(Probe(who: "w", attributes: [:], unit: "u", expected: $0), $1) },
      variants: Self.variants)
  }

  @Test func aValueIsEnoughWhereThereIsNoNameForIt() {
    #expect(served([("on", .served(variant: nil, value: true))]).agrees == true)
    #expect(served([("on", .served(variant: "enabled", value: true))]).agrees == true)
    #expect(served([("on", .served(variant: "off", value: true))]).agrees == false)
    #expect(served([("on", .served(variant: "on", value: nil))]).agrees == true)
  }

  @Test func oneOtherAnswerIsADisagreementAndOneMissingIsNoAgreement() {
    let good = ("on" as String?, Served.Outcome.served(variant: "on", value: true))
    #expect(served([good, good]).agrees == true)
    #expect(served([good, ("on", .served(variant: "off", value: false)), ("on", .codeDefault("x"))]).agrees == false)
    #expect(served([good, ("on", .codeDefault("FLAG_NOT_FOUND"))]).agrees == nil)
    #expect(served([good, ("on", .unknown(.beyond("x")))]).agrees == nil)
  }

  /// Nobody is wrong where nothing was expected, and that is no agreement either.
  @Test func whereNothingIsExpectedNothingAgrees() {
    #expect(served([(nil, .served(variant: "on", value: true))]).agrees == nil)
    #expect(served([]).agrees == nil)
  }
}
