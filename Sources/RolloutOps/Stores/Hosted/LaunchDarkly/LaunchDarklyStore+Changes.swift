/// How LaunchDarkly's flags are changed.
///
/// A semantic patch knows no version. So it is made against what was read a moment before, its first instruction holds
/// only while the rules are those, and it is read back. Rules and switch go together, in one patch.
extension LaunchDarklyStore {
  /// Instructions are written over what stands there: before it is known, only names can be looked up.
  func draft(_ change: HostedChange, over known: LaunchDarklyFlag?) throws(StoreTrouble) {
    var asked: Set<String> = []
    let named = change.meant.selectors.flatMap { $0.values(of: LaunchDarklyClause.segment) }
    for segment in named where asked.insert(segment).inserted {
      let all = "/api/v2/segments/\(PercentCode.encoded(project))/\(PercentCode.encoded(environment))"
      let answer = try client.answer(.get, "\(all)/\(PercentCode.encoded(segment))", isRepeatable: true)
      guard answer.status == 404 else {
        _ = try proven(answer, nil)
        continue
      }
      let known = (try? client.get(all, query: "limit=50"))?["items"]?.items?.compactMap { $0["key"]?.text } ?? []
      throw .refused(
        ServerRefusal(
          client.base.place, status: 404, .missing("the segment \(segment)"),
          said: known.isEmpty ? "there are none" : "there are: \(known.joined(separator: ", "))"))
    }
  }

  func change(
    _ old: LaunchDarklyFlag, to _: Void, _ change: HostedChange
  ) throws(StoreTrouble) -> LaunchDarklyFlag? {
    try refuseOccupants(old)
    // A flag of ours that nobody has touched yet, nobody moves.
    if change.urgency == .ordinary, !old.isNew(for: change.meant) { try refuseRunningRelease(of: old.key) }
    let steps = try old.instructions(to: change.meant, tag: tag)
    if !steps.isEmpty { try patch(old, steps, change.meant, change.occasion) }
    return nil
  }

  /// It is on: the patch of the rules has done that.
  func turn(on: Bool, _ flag: LaunchDarklyFlag, _ change: HostedChange) throws(StoreTrouble) -> LaunchDarklyFlag? {
    if !on, !flag.isOn { _ = try send(flag.key, [["kind": "turnFlagOff"]], change.occasion, isRepeatable: true) }
    return nil
  }

  private func refuseOccupants(_ flag: LaunchDarklyFlag) throws(StoreTrouble) {
    if flag.isArchived {
      throw .occupied(
        "\(flag.key) is archived in LaunchDarkly; restore it at \(page(of: flag.key)), then run it again")
    }
    guard !flag.occupants.isEmpty else { return }
    throw .occupied(
      "\(flag.key) has in \(environment) what rolloutctl did not write (\(flag.occupants.joined(separator: "; "))), and what "
        + "would not let the plan decide who is in; take it out at \(page(of: flag.key)), then run it again (kill goes "
        + "through)")
  }

  // MARK: Writing

  /// The flag, off in every environment; what it would serve when somebody turns it on elsewhere is control.
  func create(_: Void, _ change: HostedChange) throws(StoreTrouble) -> LaunchDarklyFlag {
    let (key, meant) = (change.key, change.meant)
    let fine = key.text.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "-_.".utf8.contains(byte)
    }
    guard fine else {
      throw .beyond("LaunchDarkly names flags with letters, digits and - _ . only, so \(key) is none")
    }
    let draft = try draft(key, meant)
    let place = "/api/v2/projects/\(PercentCode.encoded(project))/environments/\(PercentCode.encoded(environment))"
    let found = try client.answer(.get, place, isRepeatable: true)
    if found.status == 404 {
      throw .refused(
        ServerRefusal(
          client.base.place, status: 404, .missing("the environment \(environment) of the project \(project)")))
    }
    _ = try proven(found, nil)
    let answer = try client.answer(
      .post, flags, body: Array(draft.written(.compact).utf8),
      headers: [StoreClient.json], isRepeatable: false)
    if answer.status == 409 { return try made(before: change) { nil } }
    return try flag(key, client.json(proven(answer, key)), answer)
  }

  private func draft(_ key: FlagKey, _ meant: Flag) throws(StoreTrouble) -> JSON {
    let variations = JSON.array(
      meant.variants.map { [JSON.Member("value", $0.value), JSON.Member("name", .string($0.name))] }.map(JSON.object))
    let control: String
    switch meant.serving {
    case .split(let split): control = split.control
    case .everyone(let variant): control = meant.mark?.killsTo ?? variant
    case .foreign, .applicationDefault: throw .beyond("LaunchDarkly cannot be told that \(meant.serving)")
    }
    let place = { (name: String) in meant.variants.firstIndex { $0.name == name } ?? 0 }
    let draft: JSON = [
      "key": .string(key.text), "name": .string(key.text), "temporary": true, "tags": [.string(tag)],
      "variations": variations,
      "defaults": [
        "onVariation": .number(place(control)), "offVariation": .number(place(meant.mark?.killsTo ?? control)),
      ],
    ]
    // What the flag could not say afterwards must not leave an empty one behind.
    let shown = draft.setting(
      "variations",
      to: .array((variations.items ?? []).enumerated().map { $1.setting("_id", to: .string(String($0))) })
    ).setting("environments", to: .object([JSON.Member(environment, [:])]))
    guard let flag = LaunchDarklyFlag(key: key, shown, environment: environment, tag: tag) else { return draft }
    _ = try flag.instructions(to: meant, tag: tag)
    return draft
  }

  private func patch(
    _ now: LaunchDarklyFlag, _ steps: [JSON], _ meant: Flag, _ occasion: Occasion
  ) throws(StoreTrouble) {
    for round in 1... {
      // Whoever switches on asks once: between two times somebody may have killed it.
      let answer = try send(now.key, steps, occasion, isRepeatable: false)
      guard [400, 409, 422].contains(answer.status) else {
        _ = try proven(answer, now.key)
        return
      }
      let seen = try find(now.key, seenAs: now)
      if seen?.state != now.state {
        // What a network brings twice is refused the second time: one change since, to what was meant, is the first.
        if let seen, seen.version == now.version.map({ $0 + 1 }), seen.isOn, seen.flag.serving == meant.serving {
          return
        }
        throw .changedMeanwhile(path: page(of: now.key))
      }
      // Two requests at the same time at this flag, the other one about something else.
      if answer.status == 409, round < 4 { continue }
      if answer.status == 409 { throw .changedMeanwhile(path: page(of: now.key)) }
      let said = client.said(answer)
      if said?.contains("pending scheduled change") == true {
        throw .occupied(
          "\(now.key) has a scheduled change or an approval request in \(environment) that this would break; settle it at "
            + "\(page(of: now.key)), then run it again (kill goes through)")
      }
      _ = try proven(answer, now.key)
    }
  }

  func send(
    _ key: FlagKey, _ steps: [JSON], _ occasion: Occasion, query: String? = nil, isRepeatable: Bool
  ) throws(StoreTrouble) -> HTTPAnswer {
    let body: JSON = [
      "environmentKey": .string(environment), "comment": .string(occasion.comment ?? "rolloutctl"),
      "instructions": .array(steps),
    ]
    return try client.answer(
      .patch, path(key), query: query, body: Array(body.written(.compact).utf8), headers: [Self.semanticPatch],
      isRepeatable: isRepeatable)
  }
}
