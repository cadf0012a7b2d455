/// Where flags live, as operators write it: `file:flags.json`, a bare path, or the address of a server or platform.
package struct StoreAddress: Hashable, Sendable {
  enum Location: Hashable, Sendable {
    /// The flag file's path, perhaps relative.
    case file(String)
    /// A flagd document that a web server keeps.
    case document(WebAddress)
    /// Members of a cluster, and what the keys of its flags begin with.
    case etcd([WebAddress], prefix: String)
    /// An Unleash server's address, up to where its own paths begin.
    case unleash(WebAddress, project: String, environment: String)
    case launchDarkly(WebAddress, project: String, environment: String)
    /// PostHog: where, and the project.
    case posthog(WebAddress, project: String)
    /// Statsig: where, and the environment if one is named.
    case statsig(WebAddress, environment: String?)
  }

  /// As it was written.
  package let text: String
  let place: Location

  package init(_ text: String) throws(StoreTrouble) {
    self.text = text
    do throws(Fault) {
      place = try Self.place(text)
    } catch {
      throw .badAddress(Self.shown(text), why: error.why)
    }
  }

  /// For people and journals: without a query, which may be a signature, and without a name or password before the host.
  /// What is no address shows none of them either.
  package static func shown(_ text: String) -> String {
    guard let name = scheme(of: text), name != "file" else { return text }
    let scheme = text.firstRange(of: "://").map { text[..<$0.upperBound] } ?? text.prefix(name.count + 1)
    let rest = text[scheme.endIndex...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.lastIndex(of: "@").map { "…" + authority[$0...] } ?? String(authority)
    let tail = rest[authority.endIndex...]
    return "\(scheme)\(host)" + (tail.firstIndex(of: "?").map { tail[...$0] + "…" } ?? tail)
  }

  struct Fault: Error {
    let why: String
    init(_ why: String) { self.why = why }
  }

  private static func place(_ text: String) throws(Fault) -> Location {
    switch scheme(of: text) {
    case nil: return .file(try path(text))
    case "file": return .file(try path(local(text.dropFirst("file:".count))))
    case "http", "https": return .document(try web(text))
    case "etcd+http", "etcd+https": return try etcd(text)
    case "unleash", "unleash+http", "unleash+https":
      let (base, names) = try platform(text, at: nil, parts: ["PROJECT", "ENVIRONMENT"])
      return .unleash(base, project: names[0], environment: names[1])
    case "launchdarkly", "launchdarkly+http", "launchdarkly+https":
      let (base, names) = try platform(text, at: LaunchDarklyStore.usualPlace, parts: ["PROJECT", "ENVIRONMENT"])
      return .launchDarkly(base, project: names[0], environment: names[1])
    case "posthog", "posthog+http", "posthog+https":
      let (base, parts) = try platform(text, at: nil, parts: ["PROJECT"])
      return .posthog(base, project: parts[0])
    case "statsig", "statsig+http", "statsig+https": return try statsig(text)
    case let scheme?:
      let advice =
        text.contains("://")
        ? "stores are file:, https://, etcd+https://, launchdarkly:, unleash+https://, posthog: and statsig:"
        : "a path that has a colon is written as ./\(shown(text))"
      throw Fault("there is no store \"\(scheme):\"; \(advice)")
    }
  }

  /// The environment may be missing: then the gate as a whole is meant.
  private static func statsig(_ text: String) throws(Fault) -> Location {
    if text.lowercased() == "statsig:" { return .statsig(try web(StatsigStore.usual), environment: nil) }
    let head = text.prefix { $0 != ":" }
    if let plus = head.firstIndex(of: "+") {
      let base = try web(text[text.index(after: plus)...])
      if base.path.allSatisfy({ $0 == "/" }), base.query == nil { return .statsig(base, environment: nil) }
    }
    let (base, parts) = try platform(text, at: StatsigStore.usual, parts: ["ENVIRONMENT"])
    return .statsig(base, environment: parts[0])
  }

  // MARK: Parts

  static func web(_ text: some StringProtocol) throws(Fault) -> WebAddress {
    do throws(WebAddress.Fault) {
      return try WebAddress(text)
    } catch {
      throw Fault(error.reason)
    }
  }

  /// A hosted platform: `name:first/second` is at the platform's own address, `name+https://host/base/first/second` at
  /// another. `parts` says what the last parts of the path are, in words; none of them may be missing.
  static func platform(_ text: String, at usual: String?, parts: [String]) throws(Fault) -> (WebAddress, [String]) {
    let form = parts.joined(separator: "/")
    let head = text.prefix { $0 != ":" }
    var names: [String]
    var base: WebAddress
    if let plus = head.firstIndex(of: "+") {
      base = try web(text[text.index(after: plus)...])
      names = base.path.split(separator: "/").map(String.init)
      guard base.query == nil, names.count >= parts.count else { throw Fault("it ends in /\(form)") }
      let rest = names.dropLast(parts.count)
      base.path = rest.isEmpty ? "/" : "/" + rest.joined(separator: "/")
      names = Array(names.suffix(parts.count))
    } else {
      guard let usual else { throw Fault("name the server: \(head)+https://host/\(form)") }
      base = try web(usual)
      names = text.dropFirst(head.count + 1).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard names.count == parts.count else { throw Fault("write \(head):\(form)") }
    }
    let isPlain = { (name: String) in
      !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"?#%\\".utf8.contains($0) }
    }
    guard names.allSatisfy(isPlain) else { throw Fault("\(form) are made of letters, digits, dots and hyphens") }
    return (base, names)
  }

  /// `etcd+https://one:2379,two:2379/prefix`: any member will do, and the next one where the first is away.
  private static func etcd(_ text: String) throws(Fault) -> Location {
    let rest = text.dropFirst("etcd+".count)
    let scheme = rest.prefix { $0 != ":" }
    let hosts = rest.dropFirst(scheme.count + 3).prefix { $0 != "/" }
    let path = rest[hosts.endIndex...]
    guard path.count > 1, !path.hasSuffix("/"), !path.contains(where: { "?#@%".contains($0) }) else {
      throw Fault("behind the host stands what the flags' keys begin with: etcd+\(scheme)://\(hosts)/flags")
    }
    var members: [WebAddress] = []
    for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
      members.append(try web("\(scheme)://\(host)"))
    }
    return .etcd(members, prefix: String(path))
  }

  private static func local(_ path: Substring) throws(Fault) -> String {
    guard path.hasPrefix("//") else { return String(path) }
    guard path.hasPrefix("///") else { throw Fault("a flag file is on this machine: file:/path, without a host") }
    return String(path.dropFirst(2))
  }

  private static func path(_ path: String) throws(Fault) -> String {
    guard !path.isEmpty else { throw Fault("the path is missing") }
    guard !path.utf8.contains(0) else { throw Fault("a path cannot hold a zero byte") }
    guard !path.hasSuffix("/") else { throw Fault("this is a folder; name the flag file in it") }
    return path
  }

  /// What stands before the first colon, where that can be a scheme: two letters or more, and no slash before it.
  private static func scheme(of text: String) -> String? {
    let head = text.prefix { $0 != ":" }
    guard head.count >= 2, head.count < text.count, let first = head.first, first.isASCII, first.isLetter,
      head.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-".contains($0)) })
    else { return nil }
    return head.lowercased()
  }
}

