/// Healthy bands: what holds a rollout where the note says nothing of a signal that the evidence carries.
///
/// They are those that teams start from before they know their own numbers. A band only ever holds, and gives way to any
/// trigger of the note on the same signal.
extension Plan {
  package var bands: [Trigger] {
    guard defaultBands else { return [] }
    let taken = triggers.flatMap { [Signal.key($0.condition.signal), Signal.named($0.condition.signal)?.name ?? ""] }
    let fields = triggers.compactMap { try? MeasuredTrigger($0, in: self).measure.field }
    return Band.usual.filter { band in
      guard !taken.contains(Signal.key(band.signal)), !taken.contains(band.signal) else { return false }
      guard let watch = try? MeasuredTrigger(band.trigger, in: self) else { return false }
      return !fields.contains(watch.measure.field)
    }.map(\.trigger)
  }
}

package struct Band: Sendable {
  package let signal: String
  package let trigger: Trigger

  private init(_ signal: String, function: String? = nil, _ test: Trigger.Test, _ text: String) {
    self.signal = signal
    trigger = Trigger(
      action: .hold, condition: Trigger.Condition(signal: signal, function: function, test: test, against: .none),
      text: text, isBand: true)
  }

  package static let usual: [Band] = [
    Band("cost", .relative(.up, 0.20), "cost up more than 20%"),
    Band("latency", function: "p50", .relative(.up, 0.10), "p50 latency up more than 10%"),
    Band("latency", function: "p95", .relative(.up, 0.10), "p95 latency up more than 10%"),
    Band("quality", .relative(.down, 0.05), "quality drops by more than 5%"),
    Band("errors", .above(.init(0.01, .percent)), "errors above 1%"),
    Band("thumbs down", .above(.init(0.10, .percent)), "thumbs down above 10%"),
    Band("regenerate", .above(.init(0.10, .percent)), "regenerate above 10%"),
  ]
}

extension StageEvidence.Row {
  /// A band speaks where there is something to judge; what could not be judged holds only triggers of the note.
  package var asBand: StageEvidence.Row? {
    guard case .found(let finding) = outcome else { return nil }
    switch finding.reason {
    case .inside, .provenInside, .likeControl, .beyond, .firstEvent, .beyondByChance: return self
    // A band asks for no proof.
    case .insideUnproven:
      var passed = finding
      (passed.verdict, passed.reason) = (.pass, .inside)
      return .init(trigger, .found(passed), measure: measure, segment: segment)
    case .beyondUncorrected, .tooFewSamples, .noCanary, .noControl, .nothingComparable, .noSpread, .controlIsZero,
      .singleUnit, .notANumber, .impossible:
      return nil
    }
  }

  /// An absolute line that the control crosses as well, surely no less than the canary, tells nothing about the canary.
  package func beside(control: Double?, isSurelyBetter: Bool = true) -> StageEvidence.Row {
    guard case .found(var finding) = outcome, finding.verdict != .pass, let control, let canary = finding.canary.value,
      canary <= control || control > finding.threshold && !isSurelyBetter
    else { return self }
    (finding.verdict, finding.reason) = (.pass, .likeControl)
    return .init(trigger, .found(finding), measure: measure, segment: segment)
  }
}
