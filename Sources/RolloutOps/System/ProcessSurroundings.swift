import Glibc

extension Surroundings {
  /// What this process was started with. The actor is `ROLLOUT_ACTOR`, else the login name.
  package static func ofProcess() -> Surroundings {
    let variables = environment()
    return Surroundings(
      variables: variables, workingFolder: workingFolder(), actor: actor(variables), host: host(),
      process: Int(getpid()))
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
