@testable import RolloutOps

/// One command of a run, with what it said and what came of it.
struct FaultStep {
  let verb: FaultRun.Verb
  let tenant: String
  let outcome: Binary.Outcome
  let before: Sight
  let after: Sight
  /// Who must be out before it; nil where nobody knows.
  let out: Set<String>?
  /// What the server showed after each request that changed something.
  let course: [Sight]
  let requests: [String]
  let isCalm: Bool
  let isStorm: Bool
  /// Whether the server had the flag at all.
  let isKnown: Bool
  /// Whether a kill before or in it has said that the journal does not know of it.
  let isUnjournaled: Bool
  let entries: [JSON]

  private var said: JSON { (try? JSON.parse(outcome.output)) ?? .null }
  private var status: Int32 { outcome.status }

  /// What it said, without the checklist.
  var shortly: String {
    let told = ["error", "verb", "done", "from", "to", "reasons", "drift", "remarks", "flags", "exit"]
    let words = (said.members ?? []).filter { told.contains($0.name) }.map {
      "\($0.name): \($0.value.written(.compact))"
    }
    return "\(outcome.end): \(words.joined(separator: ", "))\n\(outcome.errors)"
  }

  /// It says that it has done something.
  var isDone: Bool {
    guard status == 0 else { return false }
    return verb == .kill ? said["flags"]?.items?.first?["off"] == true : said["done"] == true
  }

  /// It could not say, and something has come of it.
  var isDoubted: Bool { status == 1 && !requests.isEmpty }

  /// The stage that this verb leads to from the one before.
  private var meant: Int? {
    switch verb {
    case .promote: before.stage.map { $0 + 1 }
    case .rollback: before.stage.map { $0 - 1 }
    // What never began is off again.
    case .restore: said["to"]?["off"] == true && !hasBegun ? -1 : 0
    case .kill: -1
    case .exclude, .include, .hold, .resume: before.stage
    }
  }

  private var hasBegun: Bool {
    entries.contains { $0["outcome"] == "done" && $0["to"]?["stage"] != nil && $0["to"]?["off"] == nil }
  }

  private var outIfDone: Set<String>? {
    switch verb {
    case .exclude: out?.union([tenant])
    case .include: out?.subtracting([tenant])
    default: out
    }
  }

  /// Who must be out now.
  var outAfterwards: Set<String>? {
    if isDone || ![.exclude, .include].contains(verb) {
      return outIfDone ?? ((after.stage ?? -1) >= 0 ? after.without : nil)
    }
    return status == 1 ? nil : out
  }

  // MARK: The comparison

  /// The first thing that does not fit, in words; nil where all agrees. `isAtomic` where one change takes one request.
  func disagreement(isAtomic: Bool) -> String? {
    if ![0, 1, 2, 3, 5, 6].contains(status) { return "nothing of this can end with \(outcome.end)" }
    if said == .null { return "no JSON was said" }
    return falselyDone ?? appliedTwice ?? tooWide(isAtomic) ?? falselyUndone ?? notKilled ?? unsettled ?? journalLies
  }

  /// What is called done is so, and as it says itself.
  private var falselyDone: String? {
    guard status == 0 else { return nil }
    if verb == .kill { return isDone && after.stage == -1 ? nil : "it says off, and somebody gets the canary" }
    if let last = course.last, last != after { return "the flag changed after its last change" }
    guard isDone else { return requests.isEmpty ? nil : "it says that there was nothing to do, and something changed" }
    if let meant, after.stage != meant { return "it is called done, and stage \(meant) is not there" }
    let to = said["to"]
    let name = after.stage.flatMap { Sight.names.indices.contains($0) ? Sight.names[$0] : nil }
    // A kill that nobody heard of leaves the journal where it was; that the flag is killed is said all the same.
    let isKilled = to?["killed"] != nil || said["killed"] == true && name == nil
    if !isKilled, to?["name"]?.text != name { return "it says \(to?.written(.compact) ?? "nothing")" }
    if let outIfDone, after.stage ?? -1 >= 0, after.without != outIfDone { return "\(outIfDone) must be out" }
    return nil
  }

  /// The same request had an effect twice.
  private var appliedTwice: String? {
    let sights = [before] + course
    for (index, request) in requests.enumerated() where requests[..<index].contains(request) {
      if sights[index] != sights[index + 1] { return "applied twice: \(request.prefix(300))" }
    }
    return nil
  }

  /// At no moment is anybody in who is in neither before nor as is meant; and who is out before and after is out all the
  /// time.
  private func tooWide(_ isAtomic: Bool) -> String? {
    let allowed = before.grants.union((meant.flatMap { $0 >= 0 && $0 < 4 ? Sight.stages[$0] : nil }) ?? [])
    let kept = (out ?? []).subtracting(verb == .include ? [tenant] : [])
    var killed = false
    for sight in course + [after] {
      if before.stage != nil, !sight.grants.isSubset(of: allowed) { return "too many were let in: \(sight)" }
      if isAtomic || isDone && sight == after, sight.stage == nil { return "no stage of the note: \(sight)" }
      if sight.stage ?? 0 >= 0, !kept.isSubset(of: sight.without) {
        return "\(kept) must be out, and are not: \(sight)"
      }
      if verb == .kill {
        if killed, sight.stage != -1 { return "the kill was undone" }
        killed = sight.stage == -1
      }
    }
    return nil
  }

  /// What is refused, or said to have changed nothing, has changed nothing.
  private var falselyUndone: String? {
    if [2, 3, 5, 6].contains(status), !requests.isEmpty {
      return "it says that it was not done, and something changed"
    }
    let words = outcome.output + outcome.errors
    if status == 1, words.contains("nothing was changed") || words.contains("not touched"), !requests.isEmpty {
      return "it says that nothing was changed"
    }
    if status == 6, before.stage != nil, words.contains("somebody else") { return "nobody else changed it" }
    return nil
  }

  /// A kill gets through wherever there is a way; where there is none it does not say that it did.
  private var notKilled: String? {
    guard verb == .kill, isKnown, status != 0 else { return nil }
    if !isStorm { return "one way was open, and it is not off" }
    let line = said["flags"]?.items?.first
    let words = line?["reasons"]?.written(.compact) ?? ""
    return line?["off"] == false && words.contains("NOT off") || words.contains("it may be off")
      ? nil : "it is not off, and that is not said"
  }

  /// Over a good network a command knows what it does.
  private var unsettled: String? {
    guard isCalm, status == 1, verb != .kill || isKnown else { return nil }
    return "the network is good, and it still cannot conclude"
  }

  /// What the journal says last is what the server holds, or it says that it does not know.
  private var journalLies: String? {
    let moves = entries.filter { $0["to"] != nil && $0["outcome"] != nil && $0["to"] != .null }
    guard let last = moves.last else { return nil }
    guard last["outcome"] != "intended" else {
      return status == 0 && isDone ? "it is done, and the journal still waits for it" : nil
    }
    let to = last["outcome"] == "done" ? last["to"] : last["from"]
    guard let to, to != .null, after.stage != nil, !isUnjournaled else { return nil }
    let name = after.stage.flatMap { Sight.names.indices.contains($0) ? Sight.names[$0] : nil }
    return to["name"]?.text == name ? nil : "the journal says \(to.written(.compact))"
  }
}
