/// The detail of an entry as the members of its line, and back. Nobody else knows what they are called.
///
/// Members that this version does not know stay in `written`, where the line has them: what was written once is never
/// put together anew. A member of another kind than this version writes counts as missing.
extension Entry.Detail {
  package init(_ action: Entry.Action, reading written: [JSON.Member]) {
    let line = JSON.object(written)
    deed = Deed(action, line)
    concludes = line[Name.of]?.integer
    propagation = line["propagation"]?.integer.map(TimeSpan.init(seconds:))
    replaced = line["replaced"]?.text
    if let record = line[Name.evidence], record.members != nil { seen = record }
    why = line["why"]?.text
  }

  /// In the order in which every version has written them.
  package var written: [JSON.Member] {
    // What goes forward says first what it saw.
    let seesFirst = [.promote, .finish].contains(deed.action)
    var line = JSON.Members()
    line.add(Name.of, concludes.map { .number($0) })
    deed.write(into: &line, seen: seesFirst ? seen : nil)
    line.add("propagation", propagation.map { .number($0.seconds) })
    if case .finished(let passage) = deed { line.mark("keeps_values", passage.keepsValues) }
    line.add("replaced", replaced.map(JSON.string))
    line.add(Name.evidence, seesFirst ? nil : seen)
    if case .killed(let facts) = deed { facts.proof?.write(into: &line) }
    line.add("why", why.map(JSON.string))
    return line.all
  }
}

/// Members that are asked for by themselves, or that several deeds have.
private enum Name {
  static let of = "of"
  static let evidence = "evidence"
  static let selector = "selector"
  static let override = "override"
  static let opens = "opens"
  static let merged = "merged"
  static let claim = "claimed_by"
  static let shown = "shown"
}

extension JSON.Members {
  fileprivate mutating func add(_ name: String, _ value: JSON?) {
    if let value { add(name, value) }
  }

  fileprivate mutating func mark(_ name: String, _ holds: Bool) {
    if holds { add(name, true) }
  }
}

// MARK: - Deeds

extension Deed {
  fileprivate init(_ action: Entry.Action, _ line: JSON) {
    switch action {
    case .promote: self = .promoted(Passage(line))
    case .rollback: self = .rolledBack(Passage(line))
    case .restore: self = .restored(Passage(line))
    case .finish: self = .finished(Passage(line))
    case .abandon: self = .abandoned(Passage(line))
    case .hold: self = .held(automatic: line["automatic"]?.truth ?? false)
    case .resume: self = .resumed(line["lifts"]?.text.flatMap(Lift.init))
    case .kill: self = .killed(KillFacts(line))
    case .exclude, .include:
      guard let text = line[Name.selector]?.text else {
        self = .unreadable(action)
        return
      }
      let (selector, shown) = (KeptSelector(text: text), line[Name.shown]?.text)
      self = action == .exclude ? .excluded(selector, shown: shown) : .included(selector, shown: shown)
    case .adopt: self = .adopted(Adoption(line))
    case .replan:
      self = .replanned(
        line["plan"].map(FrozenPlan.init(json:)), differences: line["differences"]?.items?.compactMap(\.text))
    case .attest:
      self = .attested(
        Words(item: line["item"]?.text, stage: line["stage"]?.text, evidence: line[Name.evidence]?.text))
    case .degrade: self = .degraded(to: line["variant"]?.text)
    }
  }

  fileprivate func write(into line: inout JSON.Members, seen: JSON?) {
    switch self {
    case .promoted(let passage), .rolledBack(let passage), .restored(let passage), .finished(let passage),
      .abandoned(let passage):
      passage.write(into: &line, seen: seen)
    case .held(let automatic): line.mark("automatic", automatic)
    case .resumed(let lift): line.add("lifts", (lift?.rawValue).map(JSON.string))
    case .killed(let facts): facts.write(into: &line)
    case .excluded(let selector, let shown), .included(let selector, let shown):
      line.add(Name.selector, .string(selector.text))
      line.add(Name.shown, shown.map(JSON.string))
    case .adopted(let adoption): adoption.write(into: &line)
    case .replanned(let plan, let differences):
      line.add("plan", plan?.json)
      line.add("differences", differences.map(JSON.strings))
    case .attested(let words):
      line.add("item", words.item.map(JSON.string))
      line.add("stage", words.stage.map(JSON.string))
      line.add(Name.evidence, words.evidence.map(JSON.string))
    case .degraded(let variant): line.add("variant", variant.map(JSON.string))
    case .unreadable: break
    }
  }
}

// MARK: - Their parts

extension Deed.Passage {
  fileprivate init(_ line: JSON) {
    self.init(
      skipped: Deed.SkippedGate(line[Name.override]), holds: line["holds"]?.truth ?? false,
      opening: Deed.Opening(line), keepsValues: line["keeps_values"]?.truth ?? false)
  }

  fileprivate func write(into line: inout JSON.Members, seen: JSON?) {
    line.add(Name.override, skipped?.json)
    line.add(Name.evidence, seen)
    line.mark("holds", holds)
    opening?.write(into: &line)
  }
}

extension Deed.SkippedGate {
  fileprivate init?(_ json: JSON?) {
    guard let json, let gate = json["gate"]?.text else { return nil }
    self.init(gate: gate, reason: json["reason"]?.text, was: json["was"]?.text)
  }

  fileprivate var json: JSON { ["gate": .string(gate), "reason": .text(reason), "was": .text(was)] }
}

