/// A kill in Statsig: nobody passes. Without an environment it is the flag's switch, which no change of rules can undo and
/// no override gets past; in one environment it is the rules that are for that one. A dynamic configuration that is off gives
/// everybody its default, which is control's value; another way back than that is a rule for everybody too.
extension StatsigStore {
  /// The switch is for all environments at once, and other environments than the one that is meant are nothing of ours.
  var killSwitch: KillSwitch { environment == nil ? .platform : .none }

  func switchOff(_ key: FlagKey, _ occasion: Occasion) throws(StoreTrouble) {
    if let environment {
      throw .beyond(
        "Statsig's switch is for all environments at once, and not for \(environment) alone: it is not touched")
    }
    // Of a flag that nobody has seen: where there is none of the first kind, it is of the other.
    let seen = seen.last?[key].map { [$0.kind] }
    for kind in seen ?? kinds(of: key) {
      do throws(StoreTrouble) {
        return try pastReviews(occasion.urgency) { respectsReview throws(StoreTrouble) in
          try turn(on: false, key, kind, respectsReview: respectsReview)
        }
      } catch {
        // Nobody has seen it before, so it may as well never have been there.
        guard case .changedMeanwhile = error else { throw error }
      }
    }
    throw .refused(ServerRefusal(client.base.place, status: 404, .missing("the flag \(key)")))
  }

  // MARK: Looking

  /// So many are asked for by their names, all of them at the same time: pages come one after another.
  private static let byName = 8

  /// More are looked for in the list, a hundred to a page. Who is let in one by one in an environment no list shows; that
  /// is one more request for each gate that is on.
  func look(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    guard keys.count > Self.byName else {
      return lookEach(keys) { key throws(StoreTrouble) in try lookAlone(key) }
    }
    let (known, trouble): ([FlagKey: StatsigFlag], StoreTrouble?)
    do throws(StoreTrouble) { (known, trouble) = try listed(keys) } catch { return failing(keys, error) }
    return lookEach(keys) { key throws(StoreTrouble) in
      guard let flag = known[key] else {
        if let trouble { throw trouble }
        return reading(key, nil)
      }
      let areAsked = environment != nil && flag.isOn && flag.kind.hasOverrides
      return look(key, flag, areAsked ? overrides(of: key) : nil)
    }
  }

  private enum Part: Sendable {
    case flag(Result<StatsigFlag?, StoreTrouble>)
    case overrides(Result<JSON, StoreTrouble>)
  }

  /// The flag and, where they count, its overrides: asked for at the same time, since a server may be slow.
  private func lookAlone(_ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    let hasOverrides = kind(of: key)?.hasOverrides ?? true
    guard environment != nil, hasOverrides else {
      let found = try find(key)
      // The note may be wrong about its kind.
      let areAsked = environment != nil && found?.isOn == true && found?.kind.hasOverrides == true
      return found.map { look(key, $0, areAsked ? overrides(of: key) : nil) } ?? reading(key, nil)
    }
    let parts = Crew(threads: 2).each([true, false]) { (isFlag: Bool) -> Part in
      guard isFlag else { return Part.overrides(self.overrides(of: key)) }
      do throws(StoreTrouble) {
        return Part.flag(.success(try find(key)))
      } catch {
        return Part.flag(.failure(error))
      }
    }
    var (found, told) = (StatsigFlag?.none, Result<JSON, StoreTrouble>?.none)
    for part in parts {
      switch part {
      case .flag(let flag): found = try flag.get()
      case .overrides(let overrides): told = overrides
      }
    }
    guard let found else { return reading(key, nil) }
    return look(key, found, found.isOn && found.kind.hasOverrides ? told : nil)
  }

  private func overrides(of key: FlagKey) -> Result<JSON, StoreTrouble> {
    do throws(StoreTrouble) {
      return .success(try data(in: client.answer(.get, "\(Self.path(key, .gate))/overrides", isRepeatable: true)))
    } catch {
      return .failure(error)
    }
  }

  /// Where nobody could say whom overrides let in, rules that let nobody in are no proof that nobody is in.
  private func look(_ key: FlagKey, _ found: StatsigFlag, _ overrides: Result<JSON, StoreTrouble>?) -> FlagReading {
    switch overrides {
    case nil: return reading(key, found)
    case .success(let told)?: return reading(key, found.with(overrides: told))
    case .failure(let trouble)?:
      let bare = reading(key, found)
      var flag = bare.flag
      if flag?.serving == .everyone(found.kind.control) {
        flag?.serving = .foreign(found.spelled)
        flag?.mark?.killed = false
      }
      return FlagReading(key: key, flag: flag, version: bare.version, spelled: bare.spelled, trouble: trouble)
    }
  }

