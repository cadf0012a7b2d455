/// A kill in Unleash is the environment's switch alone: whatever a stale command still does to the strategies, nobody is
/// let in by it. So it takes no look before, and neither strategies nor segments.
///
/// The switch hands out no variant. Where a kill is to give everybody one, the strategy that gives it to everybody who is
/// left is put before all others, by one request too: below zero, where no change of ours puts anything, it decides alone
/// whatever stands behind it, and whoever set that up.
extension UnleashStore {
  func switchOff(_ key: FlagKey, _ occasion: Occasion) throws(StoreTrouble) {
    _ = try proven(client.answer(.post, path(key, "/off"), isRepeatable: true), about: key)
  }

  // MARK: Looking

  /// One flag by itself, with its strategies. Several stand in the project's list, which has the switch and the tags of
  /// each, and that is all a kill needs: one request for all of them.
  func look(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    if keys.count == 1 { return lookEach(keys) { key throws(StoreTrouble) in try lookAlone(key) } }
    let features: [JSON]
    do throws(StoreTrouble) { features = try overviews() } catch { return failing(keys, error) }
    let known = Dictionary(features.map { ($0["name"]?.text ?? "", $0) }) { first, _ in first }
    return lookEach(keys) { key throws(StoreTrouble) in
      // What is in no list may lie in the archive; asked for by its name it says so.
      guard let feature = known[key.text] else { return try lookAlone(key) }
      return try listed(key, feature, among: features)
    }
  }

  private func lookAlone(_ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    reading(key, try find(key, forKill: true))
  }

  private func listed(_ key: FlagKey, _ feature: JSON, among features: [JSON]) throws(StoreTrouble) -> FlagReading {
    if isTagged(feature, forVariants: true) { return try lookAlone(key) }
    guard let here = here(feature) else {
      throw noEnvironment(among: feature["environments"]?.items ?? [], 200)
    }
    var isOn = here["enabled"]?.truth ?? false
    // One without strategies that is on lets everybody in, and not every version shows it as on.
    if !isOn, here["hasStrategies"]?.truth == false { isOn = try isSwitchedOn(key) }
    let isForEverybody = here["hasEnabledStrategies"]?.truth == false
    let mark = Flag.Mark(
      killed: !isOn, stage: isOn ? nil : Place.killed(serving: "off").description, killsTo: "off")
    let serving: Serving = !isOn ? .everyone("off") : isForEverybody ? .everyone("on") : .foreign(Self.unread)
    // No spelling goes with it: a kill replaces nothing here that would have to be kept.
    return FlagReading(
      key: key, flag: Flag(variants: Variants.boolean.all, serving: serving, mark: isTagged(feature) ? mark : nil),
      version: SHA256.hex(here.written()), spelled: nil)
  }

  /// In the place of strategies that the list does not show.
  private static let unread = "strategies that nobody read"

  // MARK: Sending

  func send(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    let (switched, others) = (
      orders.filter { $0.flag.serving.isSwitchedOff }, orders.filter { !$0.flag.serving.isSwitchedOff }
    )
    let sent = Crew(threads: 2).each([true, false]) { isBySwitch in
      isBySwitch ? switchOff(switched) : sendEach(others) { order throws(StoreTrouble) in try giveEverybody(order) }
    }
    let unmarked = zip(switched, sent[0]).filter { order, outcome in
      if case .success = outcome { order.reading.flag?.mark == nil } else { false }
    }
    // The mark comes last and stands in no kill's way: a flag is off whether that works or not.
    _ = sendEach(unmarked.map(\.0)) { order throws(StoreTrouble) in try remember(order.key) }
    var (switches, gifts) = (sent[0].makeIterator(), sent[1].makeIterator())
    return orders.map { order in
      (order.flag.serving.isSwitchedOff ? switches.next() : gifts.next())
        ?? .failure(.changedMeanwhile(path: page(of: order.key)))
    }
  }

  func turnOff(_ order: KillOrder) throws(StoreTrouble) {
    if order.flag.serving.isSwitchedOff { try switchOff(order.key, order.occasion) } else { try giveEverybody(order) }
  }

  private func switchOff(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    orders.count > 1
      ? sendTogether(orders)
      : sendEach(orders) { order throws(StoreTrouble) in try switchOff(order.key, order.occasion) }
  }

  /// A request takes at most 100 kB there, and a name has up to 100 characters.
  private static let together = 500

  /// All that are to be off, by one request for every few hundred. It holds for all of them or for none, so where one
  /// of them stands in the way each is sent by itself.
  private func sendTogether(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    let bulk = "\(projectPath)/bulk_features/environments/\(PercentCode.encoded(environment))/off"
    var sent: [Result<Sent, StoreTrouble>] = []
    for start in stride(from: 0, to: orders.count, by: Self.together) {
      let some = Array(orders[start..<min(start + Self.together, orders.count)])
      let body: JSON = ["features": .strings(some.map(\.key.text))]
      let outcome: Result<HTTPAnswer, StoreTrouble>
      do throws(StoreTrouble) {
        outcome = .success(
          try client.answer(
            .post, bulk, body: Array(body.written(.compact).utf8), headers: [StoreClient.json], isRepeatable: true))
      } catch {
        outcome = .failure(error)
      }
      sent += settled(some, outcome)
    }
    return sent
  }

