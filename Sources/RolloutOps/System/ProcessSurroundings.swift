import Glibc

extension Surroundings {
  /// What this process was started with. The actor is `ROLLOUT_ACTOR`, else who started the job that this is, else the
  /// login name.
  package static func ofProcess() -> Surroundings {
    let variables = environment()
    let claimed = claimed(variables)
    var surroundings = Surroundings(
      variables: variables, workingFolder: workingFolder(), actor: claimed?.actor ?? actor(variables), host: host(),
      process: Int(getpid()))
    surroundings.job = claimed?.job
    return surroundings
  }

  /// Who a pipeline says has started it. Anybody can set such a variable, so the pipeline's own must be there too, and the
  /// journal keeps that it was only claimed.
  private static let longestClaim = 500

  static func claimed(_ variables: Variables) -> (actor: String, job: Job)? {
    func value(_ name: String) -> String? {
      variables[name].flatMap { text in
        text.contains { !$0.isWhitespace } && text.utf8.count <= longestClaim ? text : nil
      }
    }
    // It ends up in what others click.
    func address(_ text: String?) -> String? { text.flatMap { WebAddress.fault(in: $0) == nil ? $0 : nil } }
    guard value("ROLLOUT_ACTOR") == nil else { return nil }
    if value("GITHUB_ACTIONS") == "true", let actor = value("GITHUB_TRIGGERING_ACTOR") ?? value("GITHUB_ACTOR") {
      let parts = ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].compactMap(value)
      let run = parts.count == 3 ? "\(parts[0])/\(parts[1])/actions/runs/\(parts[2])" : nil
      return (actor, Job(system: "GitHub Actions", address: address(run)))
    }
    if value("GITLAB_CI") == "true", let actor = value("GITLAB_USER_LOGIN") {
      return (actor, Job(system: "GitLab CI", address: address(value("CI_JOB_URL") ?? value("CI_PIPELINE_URL"))))
    }
    if value("JENKINS_URL") != nil, let actor = value("BUILD_USER") {
      return (actor, Job(system: "Jenkins", address: address(value("BUILD_URL"))))
    }
    return nil
  }

  private static func environment() -> Variables {
    var variables = Variables()
    var entry = environ
    while let text = entry.pointee {
      let whole = String(cString: text)
      if let equals = whole.utf8.firstIndex(of: UInt8(ascii: "=")) {
        variables.append(String(whole[..<equals]), String(whole[whole.utf8.index(after: equals)...]))
      }
      entry += 1
    }
    return variables
  }

  private static func workingFolder() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }

  /// In a container the user may have a number and no name; then the number says who it was.
  private static func actor(_ variables: Variables) -> String {
    for name in ["ROLLOUT_ACTOR", "SUDO_USER", "LOGNAME", "USER"] {
      if let actor = variables[name], !actor.isEmpty { return actor }
    }
    guard let user = getpwuid(getuid()), let name = user.pointee.pw_name else { return "uid \(getuid())" }
    return String(cString: name)
  }

  private static func host() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