extension Deed.Opening {
  fileprivate init?(_ line: JSON) {
    let (plan, starts) = (line["plan"], line[Name.opens]?.truth == true)
    guard plan != nil || starts else { return nil }
    self.init(
      plan: plan.map(FrozenPlan.init(json:)), storeIdentity: line["store_identity"]?.text, starts: starts)
  }

  fileprivate func write(into line: inout JSON.Members) {
    line.mark(Name.opens, starts)
    line.add("plan", plan?.json)
    line.add("store_identity", storeIdentity.map(JSON.string))
  }
}

extension Deed.KillFacts {
  fileprivate init(_ line: JSON) {
    self.init(
      serving: line["served"].flatMap { served in
        served == .null ? .applicationDefault : served.text.map(Serving.variant)
      }, wasKilled: line["already"]?.truth ?? false, isFound: line["found"] != nil, proof: Proof(line))
  }

  fileprivate func write(into line: inout JSON.Members) {
    switch serving {
    case .variant(let name): line.add("served", .string(name))
    case .applicationDefault: line.put("served", .null)
    case nil: break
    }
    line.mark("already", wasKilled)
    if isFound { line.add("found", "in the store") }
  }
}

extension Deed.KillFacts.Proof {
  fileprivate init?(_ line: JSON) {
    guard let seconds = line["seconds"]?.double, let attempts = line["attempts"]?.integer else { return nil }
    self.init(
      seconds: seconds, attempts: attempts, isReadBack: line["verified_by"] != nil,
      unguarded: line["unguarded"]?.text)
  }

  fileprivate func write(into line: inout JSON.Members) {
    line.add("seconds", .number(seconds))
    line.add("attempts", .number(attempts))
    if isReadBack { line.add("verified_by", "read back") }
    line.add("unguarded", unguarded.map(JSON.string))
  }
}

extension Deed.Adoption {
  fileprivate init(_ line: JSON) {
    self.init(
      shown: line[Name.shown]?.text, serving: line["serving"]?.text,
      exclusions: line["exclusions"]?.items?.map { KeptSelector(text: $0.text ?? "") }, opening: Deed.Opening(line),
      merge: line[Name.merged].map { merged in
        Deed.Merge(
          (merged.items ?? []).compactMap(MergedBranch.init), hold: line["held"].flatMap(Hold.init),
          degraded: line["degraded"]?.text)
      })
  }

  fileprivate func write(into line: inout JSON.Members) {
    let (shown, excluded) = (shown.map(JSON.string), exclusions.map { JSON.strings($0.map(\.text)) })
    // A merge that takes no flag over begins with who is out.
    if serving == nil, merge != nil { line.add("exclusions", excluded) }
    line.add(Name.shown, shown)
    line.add("serving", serving.map(JSON.string))
    if serving != nil || merge == nil { line.add("exclusions", excluded) }
    opening?.write(into: &line)
    line.add("degraded", merge?.degraded.map(JSON.string))
    line.add(Name.merged, merge.map { .array($0.branches.map(\.json)) })
    line.add("held", merge?.hold?.json)
  }
}

extension Hold {
  fileprivate init?(_ json: JSON) {
    guard let actor = json["actor"]?.text, let time = json["time"]?.text.flatMap({ ISO8601.instant($0) }) else {
      return nil
    }
    self.init(
      actor: actor, time: time, reason: json["reason"]?.text, automatic: json["automatic"]?.truth ?? false)
  }

  fileprivate var json: JSON {
    [
      "actor": .string(actor), "time": .string(ISO8601.precise(time)), "reason": .text(reason),
      "automatic": .bool(automatic),
    ]
  }
}

// MARK: - Single members of a line

extension Entry.Content {
  private func member(_ name: String) -> JSON? { written.first { $0.name == name }?.value }

  /// The number of the intent that it concludes.
  package var concludes: Int? { member(Name.of)?.integer }

  /// Whether it starts a rollout.
  package var isOpening: Bool { member(Name.opens)?.truth == true }

  /// Whether branches of the journal were brought together by it.
  package var merges: Bool { member(Name.merged) != nil }

  /// Those branches.
  package var mergedBranches: [MergedBranch] {
    guard merges, case .adopted(let adoption) = detail.deed else { return [] }
    return adoption.merge?.branches ?? []
  }

  /// Who is named as the actor by a pipeline alone, and the run that did so, where it has an address.
  package var claim: (isThere: Bool, run: String?) {
    let claim = member(Name.claim)
    return (claim != nil, claim?["run"]?.text)
  }

  /// Says that nobody has looked at a person's word: a pipeline says who acts.
  package mutating func claim(by system: String, run: String?) {
    written.append(JSON.Member(Name.claim, ["system": .string(system), "run": .text(run)]))
  }

  /// What concludes it, as entry `number`. Whoever reads only outcomes still wants to know who was taken out, or which
  /// gate was passed.
  func outcome(_ outcome: Entry.Outcome, of number: Int, why: String?) -> Entry.Content {
    var ended = self
    ended.outcome = outcome
    ended.written =
      [JSON.Member(Name.of, .number(number))] + written.filter { [Name.selector, Name.override].contains($0.name) }
    if let why { ended.written.append(JSON.Member("why", .string(why))) }
    return ended
  }

  /// With what another one says besides.
  func telling(_ other: Entry.Content) -> Entry.Content {
    var told = self
    told.written += other.written.filter { member($0.name) == nil }
    return told
  }
}
