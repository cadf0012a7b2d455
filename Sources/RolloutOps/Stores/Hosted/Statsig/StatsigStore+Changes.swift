/// How Statsig's gates and dynamic configurations are changed.
///
/// Nothing there compares versions: whoever writes last wins. So a change is made right after a look that must show what
/// was read before, in one request, and looked at afterwards. All rules are sent with their ids, since a rule without one
/// is a new one and draws other units.
extension StatsigStore {
  package func write(
    _ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion
  ) throws(StoreTrouble) -> FlagReading {
    let meant = flag.settled
    let known = reading.flag == nil ? nil : seen.last?[reading.key]
    if meant.mark?.killed == true || occasion.urgency.isKill, reading.flag != nil {
      var old = known
      if old == nil { old = try find(reading.key) }
      guard let old else { throw .changedMeanwhile(path: place(reading.key)) }
      return try kill(meant, old, reading, occasion)
    }
    // What cannot be expressed, and what others set up, is said before anything is touched.
    let kind = try kind(of: meant, over: known)
    try checkSegments(of: meant.serving, over: known)
    guard reading.flag != nil else { return try create(meant, kind, reading.key) }
    let rules = try rules(for: meant, over: known, occasion.urgency)
    guard let now = try find(reading.key), now.state == reading.version else {
      throw .changedMeanwhile(path: place(reading.key))
    }
    let old = now.with(overrides: known?.overrides)
    try checkOccupation(of: old, meant, rules, occasion.urgency, reading.key)
    let text = try description(line(meant, keeping: old.line), over: old.description, occasion.urgency, reading.key)
    let written = try patch(old, meant, rules, text, reading.key)
    // Killed since it was read: whoever would switch on now would undo the kill.
    guard written.isOn == old.isOn else { throw .changedMeanwhile(path: place(reading.key)) }
    if !written.isOn, !meant.isForeign { try turn(on: true, reading.key, kind, respectsReview: true) }
    let confirmed = try confirmed(meant, reading.key)
    if let before = old.version, let after = written.version, after != before + 1,
      !areTwins(since: before, written, reading.key)
    {
      throw .changedMeanwhile(path: place(reading.key))
    }
    return confirmed
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
        + "would have \(text.utf16.count); shorten it at \(place(key))")
  }

  /// Before Statsig says it by a refusal of its own.
  private func checkName(_ key: FlagKey) throws(StoreTrouble) {
    if let why = Self.fault(in: key) { throw .beyond(why) }
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
    if let why = old.occupation { throw .occupied("\(why), at \(place(key)); take that out there first") }
    // Rules with our names that somebody changed may be set right by what only narrows.
    if case .foreign = old.servingWhenOn, urgency != .narrowing {
      throw .occupied(
        "\(what)'s rules were changed by hand, at \(place(key)); adopt them or kill the \(old.kind.noun) first")
    }
    if old.isLaunched {
      throw .occupied("the gate is launched, for everybody and good, at \(place(key)); enable it there first")
    }
    try checkDefault(of: old, meant, key)
    guard !old.elsewhere.isEmpty else { return }
    if !old.isOn {
      throw .occupied(
        "\(what) is switched off, for all environments, at \(place(key)); whoever may switch on the others too does it there"
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
      "the default of the dynamic configuration is \(shown.written(.spaced)), in all environments, at \(place(key)), and the "
        + "note's control is \(control.written(.spaced)); let control be what is served today, or give the flag a name of its "
        + "own")
  }

  // MARK: Rules

  private func line(_ flag: Flag, keeping old: MarkLine? = nil) -> MarkLine? {
    guard let mark = flag.mark else { return nil }
    guard case .split(let split) = flag.serving else {
      return MarkLine(mark, unit: old?.unit, environment: environment)
    }
    return MarkLine(mark, unit: split.unit, environment: environment)
  }

  private func create(_ flag: Flag, _ kind: StatsigKind, _ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    try checkName(key)
    let rules = rules(for: flag)
    var body: JSON = [
      "id": .string(key.text), "name": .string(key.text), "idType": .string(rules.conditions.idType),
      "description": .string(try description(line(flag), over: nil, .ordinary, key)), "isEnabled": true,
      "rules": .array(try rules.encode(flag.serving, over: [])),
    ]
    if let values = rules.values { body = body.setting("defaultValue", to: try values.object(StatsigValues.control)) }
    let answer = try send(.post, kind.path, body, isRepeatable: false)
    if answer.status == 400, client.said(answer)?.contains("already exists") == true {
      // What a network brings twice is refused the second time, since the first has landed.
      if let made = try find(key)?.flag, made.mark == flag.mark, made.serves(flag) { return try confirmed(flag, key) }
      throw .changedMeanwhile(path: place(key))
    }
    let made = try self.flag(in: answer, kind)
    guard made.key == key else {
      throw client.unexpected(
        answer, "it calls the new \(kind.noun) \(made.key?.text ?? "otherwise"); name the flag so")
    }
    seen.change { $0[key] = made }
    return try confirmed(flag, key)
  }

  private func patch(
    _ old: StatsigFlag, _ flag: Flag, _ rules: StatsigRules, _ description: String, _ key: FlagKey
  ) throws(StoreTrouble) -> StatsigFlag {
    let line = line(flag, keeping: old.line)
    var body: JSON = ["description": .string(description)]
    if !flag.isForeign {
      body = body.setting("rules", to: .array(try rules.encode(flag.serving, over: old.ours) + old.elsewhere))
      if case .split = flag.serving, old.object["idType"]?.text != rules.conditions.idType {
        body = body.setting("idType", to: .string(rules.conditions.idType))
      }
      if let values = rules.values {
        let control = try values.object(StatsigValues.control)
        if old.object["defaultValue"]?.means(control) != true { body = body.setting("defaultValue", to: control) }
      }
    }
    let answer = try send(.patch, Self.path(key, old.kind), body, isRepeatable: false)
    return try changed(by: answer, key, old.kind) { $0.line == line }
  }

  /// The flag as the answer to a change shows it; a review that was asked for in its place is one.
  func changed(
    by answer: HTTPAnswer, _ key: FlagKey, _ kind: StatsigKind, _ isSo: (StatsigFlag) -> Bool
  ) throws(StoreTrouble) -> StatsigFlag {
    if answer.status == 404, Self.isUnknownName(answer) { throw .changedMeanwhile(path: place(key, kind)) }
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
    var headers = body == nil ? [] : [HTTPRequest.Header("Content-Type", "application/json")]
    // Without it a key of the Console walks past the reviews that a flag requires.
    if respectsReview { headers.append(HTTPRequest.Header("x-respect-review-settings", "true")) }
    return try client.answer(
      method, path, body: body.map { Array($0.written().utf8) }, headers: headers, isRepeatable: isRepeatable)
  }

  func turn(on: Bool, _ key: FlagKey, _ kind: StatsigKind, respectsReview: Bool) throws(StoreTrouble) {
    let path = "\(Self.path(key, kind))/\(on ? "enable" : "disable")"
    let answer = try send(.put, path, nil, isRepeatable: true, respectsReview: respectsReview)
    _ = try changed(by: answer, key, kind) { $0.isOn == on }
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

  // MARK: Reading back

  private func confirmed(_ meant: Flag, _ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    guard let now = try find(key) else { throw .changedMeanwhile(path: place(key)) }
    let reading = reading(key, now.with(overrides: seen.last?[key]?.overrides))
    guard let flag = reading.flag, flag.mark == meant.mark, flag.serves(meant) || meant.isForeign else {
      throw .notAsWritten(path: place(key))
    }
    return reading
  }
}
