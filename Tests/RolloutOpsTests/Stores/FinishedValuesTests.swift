import Testing

@testable import RolloutOps

/// A rollout with variants on platforms where no verb changes a value: finished, everybody gets the canary under its own
/// name, and a kill still serves what was there before.
@Suite(.serialized, .waits, .needsPython) struct FinishedValuesTests {
  static let servers = Dictionary(
    uniqueKeysWithValues: TestedPlatform.allCases.map { kind in (kind, Result { try LivePlatform(kind) }) })

  private static func finished(_ world: World) throws {
    for _ in 0..<4 { #expect(try world.advance().status == .done) }
    try world.attest("gates")
    #expect(try world.move(.finish).status == .done)
  }

  private static func store(_ address: String, _ world: World) throws -> any FlagStore {
    try StoreAddress(address).opening(from: "/w", StoreTerms(root: "/w"), world.context())
  }

  private struct Case {
    let platform: LivePlatform
    let world: World
    let address: String
  }

  private func begin(_ kind: TestedPlatform) throws -> Case {
    let platform = try #require(Self.servers[kind]).get()
    try platform.put(["flags": [:], "group_types": ["0": "tenant"]])
    return Case(platform: platform, world: platform.world(SampleNote.withVariants), address: platform.address)
  }

  @Test(arguments: TestedPlatform.allCases) func theCanaryIsServedAndNoValueChanges(name: TestedPlatform) throws {
    let one = try begin(name)
    try one.world.move(.promote)
    let before = try #require(try Self.store(one.address, one.world).read(World.key).flag)
    try one.world.move(.rollback) { $0.stage = "off" }
    try Self.finished(one.world)
    let flag = try #require(try Self.store(one.address, one.world).read(World.key).flag)
    #expect(flag.serving == .everyone("canary"))
    #expect(flag.variants.map(\.value) == before.variants.map(\.value))
    #expect(try one.world.status().place == .finished)
    #expect(try one.world.status().drift == nil)
    // The list of all rollouts judges by the same rules of the platform.
    var choices = OperatorChoices()
    choices.stores = [one.address]
    let listed = try Status(context: one.world.context(), choices: choices).fleet().lines
    #expect(listed.count == 1 && listed[0].report?.place == .finished && listed[0].report?.drift == nil, "\(listed)")
    #expect(try one.world.move(.promote).decision.reasons == ["the note's rollout is finished, there is nothing to do"])

    // At no point does a kill serve the new version.
    let kill = one.world.kill()
    #expect(kill.status == .done && kill.lines[0].off, "\(kill.lines)")
    let killed = try #require(try Self.store(one.address, one.world).read(World.key).flag)
    #expect(killed.serving == .everyone("control") && killed["control"]?["model"] == "m-4")
    #expect(try one.world.move(.restore, reason: "mended").status == .done)
    #expect(try one.world.status().place.stageIndex == 0)
    #expect(try Self.store(one.address, one.world).read(World.key).flag?["canary"]?["model"] == "m-5")
  }

  @Test(arguments: TestedPlatform.allCases) func whoIsTakenOutOfAFinishedOneGetsControl(name: TestedPlatform) throws {
    let one = try begin(name)
    try Self.finished(one.world)
    let globex = StatsigGateTests.equals("tenant", "globex")
    let out = try one.world.move(.exclude, reason: "asked for it") { $0.selector = globex }
    #expect(out.status == .done, "\(out.decision.reasons)")
    let flag = try #require(try Self.store(one.address, one.world).read(World.key).flag)
    guard case .split(let split) = flag.serving else { return #expect(Bool(false), "\(flag.serving)") }
    #expect(split.canary == "canary" && split.exposure.exclusions == [globex])
    #expect(try one.world.status().drift == nil)
    #expect(try one.world.move(.include, reason: "asked for it") { $0.selector = globex }.status == .done)
    #expect(try Self.store(one.address, one.world).read(World.key).flag?.serving == .everyone("canary"))
  }

  @Test(arguments: TestedPlatform.allCases) func whoWasCutOffWhileFinishingHasFinished(name: TestedPlatform) throws {
    let one = try begin(name)
    for _ in 0..<4 { try one.world.advance() }
    try one.world.attest("gates")
    try one.platform.fail(["method": "PATCH", "times": 1, "do": ["after": "close"]])
    _ = try? one.world.move(.finish)
    #expect(try one.world.status().place == .finished)
    #expect(try one.world.status().drift == nil)
  }

  /// As an earlier version left it on PostHog: control with the canary's value.
  @Test func whatAnEarlierVersionFinishedIsNoDrift() throws {
    let one = try begin(.posthog)
    try Self.finished(one.world)
    let entries = try #require(one.world.files.paths.first { $0.hasSuffix("ai-summary.journal") })
    #expect(one.world.files.text(entries)?.contains("\"keeps_values\":true") == true)
    var plan = Plan(flag: World.key)
    plan.variants = try #require(
      Note.read(Array(SampleNote.withVariants.utf8), path: "summary.md").plan?.variants)
    let old = plan.flag(at: .finished)
    #expect(old.serving == .everyone("control") && old["control"]?["model"] == "m-5")
    #expect(plan.flag(at: .finished, keepsValues: true).serving == .everyone("canary"))
    // A journal of then says nothing about values.
    var progress = Progress([])
    let content = Entry.Content(
      .finish, .done, flag: World.key, store: one.address, to: .finished, written: [JSON.Member("plan", plan.frozen)])
    progress.add(
      Entry(sequence: 1, time: Instant(microseconds: 0), actor: "a", host: "h", content: content))
    #expect(progress.expected?.serving == .everyone("control"))
    guard case .agrees = progress.agreement(with: old, variants: plan.variants) else {
      Issue.record("an earlier version's finished flag is no drift")
      return
    }
  }

  /// Whatever the tool says when a value differs, nobody is led to change what control is.
  @Test func theNextNoteIsNotToldToChangeAValueThere() throws {
    let one = try begin(.launchDarkly)
    try Self.finished(one.world)
    let next = SampleNote.withVariants.replacing("v7", "v8").replacing("= v6", "= v7")
      .replacing("\"control\": {\"model\": \"m-4\"}", "\"control\": {\"model\": \"m-5\"}")
      .replacing("\"canary\": {\"model\": \"m-5\"}", "\"canary\": {\"model\": \"m-6\"}")
    one.world.files.put(World.note, SampleNote.saying("Store", "Store: \(one.address)", in: next))
    let trouble = try #require(throws: Trouble.self) { try one.world.move(.promote) }
    let words = trouble.sentences.joined(separator: "; ")
    #expect(words.contains("a flag of its own") && words.contains("Do not change them there"), "\(words)")
    #expect(!words.contains("change it there"))
    _ = one.world.kill()
    #expect(try Self.store(one.address, one.world).read(World.key).flag?["control"]?["model"] == "m-4")
  }

  /// The same people get the same variants: what differs is what those are, and that is shown.
  @Test func aValueThatSomebodyChangedIsShownAsThat() throws {
    let one = try begin(.launchDarkly)
    for _ in 0..<4 { try one.world.advance() }
    try one.platform.edit("ai-summary", ["variations": ["0": ["value": ["model": "m-5"]]]])
    let drift = try #require(try one.world.status().drift)
    #expect("\(drift.expected)" == #"control = {"model": "m-4"}"# && "\(drift.shown)" == #"control = {"model": "m-5"}"#)
    #expect(one.world.kill().status == .done)
  }

  /// Where the route about running releases is refused, the change is made, and that nobody could look is said.
  @Test(arguments: [400, 403, 404, 500]) func aReleaseThatCannotBeAskedForIsSaid(status: Int) throws {
    let one = try begin(.launchDarkly)
    #expect(try one.world.move(.promote).remarks.allSatisfy { !$0.contains("could not be asked") })
    try one.world.attest("gates")
    try one.platform.fail(["path": "automated-releases", "times": 99, "do": ["answer": ["status": .number(status)]]])
    let report = try one.world.move(.promote)
    #expect(report.status == .done)
    #expect(
      report.remarks.contains { $0.contains("could not be asked (it answered \(status))") }, "\(report.remarks)")
    try one.platform.fail()
    try one.world.attest("gates")
    try one.world.attest("review", by: "lee")
    #expect(try one.world.move(.promote).remarks.allSatisfy { !$0.contains("could not be asked") })
  }
}
