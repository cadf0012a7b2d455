/// A kill in Statsig: nobody passes. Without an environment it is the gate's switch, which no change of rules can undo and
/// no override gets past; in one environment it is the rules that are for that one.
extension StatsigStore {
  /// The switch is for all environments at once, and other environments than the one that is meant are nothing of ours.
  package var killSwitch: KillSwitch { environment == nil ? .platform : .none }

  package func switchOff(_ key: FlagKey, _ occasion: Occasion) throws(StoreTrouble) {
    if let environment {
      throw .beyond(
        "Statsig's switch is for all environments at once, and not for \(environment) alone: it is not touched")
    }
    do throws(StoreTrouble) {
      try pastReviews(occasion.urgency) { respectsReview throws(StoreTrouble) in
        try turn(on: false, key, respectsReview: respectsReview)
      }
    } catch {
      // Nobody has seen it before, so it may as well never have been there.
      guard case .changedMeanwhile = error else { throw error }
      throw .refused(ServerRefusal(client.base.place, status: 404, .missing("the flag \(key)")))
    }
  }

  // MARK: Looking

  /// So many are asked for by their names, all of them at the same time: pages come one after another.
  private static let byName = 8

  /// More are looked for in the list, a hundred to a page. Who is let in one by one in an environment no list shows; that
  /// is one more request for each gate that is on.
  package func look(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    guard keys.count > Self.byName else {
      return lookEach(keys) { key throws(StoreTrouble) in try lookAlone(key) }
    }
    let gates: [StatsigGate]
    do throws(StoreTrouble) {
      gates = try pages(Self.gates).map { StatsigGate($0, environment: environment) }
    } catch {
      return failing(keys, error)
    }
    let known = Dictionary(gates.map { ($0.key, $0) }) { first, _ in first }
    return lookEach(keys) { key throws(StoreTrouble) in
      guard let gate = known[key] else { return reading(key, nil) }
      return look(key, gate, environment != nil && gate.isOn ? overrides(of: key) : nil)
    }
  }

  private enum Part: Sendable {
    case gate(Result<StatsigGate?, StoreTrouble>)
    case overrides(Result<JSON, StoreTrouble>)
  }

  /// The gate and, where they count, its overrides: asked for at the same time, since a server may be slow.
  private func lookAlone(_ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    guard environment != nil else { return reading(key, try find(key)) }
    let parts = Crew(threads: 2).each([true, false]) { (isGate: Bool) -> Part in
      guard isGate else { return Part.overrides(self.overrides(of: key)) }
      do throws(StoreTrouble) {
        return Part.gate(.success(try find(key)))
      } catch {
        return Part.gate(.failure(error))
      }
    }
    var (found, told) = (StatsigGate?.none, Result<JSON, StoreTrouble>?.none)
    for part in parts {
      switch part {
      case .gate(let gate): found = try gate.get()
      case .overrides(let overrides): told = overrides
      }
    }
    guard let found else { return reading(key, nil) }
    return look(key, found, found.isOn ? told : nil)
  }

  private func overrides(of key: FlagKey) -> Result<JSON, StoreTrouble> {
    do throws(StoreTrouble) {
      return .success(try data(in: client.answer(.get, "\(Self.path(key))/overrides", isRepeatable: true)))
    } catch {
      return .failure(error)
    }
  }

  /// Where nobody could say whom overrides let in, rules that let nobody in are no proof that nobody is in.
  private func look(_ key: FlagKey, _ gate: StatsigGate, _ overrides: Result<JSON, StoreTrouble>?) -> FlagReading {
    switch overrides {
    case nil: return reading(key, gate)
    case .success(let told)?:
      return reading(key, StatsigGate(gate.object, environment: environment, overrides: told))
    case .failure(let trouble)?:
      let bare = reading(key, gate)
      var flag = bare.flag
      if flag?.serving == .everyone("off") {
        flag?.serving = .foreign(gate.spelled)
        flag?.mark?.killed = false
      }
      return FlagReading(key: key, flag: flag, version: bare.version, spelled: bare.spelled, trouble: trouble)
    }
  }

  // MARK: Sending

  package func send(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    sendEach(orders) { order throws(StoreTrouble) in try send(order) }
  }

