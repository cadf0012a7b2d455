/// What lines for a shell are made of. They must be safe to paste whatever a flag is called.
extension StoreClient {
  /// One request as a line for curl, with the token's variable in the token's place.
  func curl(
    _ method: HTTPRequest.Method, _ path: String, query: String? = nil, headers more: [HTTPRequest.Header] = [],
    body: JSON? = nil
  ) -> String {
    var words = ["curl -fsS"]
    if method != .get { words.append("-X \(method.rawValue)") }
    words += curlTerms
    words += (headers + more).map { "-H \(Shell.word("\($0.name): \($0.value)"))" }
    if let body { words.append("-d \(Shell.word(body.written(.compact)))") }
    return (words + [Shell.word(base.below(path, query: query).description)]).joined(separator: " ")
  }

  /// Whom to trust, and the token: in double quotes, since the shell puts it in.
  var curlTerms: [String] {
    let trust = terms.authorities.map { ["--cacert \(Shell.word($0))"] } ?? []
    if let login { return trust + ["-u \"$\(login.user):$\(login.password)\""] }
    return trust + ["-H \"\(tokenName): \(tokenScheme)$\(variable)\""]
  }

  static let json = HTTPRequest.Header("Content-Type", "application/json")
}

enum HandLines {
  /// Prints whether that is so of the one answer that is piped in, and ends with success only if it is. All of the input
  /// is taken as one list, since older versions of jq take nothing at all for a success.
  static func proof(_ question: String, _ arguments: [(name: String, value: String)] = []) -> String {
    let given = arguments.map { " --arg \($0.name) \(Shell.word($0.value))" }.joined()
    return "jq -es\(given) \(Shell.word(".[0] | \(question)"))"
  }
}

extension FlagdFlag {
  /// In words, for the sentence: the lines take too much room.
  static func words(_ key: FlagKey, serving variant: String?, in address: String) -> String {
    let variant = variant.map { JSON.string($0).written() } ?? "the old variant"
    return "in \(address) give \(key) no \"targeting\", \"state\": \"ENABLED\" and \"defaultVariant\": \(variant)"
  }

  /// jq's program that makes a flag what a kill makes of it; its variable `$v` is what everybody gets. Where that is not
  /// known, the flag itself says it, as it does to a kill.
  static func killing(_ variant: String?) -> String {
    let served =
      variant == nil
      ? #"(.metadata["rolloutctl.kill"]? // (if .variants.control then "control" else "off" end))"# : "$v"
    return "del(.targeting) | .state = \"ENABLED\" | .defaultVariant = \(served) | .metadata.rolloutctl = \"killed\""
  }

  /// jq's program that is true of a flag that nobody gets any more.
  static let isKilled = ".state == \"ENABLED\" and (.targeting // {}) == {} and .metadata.rolloutctl == \"killed\""

  static func argument(_ variant: String?) -> String { variant.map { " --arg v \(Shell.word($0))" } ?? "" }

  /// For a whole document of flags: jq refuses where it has no such flag, rather than make one.
  static func jq(killing key: FlagKey, serving variant: String?) -> String {
    "jq -s --arg k \(Shell.word(key.text))\(argument(variant)) "
      + Shell.word(
        ".[0] | if .flags[$k] then .flags[$k] |= (\(killing(variant))) else error(\"there is no such flag\") end")
  }

  static func jq(isKilled key: FlagKey) -> String {
    HandLines.proof(".flags[$k] | \(isKilled)", [("k", key.text)])
  }
}