  // MARK: Sending

  func turnOff(_ order: KillOrder) throws(StoreTrouble) {
    let key = order.key
    // Whom overrides let in is not asked for here: that might not be answered.
    guard let old = if let known = look(behind: order.reading) { known } else { try find(key) } else {
      throw .changedMeanwhile(path: page(of: key))
    }
    let variant = try variant(order.flag, old, key)
    try pastReviews(order.occasion.urgency) { respectsReview throws(StoreTrouble) in
      try turnOff(to: variant, old, key, respectsReview: respectsReview)
    }
    if let trouble = whatGoesOn(old, key) { throw trouble }
  }

  /// What lets people in whatever the rules of one environment say.
  private func whatGoesOn(_ flag: StatsigFlag, _ key: FlagKey) -> StoreTrouble? {
    guard environment != nil, flag.isOn else { return nil }
    if flag.isLaunched {
      return .occupied(
        "the gate is launched, for everybody in every environment, whatever its rules say; "
          + "disable it for all environments at \(page(of: key))")
    }
    guard flag.overridden.passing else { return nil }
    return .occupied(
      "overrides of the gate let some in whatever its rules say; take them out at \(page(of: key)), "
        + "or disable the gate for all environments")
  }

  /// What everybody gets. Gates have one way back, and a configuration always hands out some value.
  private func variant(_ meant: Flag, _ old: StatsigFlag, _ key: FlagKey) throws(StoreTrouble) -> String {
    switch (old.kind, meant.serving) {
    case (.gate, _): return old.kind.control
    case (.configuration, .everyone(let variant)): return variant
    case (.configuration, _):
      throw .beyond(
        "a dynamic configuration of Statsig hands out a value even when it is off, and \(key) has no variant off; "
          + "give everybody control: rolloutctl kill \(key) --to control")
    }
  }

  /// Only where a flag demands a review does a kill walk past it; what narrows otherwise waits for it.
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

  private func turnOff(
    to variant: String, _ old: StatsigFlag, _ key: FlagKey, respectsReview: Bool
  ) throws(StoreTrouble) {
    if variant == old.kind.control, environment == nil || !old.isOn {
      try turn(on: false, key, old.kind, respectsReview: respectsReview)
      return
    }
    guard old.isOn || environment == nil else {
      throw .occupied(
        "the \(old.kind.noun) is switched off, for all environments, at \(page(of: key)), so everybody gets control there"
      )
    }
    let ids = old.ours.compactMap { $0["id"] }
    let answer: HTTPAnswer
    if old.kind == .gate, old.foreign.isEmpty, !ids.isEmpty, ids.count == old.ours.count {
      // Our rules alone are touched, and the share's says that it is killed.
      let body = JSON.array(
        zip(old.ours, ids).map { rule, id in
          let zero: JSON = ["id": id, "passPercentage": 0]
          return rule == old.ours.last ? zero.setting("name", to: .string(StatsigRules.killed)) : zero
        })
      answer = try send(
        .patch, "\(Self.path(key, old.kind))/rules", ["rules": body], isRepeatable: true, respectsReview: respectsReview
      )
    } else {
      // Before other people's rules, which may be for other environments too, comes one that keeps everybody out here.
      let rules = StatsigRules(
        conditions: StatsigConditions(unit: "userID"), environment: environment, values: old.values)
      let killing = try rules.killing(old.ours, serving: variant)
      var body: JSON = ["rules": .array(killing + old.rules.filter { !old.isOurs($0) })]
      // Off it would give its default, and not what is meant.
      if !old.isOn { body = body.setting("isEnabled", to: true) }
      answer = try send(.patch, Self.path(key, old.kind), body, isRepeatable: true, respectsReview: respectsReview)
    }
    _ = try changed(by: answer, key, old.kind) { StatsigRules.areKilled($0.ours, old.kind) }
  }

  // MARK: How long it takes

  /// Statsig takes 100 changes in ten seconds and about 900 in a quarter of an hour, of a whole project.
  func timeToKill(_ count: Int) -> TimeSpan? {
    let (short, long) = ((count - 1) / 100, (count - 1) / 900)
    return short == 0 ? nil : TimeSpan(seconds: max(short * 10, long * 900))
  }
}
