extension LaunchDarklyStore {
  /// A semantic patch knows no version. So it is made against what was read a moment before, its first instruction holds
  /// only while the rules are those, and it is read back.
  package func write(
    _ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion
  ) throws(StoreTrouble) -> FlagReading {
    let (meant, key) = (LaunchDarklyFlag.normal(flag), reading.key)
    if meant.mark?.killed == true { return try kill(meant, reading, occasion) }
    try refuseUnknownSegments(of: meant)
    let seen = try look(key)
    guard self.reading(key, seen).version == reading.version else { throw .changedMeanwhile(path: dashboard(key)) }
    let now = if let seen { seen } else { try create(key, meant) }
    try refuseOccupants(now)
    if occasion.urgency == .ordinary, seen != nil { try refuseRunningRelease(of: key) }
    let steps = try now.instructions(to: meant, tag: tag)
    if !steps.isEmpty { try patch(now, steps, meant, occasion) }
    let back = self.reading(key, try look(key))
    if let flag = back.flag, flag.serving == meant.serving, flag.mark?.killed == false { return back }
    if back.flag?.mark?.killed == true { throw .changedMeanwhile(path: dashboard(key)) }
    // Switched on a moment ago over something else than was meant: off is what it was.
    if !now.isOn { _ = try send(key, [["kind": "turnFlagOff"]], occasion, isRepeatable: true) }
    throw .notAsWritten(path: dashboard(key))
  }

  // MARK: Before anything is written

  private func refuseUnknownSegments(of meant: Flag) throws(StoreTrouble) {
    guard case .split(let split) = meant.serving else { return }
    let selectors = split.exposure.grants.compactMap(\.cohort) + split.exposure.exclusions
    var asked: Set<String> = []
    for segment in selectors.flatMap(LaunchDarklyClause.segments) where asked.insert(segment).inserted {
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

  private func refuseOccupants(_ flag: LaunchDarklyFlag) throws(StoreTrouble) {
    if flag.isArchived {
      throw .occupied(
        "\(flag.key) is archived in LaunchDarkly; restore it at \(dashboard(flag.key)), then run it again")
    }
    guard !flag.occupants.isEmpty else { return }
    throw .occupied(
      "\(flag.key) has in \(environment) what rolloutctl did not write (\(flag.occupants.joined(separator: "; "))), and what "
        + "would not let the plan decide who is in; take it out at \(dashboard(flag.key)), then run it again (kill goes "
        + "through)")
  }

  // MARK: Writing

  /// The flag, off in every environment; what it would serve when somebody turns it on elsewhere is control.
  private func create(_ key: FlagKey, _ meant: Flag) throws(StoreTrouble) -> LaunchDarklyFlag {
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
      headers: [HTTPRequest.Header("Content-Type", "application/json")], isRepeatable: false)
    if answer.status == 409 {
      // What a network brings twice is refused the second time: one of ours that nobody has touched is what was asked for.
      guard let made = try look(key), made.isManaged, made.version == 1, made.variants == meant.variants else {
        throw .changedMeanwhile(path: dashboard(key))
      }
      return made
    }
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
      let seen = try look(now.key)
      if seen?.fingerprint != now.fingerprint {
        // What a network brings twice is refused the second time: one change since, to what was meant, is the first.
        if let seen, seen.version == now.version.map({ $0 + 1 }), seen.isOn, seen.flag.serving == meant.serving {
          return
        }
        throw .changedMeanwhile(path: dashboard(now.key))
      }
      // Two requests at the same time at this flag, the other one about something else.
      if answer.status == 409, round < 4 { continue }
      if answer.status == 409 { throw .changedMeanwhile(path: dashboard(now.key)) }
      let said = client.said(answer)
      if said?.contains("pending scheduled change") == true {
        throw .occupied(
          "\(now.key) has a scheduled change or an approval request in \(environment) that this would break; settle it at "
            + "\(dashboard(now.key)), then run it again (kill goes through)")
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
