import Testing

@testable import RolloutOps

/// Requests that are asked of an evaluation endpoint: each stands for what it says it stands for.
@Suite struct ProbeTests {
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
    let probes = split.probes(of: Self.flag, byFlagHash: true)
    let shared = probes.filter { $0.dealing != nil }
    #expect(shared.count > 1 && shared.allSatisfy { $0.who == "5% of plan = paid" && $0.expected == "canary" })
    let others = probes.filter { $0.dealing == nil }
    #expect(
      others.map(\.who) == [
        "team = staff", "tenant in [acme, globex]", "tier = stable, who is excluded", "everybody else",
      ])
    #expect(others.map(\.expected) == ["canary", "canary", "control", "control"])
    #expect(probes[0].attributes == ["team": "staff", "tenant": "rolloutctl-probe-1"])
    #expect(probes[1].attributes == ["tenant": "acme"] && probes[1].unit == "acme")
    #expect(others[2].attributes == ["tier": "stable", "tenant": "rolloutctl-probe-1"])
  }

  /// What is expected is what the store's readers answer, for whatever a note may say.
  @Test func whatIsExpectedIsWhatTheFlagSays() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix64(seed: seed)
    var (asked, shared) = (0, 0)
    for _ in 0..<300 {
      let split = Split(
        exposure: RandomExposure.any(&random), unit: Bool.random(using: &random) ? "tenant" : "user.id",
        canary: "canary",
        control: "control")
      for probe in split.probes(of: Self.flag, byFlagHash: true) {
        for hash in FlagHash.allCases {
          let membership = Membership(of: probe.attributes, in: split, flag: Self.flag, hash: hash)
          asked += 1
          if case .share = membership { shared += 1 }
          let expected = probe.dealing?.variant(by: hash) ?? probe.expected
          #expect(expected == (membership.isIn ? "canary" : "control"), "seed \(seed): \(split) \(probe) \(hash)")
        }
      }
    }
    #expect(asked > 300 && shared > 50, "seed \(seed)")
  }

  /// Which hash a server deals by only its answers tell.
  @Test(arguments: [1, 25, 75]) func theUnitsOfAShareTellTheHashesApart(percent: Int) throws {
    let split = try Self.split([(nil, "\(percent)")])
    let probes = split.probes(of: Self.flag, byFlagHash: true).filter { $0.dealing != nil }
    #expect((2...5).contains(probes.count))
    var answers: Set<[String?]> = []
    for hash in FlagHash.allCases {
      answers.insert(probes.map { $0.dealing?.variant(by: hash) })
      #expect(probes.contains { $0.dealing?.letsIn.contains(hash) == true }, "it lets in nobody who is asked")
      for probe in probes {
        let isIn = Membership(of: probe.attributes, in: split, flag: Self.flag, hash: hash).isIn
        #expect(isIn == probe.dealing?.letsIn.contains(hash))
      }
    }
    #expect(answers.count == 3)
  }

  /// Of nearly everybody hardly anybody is let in by one hash alone; of hardly anybody nobody is found at all.
  @Test func ofTheLargestAndTheSmallestSharesThereIsWhoThereIs() throws {
    let nearly = Exposure(grants: [Grant(cohort: nil, share: Percentage(micro: 99_999_000))])
    let all = Split(exposure: nearly, unit: "tenant", canary: "canary", control: "control")
    #expect(all.probes(of: Self.flag, byFlagHash: true).map(\.dealing?.letsIn) == [Set(FlagHash.allCases)])
    let hardly = Exposure(grants: [Grant(cohort: nil, share: Percentage(micro: 1_000))])
    let one = Split(exposure: hardly, unit: "tenant", canary: "canary", control: "control")
    #expect(one.probes(of: Self.flag, byFlagHash: true).map(\.who) == ["everybody else"])
  }

  /// A platform deals by its own hash: whom it lets in nobody else can tell.
  @Test func ofAPlatformsShareTenUnitsAreAskedAndNothingExpected() throws {
    let probes = try Self.split([("team = staff", "100"), (nil, "25")]).probes(of: Self.flag, byFlagHash: false)
    #expect(probes.map(\.who) == ["team = staff"] + Array(repeating: "25% of everybody", count: 10))
    #expect(Set(probes.dropFirst().map(\.unit)).count == 10)
    #expect(probes.dropFirst().allSatisfy { $0.expected == nil })
    let named = try Self.split([("tenant in [a, b]", "50")]).probes(of: Self.flag, byFlagHash: false)
    #expect(named.filter { $0.expected == nil }.map(\.unit) == ["a", "b"])
  }

  @Test func whereEverybodyIsInNobodyElseIsAsked() throws {
    #expect(try Self.split([(nil, "100")]).probes(of: Self.flag, byFlagHash: true).map(\.who) == ["everybody"])
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

  private static func dealt(_ letsIn: Set<FlagHash>, _ served: String) -> Served.Answer {
    let dealing = Probe.Dealing(canary: "on", control: "off", letsIn: letsIn)
    let probe = Probe(who: "25% of everybody", attributes: [:], unit: "\(letsIn)", expected: "on", dealing: dealing)
    return Served.Answer(probe, .served(variant: served, value: nil))
  }

  private static func dealt(by hash: FlagHash, noted: [FlagHash] = []) -> Served {
    let answers = FlagHash.allCases.map { dealt([$0], $0 == hash ? "on" : "off") }
    return Served(address: "https://e", answers, variants: variants, noted: noted)
  }

  /// A server that deals by another hash than the note names is right by its own; one that lets in nobody is not.
  @Test(arguments: FlagHash.allCases) func aServerIsRightByItsOwnHash(hash: FlagHash) {
    let served = Self.dealt(by: hash, noted: [.v1, .v2])
    #expect(served.agrees == true && served.hashes == [hash])
    let lines = served.lines(ink: Ink(isOn: false))
    #expect(lines.first == "  served: on to 25% of everybody   https://e", "\(lines)")
    #expect(
      lines.dropFirst().map(\.self)
        == (hash == .v3
          ? [
            "  flag hash: https://e deals by v3, and the note says v1, v2; `Flag hash: v3` in the note says it right, and "
              + "moves nobody"
          ] : []))
    #expect(Self.dealt(by: hash).lines(ink: Ink(isOn: false)).count == 1, "a note that names none says nothing wrong")
    let expected = served.json["answers"]?.items?.compactMap { $0["expected"]?.text }
    #expect(expected == FlagHash.allCases.map { $0 == hash ? "on" : "off" })
  }

  @Test(arguments: ["on", "off"]) func whoServesAllTheSameDealsByNoHash(variant: String) {
    let answers = FlagHash.allCases.map { Self.dealt([$0], variant) }
    let served = Served(address: "https://e", answers, variants: Self.variants)
    #expect(served.agrees == false && served.hashes == [])
    let text = served.lines(ink: Ink(isOn: false)).joined(separator: "\n")
    #expect(text.contains(variant == "off" ? "25% of everybody gets off, not on" : "by none of the hashes"), "\(text)")
  }

  /// Nobody is wrong where nothing was expected, and that is no agreement either.
  @Test func whereNothingIsExpectedNothingAgrees() {
    #expect(served([(nil, .served(variant: "on", value: true))]).agrees == nil)
    #expect(served([]).agrees == nil)
  }
}
