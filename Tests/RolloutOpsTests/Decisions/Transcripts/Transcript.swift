@testable import RolloutOps

/// A rollout in memory that writes down what happens: what somebody asks, what is decided step by step, and what the
/// journal and the flag hold then.
final class Transcript {
  private(set) var world: World
  private(set) var lines: [String]

  init(_ title: String, note: String = World.plainNote, flags: String = "{\n  \"flags\": {}\n}\n") {
    world = World(note: note, flags: flags)
    lines = [title, String(repeating: "=", count: title.count)]
  }

  /// All of it, with the whole journal and the flag file at the end.
  func text() throws -> String {
    var lines = lines
    lines += ["", "The journal at the end", "----------------------"]
    lines += try world.entries.map(Self.told)
    lines += ["", "The flag file at the end", "------------------------"]
    lines.append(world.files.text(World.store) ?? "there is none")
    return lines.joined(separator: "\n").trimmedAtTheEnd + "\n"
  }

  /// The journal's own bytes.
  var journal: String { world.files.text(World.journal) ?? "" }

  // MARK: What people do

  func ask(
    _ verb: Verb, on target: String = World.note, by actor: String = "maya", reason: String? = nil,
    _ adjust: (inout Request) -> Void = { _ in }
  ) throws {
    var request = Request(verb)
    adjust(&request)
    say("\(actor) asks: \(Self.question(request, target, reason))")
    let outcome = try perform(request, on: target, by: actor, reason: reason)
    lines += outcome.map { "  " + $0 }
    try look()
  }

  /// A kill is decided on the flag alone, so that is asked here too; then it is carried out as everybody's kill is.
  func kill(by actor: String = "oncall", reason: String? = nil, to: String? = nil) throws {
    var request = Request(.kill)
    request.killTo = to
    say("\(actor) asks: \(Self.question(request, World.key.text, reason))")
    request.reason = reason
    let store = FileStore(path: World.store, address: "file:flags.json", context: world.context(actor))
    let reading = try store.read(World.key)
    let situation = Situation(
      key: World.key, note: nil, progress: Progress(), shown: reading.flag, spelled: reading.spelled,
      store: Situation.StoreFacts(address: store.address, propagation: store.propagation), runbook: .missing,
      clock: world.clock.now(), actor: actor)
    let decision = decide(request, in: situation)
    lines += Self.told(decision).map { "  " + $0 }
    var choices = OperatorChoices()
    choices.reason = reason
    let report = Kill(context: world.context(actor), choices: choices, to: to).perform([World.key.text])
    lines += report.text(ink: .none).split(separator: "\n").map { "  says      \($0)" }
    try look()
  }

  func attest(_ item: String, by actor: String = "maya") throws {
    say("\(actor) attests: \(item)")
    try world.attest(item, by: actor)
  }

  func wait(_ seconds: Int) {
    say("\(seconds) s pass")
    world.clock.advance(TimeSpan(seconds: seconds))
  }

  func edit(_ old: String, to new: String) {
    say("the note is edited: \(old) becomes \(new)")
    world.files.put(World.note, (world.files.text(World.note) ?? "").replacing(old, new))
  }

  /// Somebody gives everybody that variant, or the canary to some, without a word to the journal.
  func serve(_ variant: String) throws {
    say("somebody gives everybody \(variant) by hand")
    try world.serve(variant)
    try look()
  }

  func meddle(percent: Int) throws {
    say("somebody makes every share \(percent)% by hand")
    try world.meddle { split in
      split.exposure = Exposure(
        grants: split.exposure.grants.map { Grant(cohort: $0.cohort, share: Percentage(percent: percent)) })
    }
    try look()
  }

  /// The same once more for each effect on the disk that it has, stopped before that effect; each time the next command
  /// is a hold. Neighbours that end alike are told once.
  func stopEverywhere(_ verb: Verb, by actor: String = "maya", reason: String? = nil) throws {
    say("\(verb.rawValue) is stopped before each of its effects; the next command is a hold")
    var told: (first: Int, last: Int, lines: [String])?
    func tell() {
      guard let told else { return }
      let which = told.first == told.last ? "effect \(told.first)" : "effects \(told.first) to \(told.last)"
      lines += ["  before \(which)"] + told.lines.map { "    " + $0 }
    }
    for effect in 1..<200 {
      let copy = world.copy()
      copy.files.restart()
      copy.files.crash(at: effect)
      if verb == .kill {
        copy.kill(by: actor)
      } else {
        _ = try? copy.move(verb, by: actor, reason: reason)
      }
      guard copy.files.hasCrashed else { break }
      copy.files.restart()
      var after = try Self.standing(copy)
      let report = try copy.move(.hold, by: "lee", reason: "what happened here?")
      after += report.remarks.map { "the hold says: \($0)" }
      after += try Self.standing(copy).map { "then \($0)" }
      if told?.lines == after {
        told?.last = effect
      } else {
        tell()
        told = (effect, effect, after)
      }
    }
    tell()
  }

