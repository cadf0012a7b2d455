/// How Unleash's features are changed: what stands there first, then what is meant, a strategy at a time.
extension UnleashStore {
  func change(_ old: UnleashFlag, to drafts: [JSON], _ change: HostedChange) throws(StoreTrouble) -> UnleashFlag? {
    let key = change.key
    try refuseStrangers(old)
    let tag = tag(forVariants: !change.meant.isBoolean)
    if old.ours.isEmpty {
      try add(tag, to: key)
    } else if change.urgency == .ordinary {
      // Somebody may have taken the tag away, and nobody would know before the next kill of all. What narrows waits for
      // no tag.
      try? add(tag, to: key)
    }
    try carryOut(UnleashChange(from: old, to: drafts, as: change.meant), key)
    return nil
  }

  /// Off it is only put back to: off, or killed by one strategy, as it was. On is perhaps the strategy for everybody that
  /// the server makes up where it finds none.
  func turn(on: Bool, _ flag: UnleashFlag, _ change: HostedChange) throws(StoreTrouble) -> UnleashFlag? {
    let key = change.key
    if on {
      // Never asked twice: between the two somebody may have killed it.
      try ask(.post, path(key, "/on"), isRepeatable: false)
      return nil
    }
    if !flag.isOn { try ask(.post, path(key, "/off")) }
    if let id = flag.killing { try put([(id, flag.placeOfKill)], key, isRepeatable: true) }
    return nil
  }

  // MARK: Before anything is written

  /// Of a strategy, which is sent with a few words around it.
  private static let longest = 98_000

  /// The strategies that it takes, and that they are read as what they are meant to be.
  func draft(_ change: HostedChange, over known: UnleashFlag?) throws(StoreTrouble) -> [JSON] {
    let (meant, key) = (change.meant, change.key)
    let fine = key.text.utf8.allSatisfy { byte in
      let letter = byte | 0x20
      return (0x61...0x7A).contains(letter) || (0x30...0x39).contains(byte) || "-_.~".utf8.contains(byte)
    }
    guard fine, key.text.utf8.count <= 100 else {
      throw .beyond("Unleash names features with at most 100 letters, digits and - _ . ~, so \(key) is none")
    }
    let rules = try UnleashFlag.rules(for: meant)
    // With variants there must be room for one that a kill may have to add.
    let most = meant.isBoolean ? 30 : 29
    if rules.count > most {
      throw .beyond("Unleash takes 30 strategies in an environment, and this takes \(rules.count + 30 - most)")
    }
    let segments = UnleashFlag.needsSegments(rules) ? try segments() : .none(client.base.place)
    var drafts: [JSON] = []
    for rule in rules {
      let draft = try rule.strategy(of: key, segments)
      guard UnleashRule.reading(draft, of: key, segments) == rule else {
        throw .beyond("Unleash would not show \"\(rule.title)\" again as it is meant; simplify it")
      }
      let bytes = draft.written(.compact).utf8.count
      guard bytes <= Self.longest else {
        throw .beyond(
          "Unleash takes 100 kB in one request, and \"\(rule.title)\" would have \(bytes / 1000); make a segment of a long "
            + "list there and write segment = NAME, and give a long variant a name that the application looks up")
      }
      drafts.append(draft)
    }
    return drafts
  }

  /// Strategies are alternatives: next to somebody else's ours would not decide who is in.
  private func refuseStrangers(_ flag: UnleashFlag) throws(StoreTrouble) {
    let key = flag.key
    let strangers = flag.strangers.map { strategy in
      let title = strategy["title"]?.text ?? ""
      let rollout = strategy["parameters"]?["rollout"]?.text.map { " \($0)%" } ?? ""
      return title.isEmpty ? "\(strategy["name"]?.text ?? "a strategy")\(rollout)" : "\"\(title)\""
    }
    if !strangers.isEmpty {
      throw .occupied(
        "\(key) has strategies in \(environment) that rolloutctl did not write, or that were edited since "
          + "(\(strangers.joined(separator: ", "))); they would let people in beside the plan: delete or disable them at "
          + "\(page(of: key)), then run it again (kill goes through)")
    }
    if !flag.parents.isEmpty {
      throw .occupied(
        "\(key) depends on \(flag.parents.joined(separator: ", ")) in Unleash, so that not all who are meant would be let "
          + "in; remove the dependency at \(page(of: key)), then run it again (kill goes through)")
    }
  }

  // MARK: Writing

  func create(_ drafts: [JSON], _ change: HostedChange) throws(StoreTrouble) -> UnleashFlag {
    // Without its tag: a server on which no flag has it yet refuses a new flag that comes with it.
    let feature: JSON = ["name": .string(change.key.text), "type": "release"]
    let answer = try client.answer(
      .post, "\(projectPath)/features", body: Array(feature.written(.compact).utf8), headers: [StoreClient.json],
      isRepeatable: false)
    if answer.status == 409 {
      // Names are one for all projects, and an archived flag keeps its own.
      return try made(before: change) {
        .occupied(
          "Unleash has another flag of the name \(change.key), archived or in another project"
            + "\(client.said(answer).map { " (it says: \($0))" } ?? ""); revive or rename one of them")
      }
    }
    if answer.status == 404 {
      throw .refused(
        ServerRefusal(client.base.place, status: 404, .missing("the project \(project)"), said: client.said(answer)))
    }
    _ = try proven(answer)
    return UnleashFlag(key: change.key, isOn: false, strategies: [], segments: .none(client.base.place))
  }