  private func send(_ order: KillOrder) throws(StoreTrouble) {
    let (key, known) = (order.key, seen.last?[order.key])
    let old = if let known, known.state == order.reading.version { known } else { try find(key) }
    guard let old else { throw .changedMeanwhile(path: place(key)) }
    try turnOff(old, key, order.occasion.urgency)
    if let trouble = whatGoesOn(old, key) { throw trouble }
  }

  /// What lets people in whatever the rules of one environment say.
  private func whatGoesOn(_ gate: StatsigGate, _ key: FlagKey) -> StoreTrouble? {
    guard environment != nil, gate.isOn else { return nil }
    if gate.isLaunched {
      return .occupied(
        "the gate is launched, for everybody in every environment, whatever its rules say; "
          + "disable it for all environments at \(place(key))")
    }
    guard gate.overridden.passing else { return nil }
    return .occupied(
      "overrides of the gate let some in whatever its rules say; take them out at \(place(key)), "
        + "or disable the gate for all environments")
  }

  private func turnOff(_ old: StatsigGate, _ key: FlagKey, _ urgency: Urgency) throws(StoreTrouble) {
    try pastReviews(urgency) { respectsReview throws(StoreTrouble) in
      try turnOff(old, key, respectsReview: respectsReview)
    }
  }

  /// Only where a gate demands a review does a kill walk past it; what narrows otherwise waits for it.
  private func pastReviews(
    _ urgency: Urgency, _ change: (Bool) throws(StoreTrouble) -> Void
  ) throws(StoreTrouble) {
    do throws(StoreTrouble) {
      try change(true)
    } catch {
      guard urgency.isKill, case .refused(let refusal) = error, refusal.isForApproval else { throw error }
      try change(false)
    }
  }

  private func turnOff(_ old: StatsigGate, _ key: FlagKey, respectsReview: Bool) throws(StoreTrouble) {
    guard environment != nil, old.isOn else { return try turn(on: false, key, respectsReview: respectsReview) }
    let ids = old.ours.compactMap { $0["id"] }
    let share = old.ours.last
    let answer: HTTPAnswer
    if old.foreign.isEmpty, let share, ids.count == old.ours.count {
      // Our rules alone are touched, and the share's says that it is killed.
      let body = JSON.array(
        zip(old.ours, ids).map { rule, id in
          let zero: JSON = ["id": id, "passPercentage": 0]
          return rule == share ? zero.setting("name", to: .string(StatsigRules.killed)) : zero
        })
      answer = try send(
        .patch, "\(Self.path(key))/rules", ["rules": body], isRepeatable: true, respectsReview: respectsReview)
    } else {
      // Before other people's rules, which may be for other environments too, comes one that keeps everybody out here.
      let rules = StatsigRules(conditions: StatsigConditions(unit: "userID"), environment: environment)
      let body: JSON = ["rules": .array([rules.killing(old.ours)] + old.rules.filter { !old.isOurs($0) })]
      answer = try send(.patch, Self.path(key), body, isRepeatable: true, respectsReview: respectsReview)
    }
    _ = try changed(by: answer, key) { StatsigRules.areKilled($0.ours) }
  }

  /// The change and a look, for whoever changes one flag alone.
  func kill(
    _ flag: Flag, _ old: StatsigGate, _ reading: FlagReading, _ occasion: Occasion
  ) throws(StoreTrouble) -> FlagReading {
    let key = reading.key
    try turnOff(old, key, occasion.urgency)
    guard let now = try find(key) else { throw .changedMeanwhile(path: place(key)) }
    let gate = StatsigGate(now.object, environment: environment, overrides: old.overrides)
    if let trouble = whatGoesOn(gate, key) { throw trouble }
    let back = self.reading(key, gate)
    guard gate.flag.serving == .everyone("off") else { throw .notAsWritten(path: place(key)) }
    return back
  }

  // MARK: How long it takes

  /// Statsig takes 100 changes in ten seconds and about 900 in a quarter of an hour, of a whole project.
  package func timeToKill(_ count: Int) -> TimeSpan? {
    let (short, long) = ((count - 1) / 100, (count - 1) / 900)
    return short == 0 ? nil : TimeSpan(seconds: max(short * 10, long * 900))
  }
}
