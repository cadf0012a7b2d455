/// Whether a kill would work, asked by reading alone: a personal key tells its scopes.
extension PostHogStore {
  func examine() -> [DoctorCheck] {
    let visit = DoctorCall(client, "/api/personal_api_keys/@current/")
    guard !visit.isFailed else { return visit.checks }
    return visit.checks + [
      rights(visit),
      DoctorCheck(
        "approval", .unknown,
        "whether a policy wants an approval for turning a flag off cannot be asked; see the project's settings"),
    ]
  }

  private func rights(_ visit: DoctorCall) -> DoctorCheck {
    let key = visit.json
    guard visit.answer?.isSuccess == true, let scopes = key["scopes"]?.items?.compactMap(\.text) else {
      return DoctorCall.unasked("rights", "what the key in \(Self.tokenVariable) may do", visit.answer)
    }
    guard scopes.contains("*") || scopes.contains("feature_flag:write") else {
      let held = scopes.isEmpty ? "no scope" : scopes.joined(separator: ", ")
      return DoctorCheck(
        "rights", .failed, "the key in \(Self.tokenVariable) has \(held); a kill needs feature_flag:write")
    }
    let teams = key["scoped_teams"]?.items?.compactMap(\.integer) ?? []
    if let number = Int(project), !teams.isEmpty, !teams.contains(number) {
      return DoctorCheck(
        "rights", .failed, "the key in \(Self.tokenVariable) is for other projects than \(project); make one for it")
    }
    return DoctorCheck("rights", .fine, "the key may write flags; PostHog's keys do not end")
  }

  /// Other flags that depend on one keep its switch from being turned off.
  func examine(_ key: FlagKey) -> [DoctorCheck] {
    guard let flag = try? find(key), let number = flag.number else { return [] }
    let answer = client.looked("\(flags)\(number)/dependent_flags/")
    let planned = readers(flag) + scheduled(key, number).map { DoctorCheck("schedule", .warning, $0) }
    guard let answer, answer.isSuccess, let all = answer.json.items else {
      return [DoctorCall.unasked("dependents", "whether other flags depend on it", answer)] + planned
    }
    guard !all.isEmpty else { return [DoctorCheck("dependents", .fine, "no other flag depends on it")] + planned }
    let names = all.compactMap { $0["key"]?.text }.joined(separator: ", ")
    return [
      DoctorCheck(
        "dependents", .warning,
        "\(names) depend\(all.count == 1 ? "s" : "") on it, so PostHog refuses the switch; a kill takes everybody out by its rules"
      )
    ] + planned
  }

  /// Which SDKs decide it otherwise than it is meant, or cannot decide it.
  private func readers(_ flag: PostHogFlag) -> [DoctorCheck] {
    guard let mark = flag.line else { return [] }
    var found: [String] = []
    if flag.isOfEarlyManner {
      found.append(
        "who is kept out by \(mark.unit ?? "the unit") stands there as an earlier version of rolloutctl wrote it, and "
          + "posthog-node cannot decide it for units with letters beyond ASCII; the next change of the flag writes it anew"
      )
    }
    if flag.groupType != nil, let unit = mark.unit {
      found.append(PlatformReaders.group(unit, hasVariants: flag.hasVariants))
    }
    if case .split(let split) = flag.servingWhenOn {
      found += split.exposure.grants.map(\.share).filter { !PlatformReaders.isWholePercent($0) }.prefix(1)
        .map(PlatformReaders.fraction)
    }
    return found.map { DoctorCheck("readers", .warning, $0) }
  }

  func undoers(_ key: FlagKey) -> [String] {
    guard let number = (try? find(key))?.number else { return [] }
    return scheduled(key, number)
  }

  /// What PostHog will do to the flag by itself (https://posthog.com/docs/api/scheduled-changes).
  private func scheduled(_ key: FlagKey, _ number: Int) -> [String] {
    let query = PercentCode.form([("model_name", "FeatureFlag"), ("record_id", "\(number)"), ("limit", "100")])
    let answer = client.looked("/api/projects/\(project)/scheduled_changes/", query: query)
    guard let answer, answer.isSuccess else { return [] }
    return (answer.json["results"]?.items ?? []).compactMap { change in
      let isRecurring = change["is_recurring"]?.truth == true
      guard change["executed_at"]?.text == nil || isRecurring, let time = change["scheduled_at"]?.text else {
        return nil
      }
      let what = change["payload"]?["operation"]?.text.map { " (\($0))" } ?? ""
      let often = isRecurring ? ", and again and again" : ""
      return "PostHog will change \(key) on \(time)\(often)\(what); cancel that in the flag's schedule"
    }
  }
}
