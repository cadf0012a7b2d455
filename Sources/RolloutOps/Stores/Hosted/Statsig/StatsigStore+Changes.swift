/// How Statsig's gates and dynamic configurations are changed.
///
/// Nothing there compares versions: whoever writes last wins. So a change is made right after a look that must show what
/// was read before, in one request, and looked at afterwards. All rules are sent with their ids, since a rule without one
/// is a new one and draws other units.
extension StatsigStore {
  /// What is written over whatever stands there, and as which kind of flag.
  struct Draft {
    let kind: StatsigKind
    let rules: StatsigRules
  }

  func draft(_ change: HostedChange, over known: StatsigFlag?) throws(StoreTrouble) -> Draft {
    let kind = try kind(of: change.meant, over: known)
    try checkSegments(of: change.meant, over: known)
    let rules = known == nil ? rules(for: change.meant) : try rules(for: change.meant, over: known, change.urgency)
    return Draft(kind: kind, rules: rules)
  }

  func change(
    _ old: StatsigFlag, to draft: Draft, _ change: HostedChange
  ) throws(StoreTrouble) -> StatsigFlag? {
    let (meant, key) = (change.meant, change.key)
    try checkOccupation(of: old, meant, draft.rules, change.urgency, key)
    let line = MarkLine(of: meant, keeping: old.line, environment: environment)
    let text = try description(line, over: old.description, change.urgency, key)
    var body: JSON = ["description": .string(text)]
    if !meant.isForeign {
      let rules = draft.rules
      body = body.setting("rules", to: .array(try rules.encode(meant.serving, over: old.ours) + old.elsewhere))
      if case .split = meant.serving, old.object["idType"]?.text != rules.conditions.idType {
        body = body.setting("idType", to: .string(rules.conditions.idType))
      }
      if let values = rules.values {
        let control = try values.object(StatsigValues.control)
        if old.object["defaultValue"]?.means(control) != true { body = body.setting("defaultValue", to: control) }
      }
    }
    let answer = try send(.patch, Self.path(key, old.kind), body, isRepeatable: false)
    let written = try changed(by: answer, key, old.kind) { $0.line == line }
    if let before = old.version, let after = written.version, after != before + 1,
      !areTwins(since: before, written, key)
    {
      // Ours is in force, and theirs is gone; unless it is off: then it is not switched on over what nobody has seen.
      throw old.isOn && written.isOn ? .overran(path: page(of: key)) : .changedMeanwhile(path: page(of: key))
    }
    return written.with(overrides: old.overrides)
  }

  private func rules(for flag: Flag) -> StatsigRules {
    var unit = "userID"
    if case .split(let split) = flag.serving { unit = split.unit }
    let values = flag.isBoolean ? nil : StatsigValues(flag.variants)
    return StatsigRules(conditions: StatsigConditions(unit: unit), environment: environment, values: values)
  }

  /// A name is that of one kind, so that whoever kills by it need not ask which is meant.
  private func kind(of meant: Flag, over old: StatsigFlag?) throws(StoreTrouble) -> StatsigKind {
    let wanted = StatsigKind(of: meant)
    guard let old, old.kind != wanted, !meant.isForeign else { return old?.kind ?? wanted }
    switch wanted {
    case .configuration:
      throw .beyond(
        "\(old.key?.text ?? "it") is a gate in Statsig, which is on or off and has no variants; with Variants the flag is a "
          + "dynamic configuration there, so give it a name of its own")
    case .gate:
      throw .beyond(
        "\(old.key?.text ?? "it") is a dynamic configuration in Statsig; without Variants the flag is a gate there, so give "
          + "it a name of its own, or the note Variants")
    }
  }

