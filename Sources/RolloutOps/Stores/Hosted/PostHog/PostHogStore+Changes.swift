/// How PostHog's flags are changed.
///
/// Rules go by PATCH with the version and the original of what is changed: only both together make PostHog compare, under
/// its own lock, and servers from before its action endpoints do the same. The action that changes one condition's share
/// compares too, but can neither move the mark nor another condition. The switch is an action, which takes no version and
/// does nothing where it is so already.
extension PostHogStore {
  /// The filters that mean it, over those that stand there.
  func draft(_ change: HostedChange, over known: PostHogFlag?) throws(StoreTrouble) -> JSON {
    let properties = try properties(for: change.meant, over: known)
    let filters = try PostHogFlag.filters(for: change.meant, over: known?.filters ?? [:], properties)
    unread.last = Self.unread(change.meant)
    return filters
  }

  func create(_ filters: JSON, _ change: HostedChange) throws(StoreTrouble) -> PostHogFlag {
    let (meant, key) = (change.meant, change.key)
    var body: JSON = [
      "key": .string(key.text), "name": .string(MarkLine.text(MarkLine(of: meant), over: nil)), "filters": filters,
      "active": .bool(meant.mark?.killed != true),
    ]
    for (name, given) in [("tags", client.terms.tags), ("evaluation_contexts", client.terms.evaluationContexts)]
    where !given.isEmpty {
      body = body.setting(name, to: .strings(given))
    }
    // Twice would be refused the second time, and look as if somebody else had been first.
    let answer = try send(.post, flags, body, isRepeatable: false)
    if answer.status == 400, (try? JSON.parse(answer.body))?["code"] == "unique" {
      return try made(before: change) { () throws(StoreTrouble) in try archived(key) }
    }
    try refuseWithoutTags(answer)
    return try flag(in: answer, about: nil)
  }

  private func archived(_ key: FlagKey) throws(StoreTrouble) -> StoreTrouble? {
    let all = try pages(flags, as: "flags", query: [("key", key.text), ("archived", "true")])
    return all.first { $0["key"]?.text == key.text }.map(PostHogFlag.init).map {
      .occupied("there is an archived flag \(key), at \(place($0)); bring it back or delete it there")
    }
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

  func change(_ old: PostHogFlag, to filters: JSON, _ change: HostedChange) throws(StoreTrouble) -> PostHogFlag? {
    let meant = change.meant
    if let why = old.occupation, !(change.urgency == .narrowing && old.line != nil && old.conditionsDecide) {
      guard meant.isForeign else { throw .occupied("\(why), at \(place(old)); take that out there first") }
    }
    let written = try patch(old, filters, meant, isGuarded: true)
    // Where others were faster, PostHog leaves out without a word what equals the original: then those are their rules.
    // Another switch than the one that was seen is told by whoever switches.
    guard written.isOn != old.isOn || meant.isForeign || written.servingWhenOn == meant.serving else {
      throw written.version == old.version.map { $0 + 1 }
        ? .notAsWritten(path: place(written)) : .changedMeanwhile(path: place(written))
    }
    return written
  }

  /// Everything that a change of rules needs, in one request. It may be repeated: a second one finds its own values.
  func patch(
    _ old: PostHogFlag, _ filters: JSON, _ flag: Flag, isGuarded: Bool
  ) throws(StoreTrouble) -> PostHogFlag {
    let line = MarkLine(of: flag, keeping: old.line)
    var body: JSON = ["filters": filters, "name": .string(MarkLine.text(line, over: old.name))]
    if isGuarded {
      body = body.setting("version", to: old.version.map { .number($0) } ?? -1)
        .setting("original_flag", to: ["filters": old.filters, "name": .string(old.name)])
    }
    let answer = try send(.patch, flags + "\(old.number ?? 0)/", body, isRepeatable: true)
    return try self.flag(in: answer, about: old)
  }

  /// Off it is only put back to: off, as it was.
  func turn(on: Bool, _ flag: PostHogFlag, _ change: HostedChange) throws(StoreTrouble) -> PostHogFlag? {
    guard on || !flag.isOn else { return nil }
    return try turn(on: on, flag)
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, _ body: JSON, isRepeatable: Bool
  ) throws(StoreTrouble) -> HTTPAnswer {
    try client.answer(
      method, path, body: Array(body.written().utf8), headers: [StoreClient.json],
      isRepeatable: isRepeatable)
  }
}
