/// Whether a kill would work, asked by reading alone: Unleash lists every right of whoever asks.
extension UnleashStore {
  func examine() -> [DoctorCheck] {
    let visit = DoctorCall(client, "\(Self.admin)/user")
    guard !visit.isFailed else { return visit.checks }
    let held = visit.answer?.isSuccess == true ? visit.json["permissions"]?.items : nil
    let names = held.map { Set($0.filter(isHere).compactMap { $0["permission"]?.text }) }
    let server = client.looked("\(Self.admin)/ui-config").flatMap { $0.isSuccess ? $0.json : nil }
    let place = [maintenance(server), place()].compactMap(\.self)
    return visit.checks + place + [rights(names, visit.answer), approval(names, server)] + tokens()
  }

  /// Then every write is answered with 503, whoever asks.
  private func maintenance(_ server: JSON?) -> DoctorCheck? {
    guard server?["maintenanceMode"]?.truth == true else { return nil }
    return DoctorCheck(
      "maintenance", .failed,
      "Unleash is in maintenance mode and takes no change from anybody; an administrator ends it in its settings")
  }

  /// Unleash lists the features of a project that does not exist as none, and so do its lists of an environment.
  private func place() -> DoctorCheck? {
    let answer = client.looked("\(projectPath)/overview")
    if let answer, answer.status == 404, isAboutAThing(answer) {
      return DoctorCheck("project", .failed, "there is no project \(project); see the store's address")
    }
    // An older server shows the environments as bare names.
    guard let answer, answer.isSuccess, let all = answer.json["environments"]?.items else {
      return DoctorCall.unasked("project", "whether the project \(project) has the environment \(environment)", answer)
    }
    let names = all.compactMap { $0["environment"]?.text ?? $0.text }
    guard names.contains(environment) else {
      let others = names.isEmpty ? "none" : names.joined(separator: ", ")
      return DoctorCheck(
        "project", .failed,
        "the project \(project) has no environment \(environment) (it has: \(others)); see the store's address")
    }
    return DoctorCheck("project", .fine, "the project \(project) has the environment \(environment)")
  }

  /// A 404 about a thing that the server knows how to look for, not about a path that it has not.
  private func isAboutAThing(_ answer: HTTPAnswer) -> Bool {
    answer.json["name"] == "NotFoundError"
      && answer.json["message"]?.text?.hasPrefix("The path you were looking for") != true
  }

  /// A right may be for all projects and environments, or for one of each.
  private func isHere(_ right: JSON) -> Bool {
    let place = { (name: String, wanted: String) in
      guard let text = right[name]?.text, !text.isEmpty else { return true }
      return text == "*" || text == wanted
    }
    return place("project", project) && place("environment", environment)
  }

  private func rights(_ names: Set<String>?, _ answer: HTTPAnswer?) -> DoctorCheck {
    guard let names else {
      return DoctorCall.unasked("rights", "what the token in \(Self.tokenVariable) may do", answer)
    }
    if names.contains("ADMIN") || names.contains("UPDATE_FEATURE_ENVIRONMENT") {
      return DoctorCheck("rights", .fine, "the token may switch flags in \(environment)")
    }
    return DoctorCheck(
      "rights", .failed,
      "the token in \(Self.tokenVariable) has no UPDATE_FEATURE_ENVIRONMENT in \(project)/\(environment); give its user a role that has it"
    )
  }

