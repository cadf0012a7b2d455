/// Whether a kill would work, asked by reading alone. A trial of the patch (`dryRun`) is not made: a server or a proxy that
/// did not know the word would carry it out.
extension LaunchDarklyStore {
  func examine() -> [DoctorCheck] {
    let visit = DoctorCall(client, "/api/v2/caller-identity")
    guard !visit.isFailed else { return visit.checks }
    return visit.checks + [rights(visit), approval(), trigger].compactMap(\.self)
  }

  /// What the token may do. A built-in role says it; of a role of its own nobody but LaunchDarkly can work it out.
  private func rights(_ visit: DoctorCall) -> DoctorCheck {
    let identity = visit.json
    guard visit.answer?.isSuccess == true, let id = identity["tokenId"]?.text else {
      return DoctorCall.unasked("rights", "what the token in \(Self.tokenVariable) may do", visit.answer)
    }
    let name = identity["tokenName"]?.text.map { "the token \"\($0)\"" } ?? "the token in \(Self.tokenVariable)"
    let answer = client.looked("/api/v2/tokens/\(PercentCode.encoded(id))")
    guard let answer, answer.isSuccess else { return DoctorCall.unasked("rights", "the role of \(name)", answer) }
    let isCustom = [answer.json["customRoleIds"], answer.json["inlineRole"]].contains { $0?.items?.isEmpty == false }
    if isCustom {
      return DoctorCheck(
        "rights", .unknown,
        "\(name) has a role of its own; see that it allows updateOn and updateOffVariation in \(environment)")
    }
    switch answer.json["role"]?.text {
    case "writer"?, "admin"?, "owner"?:
      return DoctorCheck("rights", .fine, "\(name) may write; LaunchDarkly does not tell when a token ends")
    case let role?:
      return DoctorCheck(
        "rights", .failed, "\(name) has the role \(role), which changes no flag; make one with the role writer")
    case nil: return DoctorCall.unasked("rights", "the role of \(name)", answer)
    }
  }

  private func approval() -> DoctorCheck {
    let place = "/api/v2/projects/\(PercentCode.encoded(project))/environments/\(PercentCode.encoded(environment))"
    let answer = client.looked(place)
    if answer?.status == 404 {
      return DoctorCheck(
        "approval", .failed, "there is no environment \(environment) in the project \(project); see the address")
    }
    guard let answer, answer.isSuccess, let settings = answer.json["approvalSettings"] else {
      return DoctorCall.unasked("approval", "whether changes in \(environment) need an approval", answer)
    }
    guard settings["required"]?.truth == true else {
      return DoctorCheck("approval", .fine, "changes in \(environment) need no approval")
    }
    return DoctorCheck(
      "approval", .warning,
      "changes in \(environment) need an approval, and a kill is refused there unless the token may bypass it; "
        + "give it that right, or make a trigger that turns the flag off")
  }

  private var trigger: DoctorCheck? {
    guard hasTriggers else { return nil }
    return DoctorCheck(
      "trigger", .fine, "\(Self.triggersVariable) names an address that turns a flag off without any token")
  }

  /// What stands in the way of this flag alone.
  func examine(_ key: FlagKey) -> [DoctorCheck] {
    let (isRunning, answer) = release(of: key)
    var checks: [DoctorCheck] = []
    if let flag = try? find(key, seenAs: nil), flag.isArchived {
      checks.append(
        DoctorCheck("archived", .warning, "it is archived at \(page(of: key)); nobody should be asking for it"))
    }
    if let isRunning {
      checks.append(
        isRunning
          ? DoctorCheck(
            "release", .warning,
            "an automated release is running at \(page(of: key)); a kill turns the flag off, and the release should be stopped too"
          )
          : DoctorCheck("release", .fine, "no automated release is running"))
    } else {
      checks.append(DoctorCall.unasked("release", "whether an automated release is running", answer))
    }
    return checks + (scheduled(key) + workflows(key)).map { DoctorCheck("schedule", .warning, $0) }
  }

  // MARK: Who may undo a kill

  /// All three are asked at the same time: somebody waits for the answer who has just killed the flag.
  func undoers(_ key: FlagKey) -> [String] {
    let questions: [@Sendable () -> [String]] = [
      { release(of: key).isRunning == true ? [moved(key)] : [] }, { scheduled(key) }, { workflows(key) },
    ]
    return Crew(threads: questions.count).each(questions) { $0() }.flatMap(\.self)
  }

  private func moved(_ key: FlagKey) -> String {
    "an automated release moves \(key) in \(environment); stop it at \(page(of: key))"
  }

  private func configuration(_ key: FlagKey) -> String {
    "/api/v2/projects/\(PercentCode.encoded(project))/flags/\(PercentCode.encoded(key.text))/environments/"
      + PercentCode.encoded(environment)
  }

  /// https://launchdarkly.com/docs/api/scheduled-changes; a plan without them answers with an error, and has none.
  private func scheduled(_ key: FlagKey) -> [String] {
    let answer = client.looked("\(configuration(key))/scheduled-changes")
    guard let answer, answer.isSuccess else { return [] }
    let now = client.context.clock.now()
    return (answer.json["items"]?.items ?? []).compactMap { change in
      guard let milliseconds = change["executionDate"]?.integer else { return nil }
      let time = Instant(microseconds: Int64(milliseconds) * 1000)
      guard time > now else { return nil }
      let kinds = (change["instructions"]?.items ?? []).compactMap { $0["kind"]?.text }.joined(separator: ", ")
      return
        "LaunchDarkly will change \(key) on \(ISO8601.string(time)) (\(kinds)); cancel that at \(page(of: key))"
    }
  }

  /// https://launchdarkly.com/docs/api/workflows
  private func workflows(_ key: FlagKey) -> [String] {
    let answer = client.looked("\(configuration(key))/workflows", query: "status=active")
    guard let answer, answer.isSuccess else { return [] }
    return (answer.json["items"]?.items ?? []).map { flow in
      let name = flow["name"]?.text.map { " \"\($0)\"" } ?? ""
      return "the workflow\(name) is at work on \(key); stop it at \(page(of: key))"
    }
  }
}
