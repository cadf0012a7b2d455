import Testing

@testable import RolloutOps

/// Every verb in every state, through the real operations: what the table says is what happens, to the exit status,
/// to the store and to the journal.
@Suite struct StateTableTests {
  /// A world in which the rollout is found in that state, brought there by its own verbs.
  static func world(in state: RolloutState, for verb: Verb = .promote) throws -> World {
    let note = state == .degraded || verb == .degrade ? World.variantNote : World.plainNote
    let world = World(note: note)
    switch state {
    case .off: break
    case .exposing:
      try world.move(.promote)
      try world.advance()
    case .complete:
      for _ in 0..<4 { try world.advance() }
    case .held:
      try world.move(.promote)
      try world.move(.hold)
    case .degraded:
      // Nothing degrades by itself yet; the journal says it, and the store follows.
      try world.move(.promote)
      try world.advance()
      try world.degrade()
    case .killed:
      try world.move(.promote)
      try world.advance()
      world.kill()
    case .drifted:
      try world.move(.promote)
      try world.advance()
      try world.meddle { split in
        let grants = split.exposure.grants.map {
          $0.share.isWhole ? $0 : Grant(cohort: $0.cohort, share: Percentage(percent: 9))
        }
        split.exposure = Exposure(grants: grants)
      }
    case .planChanged:
      try world.move(.promote)
      world.files.put(World.note, note.replacing("5% of paid 0s", "4% of paid 0s"))
    case .finished:
      for _ in 0..<4 { try world.advance() }
      try world.attest("gates")
      try world.move(.finish)
    case .abandoned:
      try world.move(.promote)
      try world.move(.abandon)
    }
    return world
  }

  @Test(arguments: RolloutState.allCases)
  func conditionIsRecognised(state: RolloutState) throws {
    let world = try Self.world(in: state)
    let rollout = try Finder(context: world.context(), choices: OperatorChoices()).open(World.note, needsNote: false)
    #expect(rollout.situation.state == state)
  }

  @Test(arguments: Verb.allCases.filter { $0 != .kill }, RolloutState.allCases)
  func verbDoesWhatTheTableSays(verb: Verb, state: RolloutState) throws {
    let world = try Self.world(in: state, for: verb)
    let rule = StateTable.rule(verb, in: state)
    let (store, entries) = (world.files.text(World.store), try world.entries.count)
    let report = try world.move(verb, reason: "because") { request in
      switch verb {
      case .adopt: request.stage = "5% of paid"
      case .degrade: request.variant = "fast"
      case .exclude, .include:
        request.selector = .equals(attribute: "tenant", AttributeValue("acme"))
      default: break
      }
    }
    let moved = world.files.text(World.store) != store
    let journaled = try world.entries.count > entries
    switch rule {
    case .refused(let status, let why):
      #expect(report.status == status)
      #expect(report.decision.reasons.first == why)
      #expect(!moved && !journaled)
    case .already(let why):
      #expect(report.status == .done)
      #expect(report.decision.reasons.first == why)
      #expect(!moved && !journaled)
    case .recorded:
      #expect(report.status == .done)
      #expect(!moved)
      // Nobody is taken out here, and only one of these worlds is held: then there is nothing to write down.
      #expect(journaled == (verb != .include && (verb != .resume || state == .held)))
    case .gated:
      // From nowhere into the first stage nothing waits; elsewhere nobody has looked at the gates.
      #expect(report.status == (state == .off ? .done : .hold))
      #expect(moved == (state == .off) && journaled == moved)
    case .startsAnew:
      // The note is the one that was finished, or the one that was given up and may be tried again.
      #expect(report.status == .done)
      #expect(moved == (state == .abandoned))
    case .goes where verb == .include, .narrows where verb == .include:
      #expect(report.status == .done && !moved)
    case .goes where verb == .adopt:
      #expect(report.status == .done && journaled && !moved)
    case .goes where verb == .replan:
      // Where only the state stands in the way of nothing, a note that says what it said changes nothing.
      #expect(report.status == .done && journaled == (state == .planChanged))
    case .goes where verb == .abandon && state == .off:
      #expect(report.status == .done && !moved && !journaled)
    case .goes, .narrows:
      #expect(report.status == .done)
      #expect(moved && journaled)
    }
  }

  @Test(arguments: RolloutState.allCases)
  func killGoesThroughInEveryCondition(state: RolloutState) throws {
    let world = try Self.world(in: state)
    if state == .off {
      #expect(world.kill().status == .inconclusive)
      return
    }
    let report = world.kill()
    #expect(report.status == .done)
    #expect(try world.flag?.exposes(control: world.flag?["control"] == nil ? "off" : "control") == false)
    #expect(try world.flag?.mark?.killed == true)
    #expect(try world.move(.promote).status == .kill)
  }

  @Test func everyCellIsWritten() {
    for verb in Verb.allCases {
      for state in RolloutState.allCases {
        if case .refused(let status, let why) = StateTable.rule(verb, in: state) {
          #expect(status != .done && !why.isEmpty)
        }
      }
    }
  }
}

extension World {
  /// Puts the flag and the journal where a degrade leaves them.
  func degrade() throws {
    let journal = Journal(path: Self.journal, flag: Self.key, files: files)
    var reading = try journal.read()
    let progress = Progress(reading.entries)
    let content = Entry.Content(
      .degrade, .done, flag: Self.key, store: "file:flags.json", from: progress.place, to: progress.place,
      written: [JSON.Member("variant", "fast")])
    try journal.append(content, to: &reading, at: clock.now(), by: context().surroundings)
    let after = Progress(reading.entries)
    let store = FileStore(path: Self.store, address: "file:flags.json", context: context())
    _ = try store.write(try #require(after.expected), replacing: try store.read(Self.key), urgency: .ordinary)
  }
}

extension World {
  /// A note whose flag has a cheaper stand-in.
  static let variantNote =
    plainNote + """

      Variants:
      ```json
      {"control": {"model": "m-4", "prompt": "v6"}, "canary": {"model": "m-4", "prompt": "v7"},
       "fast": {"model": "s-1", "prompt": "v7"}, "off": {"enabled": false}}
      ```
      """

  /// Somebody changes the flag by hand, without a word to the journal.
  func meddle(_ change: (inout Split) -> Void) throws {
    let store = FileStore(path: Self.store, address: "file:flags.json", context: context("somebody"))
    let reading = try store.read(Self.key)
    var flag = try #require(reading.flag)
    guard case .split(var split) = flag.serving else { return }
    change(&split)
    flag.serving = .split(split)
    _ = try store.write(flag, replacing: reading, urgency: .ordinary)
  }
}

extension String {
  func replacing(_ old: String, _ new: String) -> String {
    var out = ""
    var rest = Substring(self)
    while !rest.isEmpty {
      if rest.hasPrefix(old) {
        out += new
        rest = rest.dropFirst(old.count)
      } else {
        out.append(rest.removeFirst())
      }
    }
    return out
  }
}
