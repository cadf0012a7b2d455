/// What goes through the whole table of fields: a note that is read, a plan that is frozen, one that is read back, and
/// two that are compared.
extension NoteReader {
  mutating func read() -> Plan {
    sortEntries()
    for row in FieldRow.all { row.use.read(&self, row.field.id) }
    checkScores()
    checkEvaluation()
    checkPlan()
    return plan
  }
}

extension Plan {
  package var frozen: JSON {
    var members = JSON.Members()
    for member in FieldRow.frozen { members.add(member.name, member.freeze(self)) }
    return .object(members.all)
  }

  /// What tells an edited plan from an edited sentence of its note.
  package var digest: String { SHA256.hex(frozen.written()) }

  package init(frozen json: JSON) throws(FrozenPlanTrouble) {
    let frozen = try FrozenValue(json)
    self.init(flag: FlagKey(""))
    for member in FieldRow.frozen { try member.thaw(&self, frozen) }
  }
}

extension FrozenPlan {
  package init(_ plan: Plan) { self.init(json: plan.frozen) }

  /// Nil where a later version wrote what this one cannot read.
  package var plan: Plan? { try? Plan(frozen: json) }
}

extension PlanDifference {
  /// `upTo` is the furthest stage that was reached; stages up to it are frozen.
  package static func between(_ old: Plan, _ new: Plan, upTo reached: Int? = nil) -> [PlanDifference] {
    let found = FieldRow.compared.flatMap { $0.compare(old, new, reached) }
    guard found.isEmpty, old != new else { return found }
    // Whatever is left (a cohort that no stage uses, say) must not pass unseen.
    return [PlanDifference(what: "plan", before: "as started", after: "edited", isFrozen: false)]
  }
}

extension FieldRow {
  /// As journals have them, since the digest of a plan hangs on the order.
  fileprivate static let frozen = members(first: [
    .flag, .change, .changeType, .tier, .version, .controlVersion, .unit, .owner, .onCall, .approvers, .timeZone,
    .cohorts, .exclude, .schedule, .variants, .killTo, .flagHash, .metrics, .holdTrigger, .samples, .checklist, .bands,
    .automation, .evidenceLevel, .evidence, .fields, .dashboard, .fallback, .runbook, .evaluation,
  ])

  /// As a person is told of them: first what cannot change any more.
  fileprivate static let compared = members(first: [
    .flag, .unit, .variants, .version, .controlVersion, .schedule, .exclude, .tier, .changeType, .change, .owner,
    .onCall, .approvers, .timeZone, .holdTrigger, .metrics, .samples, .killTo, .checklist, .bands, .automation,
    .evidenceLevel, .evidence, .dashboard, .fallback, .runbook, .evaluation,
  ])

  /// Fields that are not named come last, in the order of the table: a new one need not be.
  private static func members(first: [NoteField.ID]) -> [PlanMember] {
    let rows = Dictionary(uniqueKeysWithValues: all.map { ($0.field.id, $0) })
    let rest = all.map(\.field.id).filter { !first.contains($0) }
    return (first + rest).flatMap { rows[$0]?.use.keeps ?? [] }
  }
}
