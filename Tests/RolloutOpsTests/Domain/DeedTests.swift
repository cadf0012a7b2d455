import Foundation
import Testing

@testable import RolloutOps

/// What an entry says, as a value and as the members of its line: each makes the other, and no byte is lost.
@Suite struct DeedTests {
  // MARK: Lines that were written

  private static let folder = Path.tidied(Path.joined(Path.folder(of: "\(#filePath)"), "../../Fixtures/rollouts"))

  private static func kept(_ name: String) throws -> [UInt8] {
    Array(try #require(FileManager.default.contents(atPath: folder + "/\(name).journal")))
  }

  @Test(arguments: PlayedRollouts.all.map(\.name))
  func everyLineOfAKeptJournalIsWrittenAlikeAgain(name: String) throws {
    let bytes = try Self.kept(name)
    let reading = try Journal.parse(bytes, path: "/j", flag: World.key)
    var (again, previous): ([UInt8], String) = ([], EntryCodec.firstPrevious)
    for entry in reading.entries {
      let detail = entry.content.detail
      #expect(detail.deed.action == entry.content.action)
      #expect(detail.written == entry.content.written, "entry \(entry.sequence) of \(name)")
      if case .unreadable = detail.deed { Issue.record("entry \(entry.sequence) of \(name) is not read") }
      var made = entry
      made.content.written = []
      made.content.detail = detail
      let line = EntryCodec.line(made, previous: previous)
      again += line.bytes
      previous = line.hash
    }
    #expect(again == bytes)
  }

  /// Between them the kept journals hold every action that there is.
  @Test func everyActionIsInAKeptJournal() throws {
    let found = try PlayedRollouts.all.flatMap { rollout in
      try Journal.parse(try Self.kept(rollout.name), path: "/j", flag: World.key).entries.map(\.content.action)
    }
    #expect(Set(found) == Set(Entry.Action.allCases))
  }

  // MARK: Deeds that may be written

  @Test(arguments: 0..<400)
  func everyDeedComesBack(seed: Int) throws {
    var random = RandomDeeds(seed: UInt64(seed))
    for action in Entry.Action.allCases {
      let detail = random.detail(action)
      let text = JSON.object(detail.written).written(.compact)
      let members = try #require(try JSON.parse(text).members)
      #expect(members == detail.written, "seed \(seed)")
      let read = Entry.Detail(action, reading: members)
      #expect(read == detail, "seed \(seed): \(text)")
      #expect(read.written == members, "seed \(seed): \(text)")
    }
  }

  @Test(arguments: [
    (
      Entry.Detail(.promoted(.init(skipped: .init(gate: "soak", reason: "quiet", was: "1h to go"))), seen: ["from": 1]),
      #"{"override":{"gate":"soak","reason":"quiet","was":"1h to go"},"evidence":{"from":1},"propagation":6}"#
    ),
    (
      Entry.Detail(.rolledBack(.init(holds: true)), seen: ["from": 1]),
      #"{"holds":true,"propagation":6,"evidence":{"from":1}}"#
    ),
    (
      Entry.Detail(.finished(.init(keepsValues: true)), replaced: "{}", seen: ["from": 1]),
      #"{"evidence":{"from":1},"propagation":6,"keeps_values":true,"replaced":"{}"}"#
    ),
    (
      Entry.Detail(
        .killed(
          .init(
            serving: .applicationDefault,
            proof: .init(seconds: 0.5, attempts: 2, isReadBack: true, unguarded: "no ETag"))),
        concludes: 4, propagation: nil, seen: ["from": 1]),
      #"{"of":4,"served":null,"evidence":{"from":1},"seconds":0.5,"attempts":2,"verified_by":"read back","unguarded":"no ETag"}"#
    ),
    (
      Entry.Detail(.killed(.init(serving: .variant("off"), isFound: true)), propagation: nil),
      #"{"served":"off","found":"in the store"}"#
    ),
    (
      Entry.Detail(
        .adopted(.init(shown: "f1", serving: "rules", exclusions: [], merge: .init([]))), propagation: nil),
      #"{"shown":"f1","serving":"rules","exclusions":[],"merged":[]}"#
    ),
    (
      Entry.Detail(.adopted(.init(shown: "f1", exclusions: [], merge: .init([], degraded: "fast"))), propagation: nil),
      #"{"exclusions":[],"shown":"f1","degraded":"fast","merged":[]}"#
    ),
  ])
  func theOrderOfMembersIsWhatItAlwaysWas(detail: Entry.Detail, text: String) {
    #expect(JSON.object(detail.written).written(.compact) == text)
  }

  @Test func anOutcomeKeepsWhoWasTakenOutAndWhichGateWasSkipped() {
    func outcome(_ deed: Deed) -> Entry.Detail {
      let content = Entry.Content(Entry.Detail(deed, replaced: "{}"), .intended, flag: World.key, store: "s")
      let intent = Entry(
        sequence: 7, time: Instant(microseconds: 0), actor: "maya", host: "box", content: content)
      return intent.outcome(.undone, why: "because").detail
    }
    let skipped = Deed.SkippedGate(gate: "soak", reason: "quiet", was: nil)
    let selector = KeptSelector(.equals(attribute: "tenant", AttributeValue("acme")))
    #expect(
      outcome(.promoted(.init(skipped: skipped, holds: true)))
        == Entry.Detail(.promoted(.init(skipped: skipped)), concludes: 7, propagation: nil, why: "because"))
    #expect(
      outcome(.excluded(selector, shown: "f1"))
        == Entry.Detail(.excluded(selector, shown: nil), concludes: 7, propagation: nil, why: "because"))
  }

  // MARK: What other versions wrote

  @Test(arguments: [
    (Entry.Action.hold, "{}", Deed.held(automatic: false)), (.hold, #"{"automatic":true}"#, .held(automatic: true)),
    (.resume, "{}", .resumed(nil)), (.resume, #"{"lifts":"later"}"#, .resumed(nil)), (.kill, "{}", .killed(.init())),
    (.kill, #"{"served":5,"seconds":1}"#, .killed(.init())),
    (.attest, #"{"item":5}"#, .attested(.init(item: nil, stage: nil, evidence: nil))),
    (.exclude, "{}", .unreadable(.exclude)), (.include, #"{"selector":["a"]}"#, .unreadable(.include)),
    (.exclude, #"{"selector":"a ~ b"}"#, .excluded(KeptSelector(text: "a ~ b"), shown: nil)),
    (.promote, #"{"opens":true}"#, .promoted(.init(opening: .init(plan: nil, storeIdentity: nil)))),
    (.promote, #"{"opens":"yes","override":{"why":1}}"#, .promoted(.init())),
    (
      .finish, #"{"plan":{"a":1}}"#,
      .finished(.init(opening: .init(plan: FrozenPlan(json: ["a": 1]), storeIdentity: nil, starts: false)))
    ),
    (.replan, "{}", .replanned(nil, differences: nil)), (.degrade, "{}", .degraded(to: nil)),
    (.adopt, #"{"exclusions":[5]}"#, .adopted(.init(exclusions: [KeptSelector(text: "")]))),
    (.adopt, #"{"merged":[{}],"held":{"actor":"a"}}"#, .adopted(.init(merge: .init([])))),
  ])
  func anotherVersionsDetailIsReadAsFarAsItGoes(action: Entry.Action, text: String, deed: Deed) throws {
    #expect(Entry.Detail(action, reading: try #require(try JSON.parse(text).members)).deed == deed)
  }

  /// Whatever stands in a line stays there, known or not, in its order.
  @Test(arguments: [
    #"{"selector":["a"],"later":{"x":[1]}}"#, #"{"later":1,"of":3,"selector":"tenant = \u00e9"}"#,
    #"{"shown":"f","selector":"tenant in [ acme ]"}"#,
  ])
  func aLineKeepsWhatNobodyCanRead(detail: String) throws {
    let line =
      #"{"v":1,"seq":1,"time":"2026-11-21T10:00:00.000000Z","actor":"maya","host":"box","action":"exclude","#
      + #""outcome":"done","flag":"\#(World.key.text)","store":"s","detail":\#(detail),"#
      + #""prev":"\#(EntryCodec.firstPrevious)""#
    let bytes = Array((line + ",\"sha256\":\"\(SHA256.hex(line))\"}\n").utf8)
    let entry = try #require(try Journal.parse(bytes, path: "/j", flag: World.key).entries.first)
    #expect(JSON.object(entry.content.written) == (try JSON.parse(detail)))
    // An accent that was escaped is read as the letter, and this one writer spells it so.
    guard !detail.contains("\\u") else { return }
    #expect(EntryCodec.line(entry, previous: EntryCodec.firstPrevious).bytes == bytes)
  }
}

extension Entry.Detail {
  /// The detail of a test: a deed, and what comes with it.
  fileprivate init(
    _ deed: Deed, concludes: Int? = nil, propagation: TimeSpan? = TimeSpan(seconds: 6), replaced: String? = nil,
    seen: JSON? = nil, why: String? = nil
  ) {
    self.init(deed)
    (self.concludes, self.propagation, self.replaced) = (concludes, propagation, replaced)
    (self.seen, self.why) = (seen, why)
  }
}

/// Deeds with everything that they can hold or lack.
private struct RandomDeeds {
  private var random: SplitMix64
  private var plans: RandomPlans

  init(seed: UInt64) { (random, plans) = (SplitMix64(seed: seed), RandomPlans(seed: seed)) }

  private mutating func maybe<Value>(_ value: @autoclosure () -> Value) -> Value? {
    Bool.random(using: &random) ? value() : nil
  }

  private mutating func number() -> Int { Int.random(in: 0...100_000, using: &random) }

  private mutating func word() -> String {
    ["off", "a \"quoted\" word", "größer", "", "x\ny"][Int.random(in: 0..<5, using: &random)]
  }

  private mutating func text() -> String? {
    let word = word()
    return maybe(word)
  }

  private mutating func selector() -> KeptSelector { KeptSelector(RandomExposure.selector(&random, depth: 2)) }

  private mutating func opening() -> Deed.Opening? {
    let (plan, identity) = (FrozenPlan(plans.plan()), text())
    let hasPlan = Bool.random(using: &random)
    let opening = Deed.Opening(
      plan: hasPlan ? plan : nil, storeIdentity: identity, starts: !hasPlan || Bool.random(using: &random))
    return maybe(opening)
  }

  private mutating func passage(_ action: Entry.Action) -> Deed.Passage {
    let skipped = Deed.SkippedGate(gate: word(), reason: text(), was: text())
    return Deed.Passage(
      skipped: maybe(skipped), holds: .random(using: &random), opening: opening(),
      keepsValues: action == .finish && .random(using: &random))
  }

  private mutating func facts() -> Deed.KillFacts {
    let servings: [Deed.KillFacts.Serving?] = [nil, .applicationDefault, .variant(word())]
    let proof = Deed.KillFacts.Proof(
      seconds: Double(number()) / 1000, attempts: number(), isReadBack: .random(using: &random), unguarded: text())
    return Deed.KillFacts(
      serving: servings[Int.random(in: 0..<3, using: &random)], wasKilled: .random(using: &random),
      isFound: .random(using: &random), proof: maybe(proof))
  }

  private mutating func adoption() -> Deed.Adoption {
    let (hold, head) = (
      Hold(
        actor: word(), time: Instant(microseconds: Int64(number()) * 1_000_003), reason: text(),
        automatic: .random(using: &random)),
      JournalHead(sequence: number() + 1, hash: SHA256.hex(word()))
    )
    let branch = MergedBranch(head: head, common: number(), lines: [word(), word()])
    let merge = Deed.Merge([branch, branch], hold: maybe(hold), degraded: text())
    let exclusions = [selector(), selector()]
    return Deed.Adoption(
      shown: text(), serving: text(), exclusions: maybe(exclusions), opening: opening(), merge: maybe(merge))
  }

  private mutating func deed(_ action: Entry.Action) -> Deed {
    switch action {
    case .promote: return .promoted(passage(action))
    case .rollback: return .rolledBack(passage(action))
    case .restore: return .restored(passage(action))
    case .finish: return .finished(passage(action))
    case .abandon: return .abandoned(passage(action))
    case .hold: return .held(automatic: .random(using: &random))
    case .resume: return .resumed([nil, .hold, .degrade][Int.random(in: 0..<3, using: &random)])
    case .kill: return .killed(facts())
    case .exclude: return .excluded(selector(), shown: text())
    case .include: return .included(selector(), shown: text())
    case .adopt: return .adopted(adoption())
    case .replan:
      let (plan, differences) = (FrozenPlan(plans.plan()), [word(), word()])
      return .replanned(maybe(plan), differences: maybe(differences))
    case .attest: return .attested(Deed.Words(item: text(), stage: text(), evidence: text()))
    case .degrade: return .degraded(to: text())
    }
  }

  mutating func detail(_ action: Entry.Action) -> Entry.Detail {
    var detail = Entry.Detail(deed(action))
    let (of, span) = (number(), TimeSpan(seconds: number()))
    (detail.concludes, detail.propagation) = (maybe(of), maybe(span))
    (detail.replaced, detail.why) = (text(), text())
    // What somebody attests has its own evidence, under the same name.
    if action != .attest { detail.seen = maybe(["gates": [["name": "soak"]]]) }
    return detail
  }
}