  /// Another rollout in the place of this one; what was told stays.
  func begin(_ title: String, note: String = World.plainNote, flags: String = "{\n  \"flags\": {}\n}\n") {
    world = World(note: note, flags: flags)
    lines += ["", title, String(repeating: "=", count: title.count)]
  }

  // MARK: Telling

  func say(_ words: String) { lines += ["", words] }

  private func look() throws { lines += try Self.standing(world).map { "  " + $0 } }

  private func perform(_ request: Request, on target: String, by actor: String, reason: String?) throws -> [String] {
    do throws(Trouble) {
      let report = try world.move(request.verb, on: target, by: actor, reason: reason) { $0 = request }
      return Self.told(report.decision) + report.remarks.map { "remark    \($0)" }
    } catch {
      return ["fails     \(error.sentences.joined(separator: "; "))"]
    }
  }

  private static func question(_ request: Request, _ target: String, _ reason: String?) -> String {
    var words = ["\(request.verb.rawValue) \(target == World.note ? "NOTE" : target)"]
    if let stage = request.stage { words.append("\(request.verb == .adopt ? "--stage" : "--to") \(stage)") }
    if let gate = request.override { words.append("--override '\(gate)'") }
    if let variant = request.killTo ?? request.variant { words.append("--to \(variant)") }
    if let selector = request.selector { words.append("'\(selector)'") }
    if request.isAutomatic { words.append("(a machine asks)") }
    if let reason { words.append("--reason '\(reason)'") }
    return words.joined(separator: " ")
  }

  private static func told(_ decision: Decision) -> [String] {
    ["decided   exit \(decision.status.rawValue): \(decision.reasons.joined(separator: "; "))"]
      + decision.steps.map { step in
        switch step {
        case .intend(let content): "  intend    \(told(content))"
        case .write(let flag): "  write     \(told(flag))"
        case .conclude: "  conclude"
        case .record(let content): "  record    \(told(content))"
        }
      }
  }

  private static func standing(_ world: World) throws -> [String] {
    let look = try World.Look(world)
    var journal = "journal   \(look.progress.place), \(look.entries.count) entries"
    if let open = look.progress.pending { journal += ", open: \(told(open.content))" }
    if !look.torn.isEmpty { journal += ", the last line is torn" }
    return [journal, "flag      \(look.flag.map(told) ?? "there is none")"]
  }

  private static func told(_ flag: Flag) -> String {
    let mark = flag.mark.map { mark in
      "\(mark.killed ? "killed" : "managed"), stage \(mark.stage ?? "-"), kills to \(mark.killsTo ?? "-")"
    }
    return "\(flag.serving) [\(mark ?? "not marked")]"
  }

  private static func told(_ entry: Entry) -> String {
    "#\(entry.sequence) \(ISO8601.string(entry.time)) \(entry.actor): \(told(entry.content))"
  }

  private static func told(_ content: Entry.Content) -> String {
    var words = ["\(content.action.rawValue), \(content.outcome.rawValue)"]
    if content.from != nil || content.to != nil {
      words.append("\(content.from?.description ?? "-") → \(content.to?.description ?? "-")")
    }
    if let reason = content.reason { words.append("“\(reason)”") }
    let details = content.written.map { member in
      let value = member.value.written(.compact)
      return value.utf8.count <= 60 ? "\(member.name) \(value)" : "\(member.name) …"
    }
    if !details.isEmpty { words.append("(\(details.joined(separator: ", ")))") }
    return words.joined(separator: " ")
  }
}

extension String {
  fileprivate var trimmedAtTheEnd: String {
    var text = Substring(self)
    while text.last == "\n" { text.removeLast() }
    return String(text)
  }
}
