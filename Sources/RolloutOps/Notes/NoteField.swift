/// One field that a rollout note may have.
///
/// The table is the only list of them: reading, the nearest name for a misspelled one, and the man page go by it.
package struct NoteField: Hashable, Sendable {
  package enum ID: Hashable, CaseIterable, Sendable {
    case change, expectedGain, risk, flag, store, changeType, tier, version, controlVersion, unit
    case owner, onCall, approvers, timeZone, fallback, runbook
    case cohorts, exclude, canaryCohort, expandedCohort, schedule
    case metrics, holdTrigger, degradeTrigger, rollbackTrigger, killTrigger
    case dashboard, evidence, variants
    case samples, bands, checklist, automation, killTo, evidenceLevel, evaluation, journal, notify, fields, flagHash
  }

  package let id: ID
  package let name: String
  package let aliases: [String]
  /// What its value looks like.
  package let form: String
  package let meaning: String
  /// Whether a list may follow it.
  package let takesList: Bool
  /// Whether it may stand in a note more than once.
  package let repeats: Bool
  /// What this version does not do about it, where it reads the field and does not act on it.
  package let idle: String?

  private init(
    _ id: ID, _ name: String, or aliases: [String] = [], _ form: String, _ meaning: String, list: Bool = false,
    repeats: Bool = false, idle: String? = nil
  ) {
    (self.id, self.name, self.aliases, self.form, self.meaning) = (id, name, aliases, form, meaning)
    (self.takesList, self.repeats, self.idle) = (list, repeats, idle)
  }

  package static subscript(_ id: ID) -> NoteField { byID[id] ?? all[0] }

  /// The field of that name, however it is capitalised and spaced.
  ///
  /// A kill looks at one note: going through the table costs it less than a dictionary of all the names would.
  static func named(_ name: Substring) -> NoteField? {
    var letters = name.utf8.makeIterator()
    // Most spellings differ from the first letter on.
    guard let initial = next(&letters) else { return nil }
    func isMeant(_ spelling: String) -> Bool {
      spelling.utf8.first.map { $0 | 0x20 } == initial && isSame(spelling, name)
    }
    return all.first { isMeant($0.name) || $0.aliases.contains(where: isMeant) }
  }

  static let spellings: [String] = all.flatMap { [$0.name] + $0.aliases }

  /// The name that `name` is nearly, or that says here what it says elsewhere.
  static func meant(by name: String) -> String? {
    if let near = Suggestion.nearest(to: name, among: spellings, prefixes: false) { return near }
    let word = Suggestion.nearest(to: name, among: elsewhere.lazy.map(\.word), prefixes: false)
    return word.flatMap { word in elsewhere.first { $0.word == word } }.map { Self[$0.id].name }
  }

  /// A heading opens a field that takes a list, and is more often prose: only a slip of the pen counts.
  static func list(near heading: Substring) -> String? {
    guard heading.utf8.count <= 40 else { return nil }
    return Suggestion.nearest(to: String(heading), among: listSpellings, prefixes: false)
  }

  private static let listSpellings = all.filter(\.takesList).flatMap { [$0.name] + $0.aliases }

  /// What other templates call the fields that guard a rollout. They are not read: what stands under them is mostly prose.
  private static let elsewhere: [(word: String, id: ID)] = [
    ("Kill switch", .killTrigger), ("Kill criteria", .killTrigger), ("Kill condition", .killTrigger),
    ("Abort criteria", .rollbackTrigger), ("Abort condition", .rollbackTrigger), ("Stop condition", .rollbackTrigger),
    ("Rollback condition", .rollbackTrigger), ("Rollback plan", .rollbackTrigger),
    ("Success criteria", .holdTrigger), ("Success criterion", .holdTrigger), ("Acceptance criteria", .holdTrigger),
    ("Exit criteria", .holdTrigger), ("Promotion criteria", .holdTrigger), ("Guardrails", .holdTrigger),
    ("Success metrics", .metrics), ("Rollout plan", .schedule), ("Rollout stages", .schedule), ("Risk tier", .tier),
    ("Risk level", .tier),
  ]

  private static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

  /// Apart from capitals and blanks: `Dashboard/query` is `dashboard / query`, `On-call` is `on call`.
  private static func isSame(_ spelling: String, _ name: Substring) -> Bool {
    var (left, right) = (spelling.utf8.makeIterator(), name.utf8.makeIterator())
    while true {
      let (one, other) = (next(&left), next(&right))
      if one != other { return false }
      if one == nil { return true }
    }
  }

  private static func next(_ bytes: inout some IteratorProtocol<UInt8>) -> UInt8? {
    while let byte = bytes.next() {
      switch byte {
      case 0x20, 0x09, UInt8(ascii: "-"), UInt8(ascii: "_"): continue
      case 0x41...0x5A: return byte | 0x20
      default: return byte
      }
    }
    return nil
  }

  package static let all: [NoteField] = [
    NoteField(.change, "Change", "text", "what changes, in one line"),
    NoteField(.expectedGain, "Expected gain", "text", "why it is worth it"),
    NoteField(
      .risk, "Primary regression risk", or: ["Regression risk", "Primary risk"], "text",
      "what is most likely to break"),
    NoteField(
      .flag, "Flag", or: ["Flag key", "Feature flag"], "key",
      "the flag in the store; without it the note's file name is the key"),
    NoteField(
      .store, "Store", or: ["Flag store"], "address", "where the flag lives: `file:flags.json`"),
    NoteField(
      .changeType, "Change type", "prompt | model | retrieval | policy | tool | code", "what kind of change it is"),
    NoteField(.tier, "Tier", "0 | 1 | 2 | 3", "how much a failure costs, 0 the most; without it tier 2"),
    NoteField(
      .version, "Version", or: ["New version", "Canary version", "Version label"], "field = value",
      "how live traffic shows the new version: `prompt_version = v7`"),
    NoteField(
      .controlVersion, "Control version", or: ["Old version", "Previous version", "Baseline version"], "field = value",
      "how live traffic shows the old version"),
    NoteField(
      .unit, "Unit", or: ["Rollout unit"], "attribute",
      "what a percentage counts, and what stays in one version: `tenant`"),
    NoteField(.owner, "Owner", "name", "the one person who watches, calls rollback and confirms recovery"),
    NoteField(.onCall, "On call", or: ["Oncall rotation"], "name", "who is paged"),
    NoteField(
      .approvers, "Approvers", or: ["Approver"], "names", "who may approve a stage", list: true,
      idle: "it asks nobody for an approval"),
    NoteField(.timeZone, "Time zone", "name", "the zone of windows and times: `Europe/Berlin`; without it UTC"),
    NoteField(.fallback, "Fallback", "text", "what users get when the flag is off"),
    NoteField(.runbook, "Runbook", "path or address", "what the person on call reads; it must name the flag"),
    NoteField(
      .cohorts, "Cohorts", or: ["Cohort"], "list of `name: selector`", "who is meant by the names in the schedule",
      list: true),
    NoteField(
      .exclude, "Exclude", or: ["Excluded", "Exclusions"], "selector or cohort",
      "who is never in, whatever a stage says", list: true, repeats: true),
    NoteField(.canaryCohort, "Canary cohort", "N% of cohort", "who gets it first, where there is no schedule"),
    NoteField(.expandedCohort, "Expanded cohort", "N% of cohort", "who gets it next, where there is no schedule"),
    NoteField(
      .schedule, "Schedule", or: ["Stages", "Rollout schedule"], "stages with arrows, a list, a table, or a preset",
      "the stages: `internal 3d -> 5% of paid 24h -> 100% -> finish 14d`", list: true),
    NoteField(
      .metrics, "Metrics to watch", or: ["Metrics"], "list of `name: definition`",
      "what is measured: `quality: mean(quality)`",
      list: true, repeats: true),
    NoteField(
      .holdTrigger, "Hold trigger", or: ["Hold triggers"], "triggers", "conditions that stop promotion", list: true,
      repeats: true),
    NoteField(
      .degradeTrigger, "Degrade trigger", or: ["Degrade triggers"], "triggers with `-> variant`",
      "conditions that switch to a cheaper or safer variant", list: true, repeats: true),
    NoteField(
      .rollbackTrigger, "Rollback trigger", or: ["Rollback triggers", "Rollback criteria"], "triggers",
      "conditions that take the rollout one stage back", list: true, repeats: true),
    NoteField(
      .killTrigger, "Kill trigger", or: ["Kill triggers", "Kill switch trigger"], "triggers",
      "conditions that turn the new version off for everyone", list: true, repeats: true),
    NoteField(
      .dashboard, "Dashboard / query", or: ["Dashboard", "Monitoring query", "Monitoring"], "address or query",
      "the chart or query that people look at"),
    NoteField(
      .evidence, "Evidence", "file, glob, `-` or address, or `files joined by trace_id`",
      "where measured samples come from: trace logs, a judge's scores beside them, or `prometheus+https://host:9090`",
      list: true, repeats: true
    ),
    NoteField(
      .variants, "Variants", "JSON object in a code block", "what the flag serves; it names `control` and `canary`"),
    NoteField(
      .samples, "Samples", or: ["Minimum samples"], "number", "canary units that a stage needs before it may end"),
    NoteField(.bands, "Bands", "default | none", "whether healthy bands hold for signals without a trigger"),
    NoteField(.checklist, "Checklist", "required | advisory", "whether open checklist items hold promotion"),
    NoteField(.automation, "Automation", "promote", "lets `watch` promote, not only narrow"),
    NoteField(.killTo, "Kill to", "control | off", "what a kill serves"),
    NoteField(
      .evidenceLevel, "Evidence level", "proven",
      "asks for proof that a metric is no worse, not only for no sign of harm"),
    NoteField(
      .evaluation, "Evaluation", or: ["Offline evaluation"], "text, file, glob or address",
      "before any traffic: a file gates an `offline` stage, prose is for people; an address tells what is served",
      list: true, repeats: true),
    NoteField(.journal, "Journal", "path or address", "the journal's folder, when not beside the store"),
    NoteField(
      .notify, "Notify", "addresses", "who hears of every move", list: true, repeats: true,
      idle: "it tells nobody of a move"),
    NoteField(
      .fields, "Fields", "list of `name = field`", "what the evidence calls its fields", list: true, repeats: true),
    NoteField(
      .flagHash, "Flag hash", "v2, v3",
      "by which hashes the services that read the flag file deal units; see rolloutctl help stores"),
  ]
}