  /// Where changes are requested rather than made, the switch waits too. The open-source edition has no such route.
  private func approval(_ names: Set<String>?, _ server: JSON?) -> DoctorCheck {
    if server?["versionInfo"]?["current"]?["enterprise"] == "" {
      return DoctorCheck("approval", .fine, "changes wait for nobody: the open-source edition has no change requests")
    }
    let answer = client.looked("\(projectPath)/change-requests/config")
    guard let answer, answer.isSuccess, let all = answer.json.items else {
      return DoctorCall.unasked("approval", "whether changes in \(environment) wait for an approval", answer)
    }
    let here = all.first { $0["environment"]?.text == environment }
    guard here?["changeRequestEnabled"]?.truth == true else {
      return DoctorCheck("approval", .fine, "changes in \(environment) wait for nobody")
    }
    if names?.contains("SKIP_CHANGE_REQUEST") == true {
      return DoctorCheck(
        "approval", .fine, "changes in \(environment) are requested first, and the token may pass that over")
    }
    let isAdmin = names?.contains("ADMIN") ?? true
    return DoctorCheck(
      "approval", isAdmin ? .warning : .failed,
      "changes in \(environment) are requested first, and the switch is one of them"
        + (isAdmin ? "; see that the token's user may skip it" : "; give the token's user SKIP_CHANGE_REQUEST there"))
  }

  /// Unleash does not say which of the user's tokens this is: the one that ends first is told.
  private func tokens() -> [DoctorCheck] {
    let answer = client.looked("\(Self.admin)/user/tokens")
    guard let answer, answer.isSuccess, let all = answer.json["pats"]?.items else {
      return [DoctorCall.unasked("token", "when the token in \(Self.tokenVariable) ends", answer)]
    }
    let ends = all.compactMap { one -> (end: Instant, name: String)? in
      guard let end = one["expiresAt"]?.text.flatMap(ISO8601.instant) else { return nil }
      return (end, one["description"]?.text ?? "")
    }
    let now = client.context.clock.now()
    // One that is over cannot be this one: it was let in a moment ago.
    guard let first = ends.filter({ $0.end > now }).min(by: { $0.end < $1.end }) else {
      return [DoctorCheck("token", .fine, "no token of this user ends")]
    }
    let name = all.count == 1 ? "the token" : "the first of this user's \(all.count) tokens"
    return [DoctorCall.expiry(first.end, of: first.name.isEmpty ? name : "\(name) (\(first.name))", at: now)]
  }

  // MARK: A flag

  func examine(_ key: FlagKey) -> [DoctorCheck] {
    var checks = undoers(key).map { DoctorCheck("plan", .warning, $0) }
    do throws(StoreTrouble) {
      if let flag = try find(key, forKill: true) {
        checks += remarks(on: key).map { DoctorCheck("tag", .warning, $0) }
        if let right = rightToStrategies(of: flag) { checks.append(right) }
      }
    } catch {
      if case .occupied(let why) = error { checks.append(DoctorCheck("archived", .warning, why)) }
    }
    return checks
  }

  /// A kill that gives everybody a variant moves a strategy, which takes another right than the switch.
  private func rightToStrategies(of flag: UnleashFlag) -> DoctorCheck? {
    guard flag.hasVariants, let variant = flag.flag.mark?.killsTo, variant != "off",
      let answer = client.looked("\(Self.admin)/user"), answer.isSuccess,
      let held = answer.json["permissions"]?.items?.filter(isHere).compactMap({ $0["permission"]?.text }),
      !held.contains("ADMIN")
    else { return nil }
    let missing = ["UPDATE_FEATURE_STRATEGY", "CREATE_FEATURE_STRATEGY"].filter { !held.contains($0) }
    guard !missing.isEmpty else { return nil }
    return DoctorCheck(
      "rights", .warning,
      "the token in \(Self.tokenVariable) has no \(missing.joined(separator: " and no ")) in \(project)/\(environment): a kill "
        + "would switch \(flag.key) off, where applications have their own default, and could not give everybody \(variant)"
    )
  }

  /// A release plan is Enterprise; its strategies name the milestone that they belong to.
  func undoers(_ key: FlagKey) -> [String] {
    guard let answer = client.looked(featurePath(key)), answer.isSuccess,
      Self.isPlanned(answer.json, in: environment)
    else { return [] }
    return ["a release plan moves \(key) in \(environment) at \(page(of: key)); stop it there too"]
  }

  static func isPlanned(_ feature: JSON, in environment: String) -> Bool {
    let here = feature["environments"]?.items?.first { $0["name"]?.text == environment }
    return (here?["strategies"]?.items ?? []).contains { $0["milestoneId"]?.text?.isEmpty == false }
  }
}