  /// Whoever kills all that is managed finds flags by their tag.
  func add(_ tag: JSON, to key: FlagKey) throws(StoreTrouble) {
    let body = Array(tag.written(.compact).utf8)
    let answer = try client.answer(
      .post, "\(Self.admin)/features/\(PercentCode.encoded(key.text))/tags", body: body,
      headers: [StoreClient.json], isRepeatable: true)
    // It has the tag already.
    if answer.status != 409 { _ = try proven(answer) }
  }

  private func carryOut(_ change: UnleashChange, _ key: FlagKey) throws(StoreTrouble) {
    var made: [(id: String, index: Int)] = []
    for (index, draft) in change.added {
      let answer = try ask(.post, path(key, "/strategies"), draft, isRepeatable: false)
      made.append((answer["id"]?.text ?? "", index))
    }
    for (old, draft) in change.replaced { try replace(old, with: draft, key) }
    for id in change.removed { try remove(id, key) }
    // What may lift a kill is never asked twice: between the two somebody may have killed it.
    let order = change.order(made)
    if !order.isEmpty { try put(order, key, isRepeatable: !change.hasVariants) }
  }

  func put(_ order: [(id: String, place: Int)], _ key: FlagKey, isRepeatable: Bool) throws(StoreTrouble) {
    let body = JSON.array(order.map { ["id": .string($0.id), "sortOrder": .number($0.place)] })
    try ask(.post, path(key, "/strategies/set-sort-order"), body, isRepeatable: isRepeatable)
  }

  /// One that is gone already is what was meant: a network brings a request twice, or loses the answer to the first.
  private func remove(_ id: String, _ key: FlagKey) throws(StoreTrouble) {
    let path = path(key, "/strategies/\(PercentCode.encoded(id))")
    let answer = try client.answer(.delete, path, isRepeatable: true)
    if answer.status == 404, isAboutAFeature(answer) { return }
    _ = try proven(answer)
  }

  /// How often it is tried to change one strategy.
  private static let tries = 4

  /// Of several strategies some may be changed by now, and with exclusions of their own they would be read as nobody's. So
  /// where the answer is lost, what stands there decides, and it is asked again for what does not: twice is as good as once.
  private func replace(_ old: JSON, with draft: JSON, _ key: FlagKey) throws(StoreTrouble) {
    for number in 1...Self.tries {
      do throws(StoreTrouble) { return try replaceOnce(old, with: draft, key) } catch {
        guard case .unanswered = error, number < Self.tries else { throw error }
        let now = try find(key)?.strategies.first { $0["id"] == old["id"] }
        if let now, UnleashRule.same(draft, now) { return }
      }
    }
  }

  /// In one request that holds only while the strategy is what we saw. Servers from before October 2025 know no tests
  /// (400); for them what was read a moment ago must do.
  private func replaceOnce(_ old: JSON, with draft: JSON, _ key: FlagKey) throws(StoreTrouble) {
    let hasVariants = [old, draft].contains { $0["variants"]?.items?.isEmpty == false }
    let names = ["title", "parameters", "constraints"] + (hasVariants ? ["variants"] : [])
    let step = { (kind: String, name: String, value: JSON) -> JSON in
      ["op": .string(kind), "path": .string("/\(name)"), "value": value]
    }
    var tests = names.compactMap { name in old[name].map { step("test", name, $0) } }
    // A title tells a long list by its digest, so that it need not go out twice.
    let room = Self.longest - draft.written(.compact).utf8.count
    for path in ["/variants", "/constraints"] where JSON.array(tests).written(.compact).utf8.count > room {
      tests.removeAll { $0["path"]?.text == path }
    }
    let changes = ["title", "parameters", "constraints", "segments", "disabled", "variants"].compactMap { name in
      draft[name].map { step("add", name, $0) }
    }
    let path = path(key, "/strategies/\(PercentCode.encoded(old["id"]?.text ?? ""))")
    var answer = try patch(path, tests + changes)
    if answer.status == 400 { answer = try patch(path, changes) }
    if answer.status == 500, client.said(answer)?.contains("Test operation failed") == true {
      // What a network brings twice finds its own work the second time.
      let now = try find(key)?.strategies.first { $0["id"] == old["id"] }
      if let now, UnleashRule.same(draft, now) { return }
      throw .changedMeanwhile(path: page(of: key))
    }
    if answer.status == 404, client.said(answer)?.hasPrefix("Could not find strategy") == true {
      throw .changedMeanwhile(path: page(of: key))
    }
    _ = try proven(answer)
  }

  private func patch(_ path: String, _ steps: [JSON]) throws(StoreTrouble) -> HTTPAnswer {
    try client.answer(
      .patch, path, body: Array(JSON.array(steps).written(.compact).utf8),
      headers: [StoreClient.json], isRepeatable: false)
  }
}
