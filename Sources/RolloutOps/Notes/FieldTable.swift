/// Every field of a note, a row each. To add one: its case, its row, and where a plan keeps it, its property in `Plan`.
extension NoteField {
  /// In the order in which help lists them.
  package enum ID: Int, CaseIterable, Sendable {
    case change, expectedGain, risk, flag, store, changeType, tier, version, controlVersion, unit
    case owner, onCall, approvers, timeZone, fallback, runbook
    case cohorts, exclude, canaryCohort, expandedCohort, schedule
    case metrics, holdTrigger, degradeTrigger, rollbackTrigger, killTrigger
    case dashboard, evidence, variants
    case samples, bands, checklist, automation, killTo, evidenceLevel, evaluation, journal, notify, fields, flagHash
  }

  package static let all = FieldRow.all.map(\.field).sorted { $0.id.rawValue < $1.id.rawValue }
}

extension FieldRow {
  /// In the order in which they are read: each below those whose values it looks at.
  static let all: [FieldRow] = [
    FieldRow(
      .flag, "Flag", or: ["Flag key", "Feature flag"], "key",
      "the flag in the store; without it the note's file name is the key",
      Use(PlanMember("flag", \.flag, frozen: true)) { reader, _ in reader.readFlag() }),
    FieldRow(
      .change, "Change", "text", "what changes, in one line",
      Use(PlanMember("change", \.change)) { $0.plan.change = $0.value($1)?.collapsed ?? "" }),
    FieldRow(.expectedGain, "Expected gain", "text", "why it is worth it"),
    FieldRow(
      .risk, "Primary regression risk", or: ["Regression risk", "Primary risk"], "text",
      "what is most likely to break"),
    FieldRow(.store, "Store", or: ["Flag store"], "address", "where the flag lives: `file:flags.json`"),
    FieldRow(.journal, "Journal", "path or address", "the journal's folder, when not beside the store"),
    FieldRow(
      .notify, "Notify", "addresses", "who hears of every move", list: true, repeats: true,
      idle: "it tells nobody of a move"),
    FieldRow(
      .owner, "Owner", "name", "the one person who watches, calls rollback and confirms recovery",
      .line("owner", \.owner)),
    FieldRow(.onCall, "On call", or: ["Oncall rotation"], "name", "who is paged", .line("on_call", \.onCall)),
    FieldRow(
      .timeZone, "Time zone", "name", "the zone of windows and times: `Europe/Berlin`; without it UTC",
      .line("time_zone", \.timeZone)),
    FieldRow(.fallback, "Fallback", "text", "what users get when the flag is off", .line("fallback", \.fallback)),
    FieldRow(
      .runbook, "Runbook", "path or address", "what the person on call reads; it must name the flag",
      .line("runbook", \.runbook)),
    FieldRow(
      .evaluation, "Evaluation", or: ["Offline evaluation"], "text, file, glob or address",
      "before any traffic: a file gates an `offline` stage, prose is for people; an address tells what is served",
      list: true, repeats: true,
      Use(PlanMember("evaluation", \.evaluation)) { reader, _ in reader.readEvaluation() }),
    FieldRow(
      .dashboard, "Dashboard / query", or: ["Dashboard", "Monitoring query", "Monitoring"], "address or query",
      "the chart or query that people look at", .line("dashboard", \.dashboard)),
    FieldRow(
      .fields, "Fields", "list of `name = field`", "what the evidence calls its fields", list: true, repeats: true,
      Use(
        PlanMember(
          "fields", freeze: { $0.frozenFields },
          thaw: { (plan, frozen) throws(FrozenPlanTrouble) in try plan.readFields(frozen) })
      ) { reader, _ in reader.readFields() }),
    FieldRow(
      .evidence, "Evidence", "file, glob, `-` or address, or `files joined by trace_id`",
      "where measured samples come from: trace logs, a judge's scores beside them, or `prometheus+https://host:9090`",
      list: true, repeats: true,
      Use(
        PlanMember("evidence", \.evidence),
        PlanMember(
          "scores", freeze: { $0.scores.isEmpty ? .null : $0.scores.frozen },
          thaw: { (plan, frozen) throws(FrozenPlanTrouble) in
            plan.scores = try frozen.optional("scores") ?? ScoreFiles()
          }, compare: PlanMember.told("scores", \.scores) { $0.words })
      ) { reader, _ in reader.readEvidence() }),
    FieldRow(
      .approvers, "Approvers", or: ["Approver"], "names", "who may approve a stage", list: true,
      idle: "it asks nobody for an approval",
      Use(PlanMember("approvers", \.approvers)) { reader, _ in reader.readApprovers() }),
    FieldRow(
      .unit, "Unit", or: ["Rollout unit"], "attribute",
      "what a percentage counts, and what stays in one version: `tenant`",
      Use(PlanMember("unit", \.unit, frozen: true)) { reader, _ in reader.readUnit() }),
    FieldRow(
      .changeType, "Change type", "prompt | model | retrieval | policy | tool | code", "what kind of change it is",
      .choice("change_type", \.changeType)),
    FieldRow(
      .tier, "Tier", "0 | 1 | 2 | 3", "how much a failure costs, 0 the most; without it tier 2",
      Use(PlanMember("tier", \.tier)) {
        $0.plan.tier = $0.choice($1, (0...3).flatMap { [("\($0)", $0), ("tier \($0)", $0), ("tier-\($0)", $0)] })
      }),
    FieldRow(
      .checklist, "Checklist", "required | advisory", "whether open checklist items hold promotion",
      .choice("checklist", \.checklist)),
    FieldRow(
      .bands, "Bands", "default | none", "whether healthy bands hold for signals without a trigger",
      Use(PlanMember("default_bands", \.defaultBands)) {
        $0.plan.defaultBands = $0.choice($1, [("default", true), ("none", false)]) ?? true
      }),
    FieldRow(
      .automation, "Automation", "promote", "lets `watch` promote, not only narrow",
      Use(PlanMember("promotes_itself", \.promotesItself, what: "automation") { $0 ? "promote" : "none" }) {
        $0.plan.promotesItself = $0.choice($1, [("promote", true), ("none", false)]) ?? false
      }),
    FieldRow(
      .evidenceLevel, "Evidence level", "proven",
      "asks for proof that a metric is no worse, not only for no sign of harm",
      Use(PlanMember("proven_evidence", \.provenEvidence, what: "evidence level") { $0 ? "proven" : "default" }) {
        $0.plan.provenEvidence = $0.choice($1, [("proven", true), ("default", false)]) ?? false
      }),
    FieldRow(
      .killTo, "Kill to", "control | off", "what a kill serves",
      Use(PlanMember("kill_to", \.killTo)) { $0.plan.killTo = $0.choice($1) ?? .control }),
    FieldRow(
      .flagHash, "Flag hash", "v2, v3",
      "by which hashes the services that read the flag file deal units; see rolloutctl help stores",
      // Versions of this program that compared it with the note's cannot read a plan without it.
      Use(PlanMember("flag_hash", freeze: { _ in FlagHash.v3.frozen }, thaw: { _, _ in })) { reader, _ in
        reader.readFlagHashes()
      }),
    FieldRow(
      .samples, "Samples", or: ["Minimum samples"], "number", "canary units that a stage needs before it may end",
      Use(PlanMember("samples", \.samples)) { reader, _ in reader.readSamples() }),
    FieldRow(
      .version, "Version", or: ["New version", "Canary version", "Version label"], "field = value",
      "how live traffic shows the new version: `prompt_version = v7`", .label("version", \.version)),
    FieldRow(
      .controlVersion, "Control version", or: ["Old version", "Previous version", "Baseline version"], "field = value",
      "how live traffic shows the old version", .label("control_version", \.controlVersion)),
    FieldRow(
      .cohorts, "Cohorts", or: ["Cohort"], "list of `name: selector`", "who is meant by the names in the schedule",
      list: true,
      Use(PlanMember("cohorts", \.cohorts, compare: PlanMember.untold)) { reader, _ in reader.readCohorts() }),
    FieldRow(
      .exclude, "Exclude", or: ["Excluded", "Exclusions"], "selector or cohort",
      "who is never in, whatever a stage says", list: true, repeats: true,
      Use(PlanMember("exclusions", \.exclusions, what: "exclude")) { reader, _ in reader.readExclusions() }),
    FieldRow(
      .variants, "Variants", "JSON object in a code block", "what the flag serves; it names `control` and `canary`",
      Use(PlanMember("variants", \.variants, frozen: true)) { reader, _ in reader.readVariants() }),
    FieldRow(
      .metrics, "Metrics to watch", or: ["Metrics"], "list of `name: definition`",
      "what is measured: `quality: mean(quality)`", list: true, repeats: true,
      Use(PlanMember("metrics", \.metrics)) { reader, _ in reader.readMetrics() }),
    FieldRow(
      .holdTrigger, "Hold trigger", or: ["Hold triggers"], "triggers", "conditions that stop promotion", list: true,
      // A plan keeps the triggers of all actions in one list.
      repeats: true, Use(PlanMember("triggers", \.triggers)) { $0.readTriggers($1, .hold) }),
    FieldRow(
      .degradeTrigger, "Degrade trigger", or: ["Degrade triggers"], "triggers with `-> variant`",
      "conditions that switch to a cheaper or safer variant", list: true, repeats: true,
      .triggers(.degrade(to: ""))),
    FieldRow(
      .rollbackTrigger, "Rollback trigger", or: ["Rollback triggers", "Rollback criteria"], "triggers",
      "conditions that take the rollout one stage back", list: true, repeats: true, .triggers(.rollback)),
    FieldRow(
      .killTrigger, "Kill trigger", or: ["Kill triggers", "Kill switch trigger"], "triggers",
      "conditions that turn the new version off for everyone", list: true, repeats: true, .triggers(.kill)),
    FieldRow(.canaryCohort, "Canary cohort", "N% of cohort", "who gets it first, where there is no schedule"),
    FieldRow(.expandedCohort, "Expanded cohort", "N% of cohort", "who gets it next, where there is no schedule"),
    FieldRow(
      .schedule, "Schedule", or: ["Stages", "Rollout schedule"], "stages with arrows, a list, a table, or a preset",
      "the stages: `internal 3d -> 5% of paid 24h -> 100% -> finish 14d`", list: true,
      Use(
        PlanMember("stages", \.stages, compare: PlanDifference.stages(_:_:upTo:)),
        PlanMember("schedule", \.schedule, compare: PlanMember.untold), PlanMember("steady_state", \.steadyState)
      ) { reader, _ in reader.readStages() }),
  ]
}

extension Plan {
  fileprivate var frozenFields: JSON {
    let named = fields.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
    return named.isEmpty ? .null : .object(named)
  }

  fileprivate mutating func readFields(_ frozen: FrozenValue) throws(FrozenPlanTrouble) {
    for member in frozen.json["fields"]?.members ?? [] {
      guard let name = member.value.text else { throw .wrong("fields.\(member.name)", wanted: "a text") }
      fields[member.name] = name
    }
  }
}
