/// A kill in PostHog is one request that waits for no version: the switch, which no change of rules can undo. Where the flag
/// has variants the switch would hand out none of them, so the rules give everybody the old one, unless rules do not
/// decide, or the feature is to be off altogether.
extension PostHogStore {
  /// It takes the flag's number, so somebody must have seen the flag before.
  func switchOff(_ key: FlagKey, _ occasion: Occasion) throws(StoreTrouble) {
    guard let flag = seen.last?[key], flag.number != nil else {
      throw .beyond(
        "PostHog turns a flag off by its number, and nobody has read that of \(key) yet: it is not even tried")
    }
    try turn(on: false, flag)
  }

  // MARK: Looking

  /// One is asked for by its key. Several are looked for in the list, 500 to a page: hardly any project has more pages
  /// than two, and each request counts against 480 a minute.
  func look(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    guard keys.count > 1 else { return lookEach(keys) { key throws(StoreTrouble) in try read(key) } }
    do throws(StoreTrouble) { return try read(keys).mapValues { .success($0) } } catch { return failing(keys, error) }
  }

  // MARK: Sending

  func turnOff(_ order: KillOrder) throws(StoreTrouble) { try turnOff(order.flag, held(for: order)) }

  /// What is refused one way, by an approval or because other flags depend on this one, is done the other way.
  private func turnOff(_ flag: Flag, _ old: PostHogFlag) throws(StoreTrouble) {
    var isBySwitch = !old.isOn || !old.hasVariants || !old.conditionsDecide
    if case .applicationDefault = flag.serving { isBySwitch = true }
    do throws(StoreTrouble) {
      try turnOff(flag, old, bySwitch: isBySwitch)
    } catch {
      // Such a flag takes nothing of ours but the switch.
      guard case .refused(let refusal) = error, refusal.isForApproval || refusal.reason == .rejected, !old.isOfRules
      else { throw error }
      do throws(StoreTrouble) {
        try turnOff(flag, old, bySwitch: !isBySwitch)
      } catch let second {
        // The first refusal says what to do.
        if case .refused = second { throw error }
        throw second
      }
    }
  }

  private func turnOff(_ flag: Flag, _ old: PostHogFlag, bySwitch: Bool) throws(StoreTrouble) {
    if bySwitch {
      try turn(on: false, old)
    } else {
      let filters = try PostHogFlag.filters(for: flag, over: old.filters, nil)
      _ = try patch(old, filters, flag, isGuarded: false)
    }
  }

  /// A flag of rules, PostHog's second kind of configuration, is switched with the version that was read and by nothing
  /// else; whether it is one, the first answer tells a store that has seen it as another.
  @discardableResult
  func turn(on: Bool, _ flag: PostHogFlag) throws(StoreTrouble) -> PostHogFlag {
    let path = flags + "\(flag.number ?? 0)/"
    guard !flag.isOfRules else { return try switched(on: on, flag, path) }
    let answer = try send(.post, path + (on ? "enable/" : "disable/"), [:], isRepeatable: true)
    let code = answer.status == 400 ? (try? JSON.parse(answer.body))?["code"]?.text : nil
    if code == "required" || code == "unsupported_config_version" { return try switched(on: on, flag, path) }
    guard Self.hasNoSuchAction(answer) else { return try self.flag(in: answer, about: flag) }
    return try self.flag(in: send(.patch, path, ["active": .bool(on)], isRepeatable: true), about: flag)
  }

  private func switched(on: Bool, _ flag: PostHogFlag, _ path: String) throws(StoreTrouble) -> PostHogFlag {
    try self.flag(in: send(.patch, path, flag.switching(on: on), isRepeatable: true), about: flag)
  }

  // MARK: How long it takes

  /// PostHog takes 480 requests a minute and 4,800 an hour from all keys of a project together. A kill takes a change for
  /// each flag and, however many there are, some pages before and behind.
  func timeToKill(_ count: Int) -> TimeSpan? {
    let requests = count + 10
    let (minutes, hours) = ((requests - 1) / 480, (requests - 1) / 4800)
    return minutes == 0 ? nil : TimeSpan(seconds: max(minutes * 60, hours * 3600))
  }
}
