import Foundation
import Testing

/// A whole rollout through the real executable, as an application with the real OpenFeature provider serves it.
///
/// Needs the virtual environment from Tests/Live/requirements.txt, in `$ROLLOUTCTL_VENV` or `.venv/flags`.
@Suite(.serialized, .waits) struct RealClientTests {
  @Test func theProviderIsThereWhereItIsRequired() {
    if Live.isRequired { #expect(Live.hasFlagsPython, Live.flagsReason) }
  }

  // MARK: The note and who lives in its world

  static func note(_ variants: String = "") -> String {
    """
    # AI Rollout Note

    Change: Contract summary prompt v6 -> v7
    Flag: ai-summary
    Store: file:flags.json
    Change type: prompt
    Tier: 2
    Version: prompt_version = v7
    Control version: prompt_version = v6
    Unit: tenant
    Owner: maya
    Time zone: UTC
    Fallback: off -> clause template without AI

    Cohorts:
    - internal: team = staff
    - friends: tenant in [acme, globex, initech]
    - paid: plan = paid
    Exclude: stability_tier = stable
    Schedule: internal 0s -> friends 0s -> 5% of paid 0s -> 25% of paid 0s -> 50% 0s -> 100% 0s -> finish 0s

    Dashboard / query: https://dashboards.example.com/d/summary
    Rollback trigger:
    - parse failures above 2%
    \(variants)
    """
  }

  static let variants = """

    Variants:
    ```json
    { "control": {"model": "m-4", "prompt": "v6"}, "canary": {"model": "m-4", "prompt": "v7"}, "off": {"enabled": false} }
    ```
    """

  /// One request's attributes, and what the note says about it.
  struct Resident {
    let attributes: [String: String]
    let hasUnit: Bool

    var isStable: Bool { attributes["stability_tier"] == "stable" }
    var isStaff: Bool { attributes["team"] == "staff" }
    var isFriend: Bool { ["acme", "globex", "initech"].contains(attributes["tenant"]) }
    var isPaid: Bool { attributes["plan"] == "paid" }
    /// In a named cohort and so in from the second stage on.
    var isNamed: Bool { isStaff || isFriend }
  }

  static func residents(_ count: Int) -> [Resident] {
    let named = ["acme", "globex", "initech"].map { ["tenant": $0, "plan": "free"] }
    let tenants = (0..<count - 3).map { index in
      var attributes = ["tenant": "tenant-\(index)", "plan": index % 3 == 0 ? "paid" : "free"]
      if index % 101 == 0 { attributes["team"] = "staff" }
      if index % 7 == 0 { attributes["stability_tier"] = "stable" }
      return attributes
    }
    let without = [
      [:], ["plan": "paid"], ["team": "staff"], ["plan": "paid", "tenant": ""], ["team": "staff", "plan": "paid"],
    ]
    return (named + tenants).map { Resident(attributes: $0, hasUnit: true) }
      + without.map { Resident(attributes: $0, hasUnit: false) }
  }

  // MARK: The walk

  struct Shape: Sendable, CustomTestStringConvertible {
    let isObject: Bool
    let tenants: Int
    var canary: String { isObject ? "canary" : "on" }
    var control: String { isObject ? "control" : "off" }
    var testDescription: String { "\(isObject ? "variants" : "boolean"), \(tenants) tenants" }
  }

  /// A reader, a world and the people in it; remembers who was let in before.
  final class Walk {
    let shape: Shape
    let world: LiveWorld
    let reader: FlagReader
    let residents: [Resident]
    private(set) var inside: Set<Int> = []

    init(_ shape: Shape) throws {
      self.shape = shape
      world = try LiveWorld(note: RealClientTests.note(shape.isObject ? RealClientTests.variants : ""))
      residents = RealClientTests.residents(shape.tenants)
      // A reader wants a file that it can follow; the flag itself is made by the first promote.
      reader = try FlagReader(file: world.folder.path("flags.json"), isObject: shape.isObject)
      try reader.load(residents.map(\.attributes))
    }

    /// Who gets the canary now. Everybody else must get `other`, and nobody an application's own default.
    func look(
      _ moment: FlagReader.Moment, other: String? = nil, at place: SourceLocation = #_sourceLocation
    ) throws -> Set<Int> {
      let served = try reader.variants(moment, at: place)
      let allowed = [shape.canary, other ?? shape.control]
      let strangers = served.filter { !allowed.contains($0) }
      #expect(strangers.count == 0, "served besides: \(Set(strangers))", sourceLocation: place)
      inside = Set(served.indices.filter { served[$0] == shape.canary })
      return inside
    }

    func all(_ belongs: (Resident) -> Bool) -> Set<Int> {
      Set(residents.indices.filter { residents[$0].hasUnit && !residents[$0].isStable && belongs(residents[$0]) })
    }

    /// Exactly these and nobody else.
    func expect(_ expected: Set<Int>, at place: SourceLocation = #_sourceLocation) {
      let wrong = inside.symmetricDifference(expected)
      let examples = wrong.prefix(3).map { "\(residents[$0].attributes)" }
      #expect(wrong.count == 0, "wrong for \(wrong.count): \(examples)", sourceLocation: place)
    }

    /// The share of those let in, among those whom no earlier stage had let in by name, within 4 standard deviations of a
    /// binomial share: one fair hash in 16,000 would fail.
    func expectShare(
      _ share: Double, of cohort: Set<Int>, at place: SourceLocation = #_sourceLocation
    ) {
      let pool = cohort.subtracting(all(\.isNamed))
      let count = Double(pool.intersection(inside).count)
      let bound = 4 * (Double(pool.count) * share * (1 - share)).squareRoot()
      let expected = Double(pool.count) * share
      print("\(shape.testDescription): \(Int(count)) of \(pool.count), \(expected) ± \(Int(bound)) expected")
      #expect(abs(count - expected) <= bound, sourceLocation: place)
    }
  }

  @Test(
    .enabled(if: Live.hasFlagsPython, Live.flagsReason),
    arguments: [Shape(isObject: false, tenants: 20_000), Shape(isObject: true, tenants: 20_000)])
  func everyStageServesExactlyWhoTheNoteSays(shape: Shape) throws {
    let walk = try Walk(shape)
    let world = walk.world
    let served = try walk.reader.variants(.now)
    #expect(served.allSatisfy { $0.hasPrefix("default:") }, "the flag was there before the first promote")

    try world.done("promote", LiveWorld.note, "--to", "internal")
    _ = try walk.look(.stage("internal"))
    walk.expect(walk.all(\.isStaff))

    try world.enter("friends")
    _ = try walk.look(.stage("friends"))
    walk.expect(walk.all(\.isNamed))

    let (named, paid) = (walk.all(\.isNamed), walk.all(\.isPaid))
    try world.enter("5% of paid")
    let five = try walk.look(.stage("5% of paid"))
    #expect(five.isSuperset(of: named))
    #expect(five.subtracting(named).isSubset(of: paid))
    walk.expectShare(0.05, of: paid)

    try world.enter("25% of paid")
    let quarter = try walk.look(.stage("25% of paid"))
    #expect(quarter.isSuperset(of: five))
    #expect(quarter.subtracting(named).isSubset(of: paid))
    walk.expectShare(0.25, of: paid)

    try takeOneOutAndBackIn(walk, quarter)

    try world.enter("50%")
    let half = try walk.look(.stage("50%"))
    #expect(half.isSuperset(of: quarter))
    walk.expectShare(0.5, of: walk.all { !$0.isPaid })
    walk.expectShare(0.5, of: paid)

    try killAndRestore(walk, backAtHalf: half)

    try world.enter("100%")
    _ = try walk.look(.stage("100%"))
    walk.expect(walk.all { _ in true })

    _ = try world.run("attest", LiveWorld.note, "gates", "--evidence", "looked at the dashboard")
    try world.done("finish", LiveWorld.note)
    try walk.reader.ask(.stage("finished"))
    let last = try walk.reader.answer()
    if shape.isObject {
      // The canary's value is the new control, so that the next rollout falls back to it.
      #expect(Set(last.variants) == ["control"])
      #expect((last.first as? [String: String])?["prompt"] == "v7")
    } else {
      #expect(Set(last.variants) == ["on"])
    }
    try world.verify()
  }

  private func takeOneOutAndBackIn(_ walk: Walk, _ before: Set<Int>) throws {
    let someone = try #require(before.subtracting(walk.all(\.isNamed)).min())
    let attributes = walk.residents[someone].attributes
    let selector = "tenant=\(attributes["tenant"] ?? "")"
    try walk.world.done("exclude", LiveWorld.note, selector, "--reason", "their contract says so")
    _ = try walk.look(.variant(walk.shape.control, context: attributes))
    walk.expect(before.subtracting([someone]))
    try walk.world.done("include", LiveWorld.note, selector, "--reason", "they agreed")
    _ = try walk.look(.variant(walk.shape.canary, context: attributes))
    walk.expect(before)
  }

  /// Killed twice where there are variants: to control, as without a word, and to off.
  private func killAndRestore(_ walk: Walk, backAtHalf half: Set<Int>) throws {
    let world = walk.world
    for variant in walk.shape.isObject ? ["control", "off"] : ["off"] {
      let words = ["kill", "ai-summary"] + (variant == "off" && walk.shape.isObject ? ["--to", "off"] : [])
      let outcome = try world.start(words, actor: "oncall").finish()
      #expect(outcome.end == .status(0), "\(outcome)")
      let served = try walk.reader.variants(.stage("killed (\(variant))"))
      #expect(Set(served) == [variant])
      #expect(try world.run("promote", LiveWorld.note).end == .status(5))
    }
    try world.done("restore", "ai-summary", "--reason", "the loop is fixed")
    _ = try walk.look(.stage("internal"))
    walk.expect(walk.all(\.isStaff))
    for stage in ["friends", "5% of paid", "25% of paid", "50%"] { try world.enter(stage) }
    _ = try walk.look(.stage("50%"))
    // The hash is the same as before the kill, and so is who is in.
    walk.expect(half)
  }

  // MARK: How long a kill takes

  /// 500 ms is the provider's own default; 5 ms shows how much of the time is ours.
  @Test(.enabled(if: Live.hasFlagsPython, Live.flagsReason), arguments: [500, 5])
  func aKillReachesTheApplication(deadline: Int) throws {
    let world = try LiveWorld(note: Self.note())
    let reader = try FlagReader(file: world.folder.path("flags.json"), isObject: false, deadline: deadline)
    try reader.load([["tenant": "tenant-1", "team": "staff"]])
    try world.done("promote", LiveWorld.note, "--to", "internal")
    var times: [Double] = []
    for _ in 0..<5 {
      #expect(try reader.variants(.stage("internal")) == ["on"])
      try reader.ask(.stage("killed (off)"))
      let started = FlagReader.monotonic()
      try world.done("kill", "ai-summary", actor: "oncall")
      let seen = try reader.answer()
      #expect(seen.variants == ["off"])
      times.append((seen.at - started) * 1000)
      try world.done("restore", "ai-summary", "--reason", "next round")
    }
    times.sort()
    let told = times.map { String(format: "%.1f", $0) }.joined(separator: ", ")
    print("from the start of kill to off in the SDK, provider tick \(deadline) ms: \(told) ms")
    // The store promises 5 s; anything near that means the provider did not follow by itself.
    #expect(times.allSatisfy { $0 > 0 && $0 < 5000 })
  }
}