  /// In the manner in which the rules stand, where that is an earlier one and what only narrows can be said in no other:
  /// it excludes nobody anew, so that no list comes about that core SDKs would read otherwise than others.
  private func rules(
    for meant: Flag, over old: StatsigFlag?, _ urgency: Urgency
  ) throws(StoreTrouble) -> StatsigRules {
    var rules = rules(for: meant)
    do throws(StoreTrouble) {
      _ = try rules.encode(meant.serving, over: [])
      return rules
    } catch {
      guard urgency == .narrowing, case .split(let split) = meant.serving,
        let known = old?.splitOfEarlyManner?.exposure.exclusions,
        split.exposure.exclusions.allSatisfy(known.contains)
      else { throw error }
      rules.conditions.manner = .early
      guard (try? rules.encode(meant.serving, over: [])) != nil else { throw error }
      return rules
    }
  }

  static let longestDescription = 1000

  /// Counted as a server that is written in JavaScript does. Whatever only narrows cuts what people wrote rather than wait
  /// for them to do it.
  private func description(
    _ line: MarkLine?, over old: String?, _ urgency: Urgency, _ key: FlagKey
  ) throws(StoreTrouble) -> String {
    let text = MarkLine.text(line, over: old, environment: environment)
    if text.utf16.count <= Self.longestDescription { return text }
    if urgency == .narrowing, let cut = MarkLine.cut(text, to: Self.longestDescription) { return cut }
    throw .beyond(
      "a description in Statsig has at most 1,000 characters, and with the line that rolloutctl keeps in it that of \(key) "
        + "would have \(text.utf16.count); shorten it at \(page(of: key))")
  }

