@testable import RolloutOps

/// A rollout as values alone: no file, no lock, no server. What is decided happens at once, step by step.
struct ValueRollout {
  static let key = FlagKey("ai-summary")
  static let acme = Selector.equals(attribute: "tenant", AttributeValue("acme"))

  var note = noteWithVariants { didSet { noted = Self.noted(note) } }
  private var noted = usualNote
  var entries: [Entry] = []
  var shown: Flag?
  /// Saturday, 2026-11-21 10:00 UTC.
  var clock = Instant(seconds: 1_795_255_200)
  var actor = "maya"
  var rival: String?
  var startedOn: String?

  static let noteWithVariants =
    SampleNote.text + """

      Variants:
      ```json
      {"control": {"prompt": "v6"}, "canary": {"prompt": "v7"}, "fast": {"prompt": "s"}, "off": {"enabled": false}}
      ```
      """

  private static let usualNote = noted(noteWithVariants)

  private static func noted(_ text: String) -> Situation.NotedPlan? {
    let read = Note.read(Array(text.utf8), path: "notes/summary.md")
    return read.plan.map {
      Situation.NotedPlan(reference: NoteReference(path: "notes/summary.md", digest: read.digest), plan: $0)
    }
  }

  var situation: Situation {
    Situation(
      key: Self.key, note: noted, progress: Progress(entries), shown: shown,
      spelled: shown.map { "spelled: \($0.serving)" },
      store: Situation.StoreFacts(
        address: "file:flags.json", identity: "flags.json", propagation: TimeSpan(seconds: 6), rival: rival,
        startedOn: startedOn),
      runbook: .missing, clock: clock, actor: actor)
  }

  // MARK: What happens

  mutating func ask(_ verb: Verb, _ adjust: (inout Request) -> Void = { _ in }) {
    var request = Request(verb)
    request.reason = "because"
    adjust(&request)
    take(decide(request, in: situation).steps)
  }

  mutating func take(_ steps: [Decision.Step]) {
    for step in steps {
      switch step {
      case .intend(let content), .record(let content): append(content)
      case .write(let flag): shown = flag
      case .conclude:
        if let intent = Progress(entries).pending { append(intent.outcome(.done)) }
      }
    }
  }

  mutating func attest(_ item: String) {
    let place = Progress(entries).place
    guard case .stage(_, let name) = place else { return }
    append(
      Entry.Content(
        .attest, .done, flag: Self.key, store: "file:flags.json", from: place,
        written: [JSON.Member("item", .string(item)), JSON.Member("stage", .string(name))]))
  }

  private mutating func append(_ content: Entry.Content) {
    entries.append(Entry(sequence: entries.count + 1, time: clock, actor: actor, host: "box", content: content))
  }

  /// To the first stage, and then so many further.
  mutating func climb(_ stages: Int) {
    for _ in 0..<stages {
      attest("gates")
      clock = clock + TimeSpan(seconds: 60)
      ask(.promote)
    }
  }

  /// Somebody changes every share by hand.
  mutating func meddle(percent: Int) {
    guard case .split(var split)? = shown?.serving else { return }
    split.exposure = Exposure(
      grants: split.exposure.grants.map { Grant(cohort: $0.cohort, share: Percentage(percent: percent)) })
    shown?.serving = .split(split)
  }

  // MARK: As text

  /// Every word of it: two steps that differ are written differently.
  static func told(_ step: Decision.Step) -> String {
    switch step {
    case .intend(let content): "intend \(told(content))"
    case .record(let content): "record \(told(content))"
    case .write(let flag): "write \(told(flag))"
    case .conclude: "conclude"
    }
  }

  private static func told(_ content: Entry.Content) -> String {
    var words = ["\(content.action.rawValue) \(content.outcome.rawValue) \(content.flag) in \(content.store)"]
    words.append("\(content.from?.description ?? "-") → \(content.to?.description ?? "-")")
    if let note = content.note { words.append("by \(note.path) \(note.digest.prefix(6))") }
    if let reason = content.reason { words.append("“\(reason)”") }
    if let digest = content.evidenceDigest { words.append("evidence \(digest.prefix(6))") }
    words += content.written.map { member in
      let value = member.value.written(.compact)
      return "\(member.name)=\(value.utf8.count <= 80 ? value : String(SHA256.hex(value).prefix(8)))"
    }
    return words.joined(separator: ", ")
  }

  private static func told(_ flag: Flag) -> String {
    let variants = flag.variants.map { "\($0.name) \($0.value.written(.compact))" }.joined(separator: " ")
    let mark = flag.mark.map {
      "\($0.killed ? "killed" : "managed") at \($0.stage ?? "-"), kills to \($0.killsTo ?? "-")"
        + ($0.head == nil ? "" : ", with a head")
    }
    return "\(flag.serving); \(mark ?? "not marked"); \(SHA256.hex(variants).prefix(6))"
  }
}