  private func settled(
    _ orders: [KillOrder], _ outcome: Result<HTTPAnswer, StoreTrouble>
  ) -> [Result<Sent, StoreTrouble>] {
    do throws(StoreTrouble) {
      let answer = try outcome.get()
      // Those are about whoever asks, or about the whole server, not about one of the flags.
      guard answer.isSuccess || [401, 429, 503].contains(answer.status) else {
        return sendEach(orders) { order throws(StoreTrouble) in try switchOff(order.key, order.occasion) }
      }
      _ = try proven(answer)
      return orders.map { _ in .success(.flag) }
    } catch {
      return orders.map { _ in .failure(error) }
    }
  }

  // MARK: One variant for everybody

  /// What is refused, by a right that is missing or an approval, is done by the switch: then applications have their own
  /// default, and nobody the canary.
  private func giveEverybody(_ order: KillOrder) throws(StoreTrouble) {
    guard case .everyone(let name) = order.flag.serving, !order.flag.isBoolean else {
      throw .beyond(
        "Unleash can only turn a flag off, and \(order.flag.serving) is something else; kill it with --to off")
    }
    let variant = try UnleashFlag.variant(name, of: order.flag)
    let shown = order.reading.spelled.flatMap { try? JSON.parse($0) }
    let now = UnleashFlag(
      key: order.key, isOn: shown?["enabled"]?.truth ?? true, strategies: shown?["strategies"]?.items ?? [],
      segments: .unasked(client.base.place))
    do throws(StoreTrouble) {
      try putFirst(variant, now)
    } catch {
      guard case .refused(let refusal) = error, now.isOn, refusal.isForApproval || error.isForbidden else {
        throw error
      }
      return try switchOff(order.key, order.occasion)
    }
    if !now.isOn { try switchOn(order.key, giving: variant) }
  }

  /// One request. A strategy that is gone, or another one's by now, takes a new look.
  private func putFirst(_ variant: Variants.Variant, _ now: UnleashFlag) throws(StoreTrouble) {
    guard let id = now.rest(giving: variant) else {
      let draft = try UnleashRule(.everybody, [variant]).strategy(of: now.key, .none(client.base.place))
      try ask(
        .post, path(now.key, "/strategies"), draft.setting("sortOrder", to: .number(now.placeOfKill)),
        isRepeatable: true)
      return
    }
    let body: JSON = [["id": .string(id), "sortOrder": .number(now.placeOfKill)]]
    let answer = try client.answer(
      .post, path(now.key, "/strategies/set-sort-order"), body: Array(body.written(.compact).utf8),
      headers: [StoreClient.json], isRepeatable: true)
    if answer.status == 400, client.said(answer)?.contains("update sortOrder") == true {
      throw .changedMeanwhile(path: page(of: now.key))
    }
    _ = try proven(answer, about: now.key)
  }

  /// It was switched off, by whoever, and is to give everybody a variant: only once nothing else can come of it.
  private func switchOn(_ key: FlagKey, giving variant: Variants.Variant) throws(StoreTrouble) {
    guard let now = try find(key, forKill: true), now.servingWhenOn == .everyone(variant.name) else {
      throw .changedMeanwhile(path: page(of: key))
    }
    if !now.isOn { try ask(.post, path(key, "/on"), isRepeatable: false) }
  }

  /// Of a flag that we never moved, its tag and a strategy that is not in force remember the kill.
  private func remember(_ key: FlagKey) throws(StoreTrouble) {
    try? add(tag(forVariants: false), to: key)
    let note = try UnleashRule(.nobody).strategy(of: key, .none("")).setting("disabled", to: true)
    try ask(.post, path(key, "/strategies"), note, isRepeatable: false)
  }

  // MARK: Understanding

  /// What a switch's refusal means. Of a flag, or an environment, that is not there nobody says that it is off.
  private func proven(_ answer: HTTPAnswer, about key: FlagKey) throws(StoreTrouble) -> HTTPAnswer {
    let name = (try? JSON.parse(answer.body))?["name"]?.text
    if answer.status == 400, name == "ArchivedFeatureError" { throw archived(key) }
    guard answer.status == 404, isAboutAFeature(answer) else { return try proven(answer) }
    let said = client.said(answer)
    let isThere = said?.hasPrefix("Could not find environment") == true
    let missing = isThere ? "the environment \(environment) of the project \(project)" : "the flag \(key)"
    throw .refused(ServerRefusal(client.base.place, status: 404, .missing(missing), said: said))
  }
}