  /// Why Statsig makes no gate of this name; nil for one that it does.
  static func fault(in key: FlagKey) -> String? {
    let fine = key.text.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "-_.".utf8.contains(byte)
    }
    guard fine, (3...100).contains(key.text.utf8.count) else {
      return
        "Statsig names gates and dynamic configurations with 3 to 100 letters, digits and - _ . only, so \(key) is none"
    }
    return nil
  }

  private func checkOccupation(
    of old: StatsigFlag, _ meant: Flag, _ rules: StatsigRules, _ urgency: Urgency, _ key: FlagKey
  ) throws(StoreTrouble) {
    guard !meant.isForeign else { return }
    let what = "the \(old.kind.noun)"
    if let why = old.occupation { throw .occupied("\(why), at \(page(of: key)); take that out there first") }
    // Rules with our names that somebody changed may be set right by what only narrows.
    if case .foreign = old.servingWhenOn, urgency != .narrowing {
      throw .occupied(
        "\(what)'s rules were changed by hand, at \(page(of: key)); adopt them or kill the \(old.kind.noun) first")
    }
    if old.isLaunched {
      throw .occupied("the gate is launched, for everybody and good, at \(page(of: key)); enable it there first")
    }
    try checkDefault(of: old, meant, key)
    guard !old.elsewhere.isEmpty else { return }
    if !old.isOn {
      throw .occupied(
        "\(what) is switched off, for all environments, at \(page(of: key)); whoever may switch on the others too does it there"
      )
    }
    if case .split = meant.serving, old.object["idType"]?.text != rules.conditions.idType {
      throw .occupied(
        "\(what) is decided for each \(old.object["idType"]?.text ?? "user") in other environments, "
          + "and the note's unit is \(rules.conditions.unit)")
    }
  }

  /// The default is for all environments: in one of them alone it is not changed.
  private func checkDefault(of old: StatsigFlag, _ meant: Flag, _ key: FlagKey) throws(StoreTrouble) {
    guard old.kind == .configuration, environment != nil, let control = meant[StatsigValues.control],
      let shown = old.flag[StatsigValues.control], !shown.means(control)
    else { return }
    throw .occupied(
      "the default of the dynamic configuration is \(shown.written(.spaced)), in all environments, at \(page(of: key)), and the "
        + "note's control is \(control.written(.spaced)); let control be what is served today, or give the flag a name of its "
        + "own")
  }

  // MARK: Sending

  func create(_ draft: Draft, _ change: HostedChange) throws(StoreTrouble) -> StatsigFlag {
    let (meant, key, kind, rules) = (change.meant, change.key, draft.kind, draft.rules)
    if let why = Self.fault(in: key) { throw .beyond(why) }
    let text = try description(MarkLine(of: meant, environment: environment), over: nil, .ordinary, key)
    var body: JSON = [
      "id": .string(key.text), "name": .string(key.text), "idType": .string(rules.conditions.idType),
      "description": .string(text), "isEnabled": true, "rules": .array(try rules.encode(meant.serving, over: [])),
    ]
    if let values = rules.values { body = body.setting("defaultValue", to: try values.object(StatsigValues.control)) }
    let answer = try send(.post, kind.path, body, isRepeatable: false)
    if answer.status == 400, client.said(answer)?.contains("already exists") == true {
      return try made(before: change) { nil }
    }
    let made = try flag(in: answer, kind)
    guard made.key == key else {
      throw client.unexpected(
        answer, "it calls the new \(kind.noun) \(made.key?.text ?? "otherwise"); name the flag so")
    }
    return made
  }

  /// The flag as the answer to a change shows it; a review that was asked for in its place is one.
  func changed(
    by answer: HTTPAnswer, _ key: FlagKey, _ kind: StatsigKind, _ isSo: (StatsigFlag) -> Bool
  ) throws(StoreTrouble) -> StatsigFlag {
    if answer.status == 404, Self.isUnknownName(answer) { throw .changedMeanwhile(path: page(of: key, kind)) }
    let flag = try self.flag(in: answer, kind)
    guard isSo(flag) || !flag.hasReview else {
      let review = flag.object["activeReview"]?["reviewID"]?.text.map { ", review \($0)" } ?? ""
      throw .refused(
        ServerRefusal(
          client.base.place, status: answer.status,
          .needsApproval(where: "https://console.statsig.com, \(kind.noun) \(key)\(review)")))
    }
    return flag
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, _ body: JSON?, isRepeatable: Bool, respectsReview: Bool = true
  ) throws(StoreTrouble) -> HTTPAnswer {
    var headers = body == nil ? [] : [StoreClient.json]
    // Without it a key of the Console walks past the reviews that a flag requires.
    if respectsReview { headers.append(HTTPRequest.Header("x-respect-review-settings", "true")) }
    return try client.answer(
      method, path, body: body.map { Array($0.written().utf8) }, headers: headers, isRepeatable: isRepeatable)
  }

  /// Off it is only put back to: off for all environments, as it was.
  func turn(on: Bool, _ flag: StatsigFlag, _ change: HostedChange) throws(StoreTrouble) -> StatsigFlag? {
    guard on || !flag.isOn else { return nil }
    return try turn(on: on, change.key, flag.kind, respectsReview: true).with(overrides: flag.overrides)
  }

  @discardableResult
  func turn(
    on: Bool, _ key: FlagKey, _ kind: StatsigKind, respectsReview: Bool
  ) throws(StoreTrouble) -> StatsigFlag {
    let path = "\(Self.path(key, kind))/\(on ? "enable" : "disable")"
    let answer = try send(.put, path, nil, isRepeatable: true, respectsReview: respectsReview)
    return try changed(by: answer, key, kind) { $0.isOn == on }
  }

  /// Whether every version since then is the one that was written: a network brought it twice, and nobody came between.
  private func areTwins(since before: Int, _ written: StatsigFlag, _ key: FlagKey) -> Bool {
    guard let after = written.version, after > before,
      let answer = try? client.answer(
        .get, "\(Self.path(key, written.kind))/versions", query: "limit=10&page=1", isRepeatable: true),
      let versions = (try? data(in: answer))?.items
    else { return false }
    let since = versions.filter { ($0["version"]?.integer).map { $0 > before && $0 <= after } ?? false }
    // A rule that was sent as a new one has another id each time.
    let bare = { (flag: JSON) -> [JSON?] in
      let rules = (flag["rules"]?.items ?? []).map { $0.removing("id").removing("baseID") }
      return [.array(rules), flag["description"], flag["isEnabled"], flag["idType"], flag["defaultValue"]]
    }
    return since.count == after - before && since.allSatisfy { bare($0) == bare(written.object) }
  }
}
