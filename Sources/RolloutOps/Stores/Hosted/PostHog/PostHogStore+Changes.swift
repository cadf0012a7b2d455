/// How PostHog's flags are changed.
///
/// Rules go by PATCH with the version and the original of what is changed: only both together make PostHog compare, under
/// its own lock, and servers from before its action endpoints do the same. The action that changes one condition's share
/// compares too, but can neither move the mark nor another condition. The switch is an action, which takes no version and
/// does nothing where it is so already.
extension PostHogStore {
  package func write(
    _ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion
  ) throws(StoreTrouble) -> FlagReading {
    let meant = flag.settled
    let old = try current(reading)
    if let old, meant.mark?.killed == true || occasion.urgency.isKill { return try kill(meant, old, reading, occasion) }
    // What cannot be expressed, and what others set up, is said before anything is touched.
    let properties = try properties(for: meant, over: old)
    let filters = try PostHogFlag.filters(for: meant, over: old?.filters ?? [:], properties)
    unread.last = Self.unread(meant)
    guard let old else { return try create(meant, filters, reading.key) }
    if let why = old.occupation, !(occasion.urgency == .narrowing && old.line != nil && old.conditionsDecide) {
      guard meant.isForeign else { throw .occupied("\(why), at \(place(old)); take that out there first") }
    }
    // The rules first: whoever switches on afterwards switches on what is meant.
    let written = try patch(old, filters, meant, isGuarded: true)
    // Killed since it was read: rules compare with rules only, and whoever would switch on now would undo the kill.
    guard written.isActive == old.isActive else { throw .changedMeanwhile(path: place(written)) }
    // Where others were faster, PostHog leaves out without a word what equals the original: then those are their rules.
    guard meant.isForeign || written.servingWhenOn == meant.serving else {
      throw written.version == old.version.map { $0 + 1 }
        ? .notAsWritten(path: place(written)) : .changedMeanwhile(path: place(written))
    }
    let last = written.isActive || meant.isForeign ? written : try turn(on: true, written)
    return try confirmed(meant, last, reading.key)
  }

  /// The flag as it was read, if nobody has changed it since. What was seen a moment ago is asked for again only where
  /// PostHog could not compare by itself.
  private func current(_ reading: FlagReading) throws(StoreTrouble) -> PostHogFlag? {
    // Of two who make a flag at the same time PostHog refuses the second.
    if reading.flag == nil { return nil }
    if let known = seen.last?[reading.key], known.state == reading.version, known.version != nil { return known }
    let now = try find(reading.key)
    seen.change { $0[reading.key] = now }
    guard (now?.state ?? "") == reading.version else { throw .changedMeanwhile(path: place(now)) }
    return now
  }

  // MARK: Rules

  private func create(_ flag: Flag, _ filters: JSON, _ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    var body: JSON = [
      "key": .string(key.text), "name": .string(MarkLine.text(Self.line(flag), over: nil)), "filters": filters,
      "active": .bool(flag.mark?.killed != true),
    ]
    for (name, given) in [("tags", client.terms.tags), ("evaluation_contexts", client.terms.evaluationContexts)]
    where !given.isEmpty {
      body = body.setting(name, to: .strings(given))
    }
    // Twice would be refused the second time, and look as if somebody else had been first.
    let answer = try send(.post, flags, body, isRepeatable: false)
    if answer.status == 400, (try? JSON.parse(answer.body))?["code"] == "unique" {
      // What a network brings twice is refused the second time, since the first has landed.
      if let made = try find(key), made.flag.mark == flag.mark, made.flag.serves(flag) {
        return try confirmed(flag, made, key)
      }
      let archived = try pages(flags, as: "flags", query: [("key", key.text), ("archived", "true")])
        .first { $0["key"]?.text == key.text }.map(PostHogFlag.init)
      guard let archived else { throw .changedMeanwhile(path: place(nil)) }
      throw .occupied("there is an archived flag \(key), at \(place(archived)); bring it back or delete it there")
    }
    try refuseWithoutTags(answer)
    return try confirmed(flag, try self.flag(in: answer, about: nil), key)
  }

  /// A project may want each new flag to have a tag or an evaluation context.
  private func refuseWithoutTags(_ answer: HTTPAnswer) throws(StoreTrouble) {
    guard answer.status == 400, let json = try? JSON.parse(answer.body),
      let name = json["attr"]?.text, ["tags", "evaluation_contexts", "evaluation_tags"].contains(name)
    else { return }
    let setting = name == "tags" ? "tags" : "evaluation_contexts"
    throw .beyond(
      "PostHog made no flag: \(client.said(answer) ?? "it wants \(setting)"); name them in rolloutctl.json: "
        + "\"posthog\": {\"\(setting)\": [\"…\"]}")
  }

  /// What of a change some of PostHog's SDKs do not understand.
  static func unread(_ flag: Flag) -> [String] {
    guard case .split(let split) = flag.serving else { return [] }
    return split.exposure.grants.map(\.share).filter { !PlatformReaders.isWholePercent($0) }.prefix(1)
      .map(PlatformReaders.fraction)
  }

  /// Everything that a change of rules needs, in one request. It may be repeated: a second one finds its own values.
  func patch(
    _ old: PostHogFlag, _ filters: JSON, _ flag: Flag, isGuarded: Bool
  ) throws(StoreTrouble) -> PostHogFlag {
    let line = Self.line(flag, keeping: old.line)
    var body: JSON = ["filters": filters, "name": .string(MarkLine.text(line, over: old.name))]
    if isGuarded {
      body = body.setting("version", to: old.version.map { .number($0) } ?? -1)
        .setting("original_flag", to: ["filters": old.filters, "name": .string(old.name)])
    }
    let answer = try send(.patch, flags + "\(old.number ?? 0)/", body, isRepeatable: true)
    return try self.flag(in: answer, about: old)
  }

  private static func line(_ flag: Flag, keeping old: MarkLine? = nil) -> MarkLine? {
    guard let mark = flag.mark else { return nil }
    guard case .split(let split) = flag.serving else { return MarkLine(mark, unit: old?.unit) }
    return MarkLine(mark, unit: split.unit)
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, _ body: JSON, isRepeatable: Bool
  ) throws(StoreTrouble) -> HTTPAnswer {
    try client.answer(
      method, path, body: Array(body.written().utf8), headers: [HTTPRequest.Header("Content-Type", "application/json")],
      isRepeatable: isRepeatable)
  }

  // MARK: Reading back

  func again(_ flag: PostHogFlag) throws(StoreTrouble) -> PostHogFlag {
    try self.flag(
      in: client.answer(.get, flags + "\(flag.number ?? 0)/", isRepeatable: true), about: flag)
  }

  private func confirmed(_ meant: Flag, _ written: PostHogFlag, _ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    let now = try again(written)
    let reading = reading(key, now)
    guard let flag = reading.flag, flag.mark == meant.mark, flag.serves(meant) || meant.isForeign else {
      let isOurs = now.version == nil || now.version == written.version
      throw isOurs ? .notAsWritten(path: place(now)) : .changedMeanwhile(path: place(now))
    }
    return reading
  }
}