extension StoreAddress {
  /// The store behind it; a relative path is looked up from `folder`.
  package func opening(from folder: String, _ terms: StoreTerms, _ context: Context) -> any FlagStore {
    switch place {
    case .file(let path):
      FileStore(
        path: path.hasPrefix("/") ? path : "\(folder)/\(path)", address: text, context: context,
        staysInPlace: terms.staysInPlace, isLive: terms.isLive, readers: terms.readers)
    case .document(let address): DocumentStore(address, address: Self.shown(text), terms, context)
    case .etcd(let members, let prefix): EtcdStore(members, prefix: prefix, address: text, terms, context)
    case .unleash(let base, let project, let environment):
      UnleashStore(base, project: project, environment: environment, address: text, terms, context)
    case .launchDarkly(let base, let project, let environment):
      LaunchDarklyStore(base, project: project, environment: environment, address: text, terms, context)
    case .posthog(let base, let project): PostHogStore(base, project: project, address: text, terms, context)
    case .statsig(let base, let environment):
      StatsigStore(base, environment: environment, address: text, terms, context)
    }
  }

  /// The folder of journals behind it.
  package func folder(_ terms: StoreTerms, _ context: Context) throws(StoreTrouble) -> Folder {
    switch place {
    case .file(let path): return Folder(path: path, files: context.files)
    case .etcd(let members, let prefix): return EtcdStore.folder(members, prefix: prefix, terms, context)
    default:
      throw .badAddress(
        Self.shown(text), why: "journals are kept in a folder, or in etcd: etcd+https://host:2379/journals")
    }
  }
}
