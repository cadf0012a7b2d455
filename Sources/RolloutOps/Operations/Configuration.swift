/// One `rolloutctl.json`, read: what it says, which of its members nobody knows, and what of it cannot be read.
struct Configuration {
  static let name = "rolloutctl.json"

  /// Something in the file that says nothing to this version.
  struct Gap {
    let trouble: Trouble
    /// Whether a store may be meant that nobody knows of now.
    let mayNameStore: Bool
  }

  /// The folder that its relative paths start from: its own.
  let folder: String
  let path: String
  /// The store of whoever names no other. A broken file may name two.
  private(set) var chosen: [String] = []
  private(set) var journal: String?
  /// Stores by the name that a note or `--store` may use for them, in the file's order.
  private(set) var stores: [(name: String, address: String)] = []
  /// A file of certificates to trust in place of the system's.
  private(set) var authorities: String?
  /// Which flags an alert kills.
  private(set) var alerts: [AlertRoute] = []
  /// Where it can be asked what applications are served now.
  private(set) var evaluation: String?
  /// What it wants to be asked with, and the header that its token goes in.
  private(set) var evaluationHeaders: [HTTPRequest.Header] = []
  private(set) var evaluationTokenName: String?
  /// Whether flag files are written into, and never replaced.
  private(set) var staysInPlace: Bool?
  /// Whether applications read the flag files themselves, though git keeps them.
  private(set) var isLive: Bool?
  /// Who reads the flags of files and documents.
  private(set) var readers: FlagReaders?
  /// Whether nobody else writes the documents behind web servers.
  private(set) var hasSingleWriter: Bool?
  /// What every flag that is made in PostHog is given.
  private(set) var posthogTags: [String]?
  private(set) var posthogContexts: [String]?
  private(set) var gaps: [Gap] = []

  private static let members = [
    "store", "journal", "stores", "ca_file", "evaluation", "evaluation_headers", "evaluation_token_header", "alerts",
    "replace", "live", "readers", "single writer", "posthog",
  ]

  init(_ path: String, _ context: Context) throws(Trouble) {
    (self.path, folder) = (path, Path.folder(of: path))
    let bytes = try Self.bytes(path, context)
    let json: JSON
    do throws(JSONError) { json = try JSON.parse(bytes) } catch { throw .settings(path: path, error.sentence) }
    guard let members = json.members else { throw .settings(path: path, Self.noObject) }
    for member in members { try take(member) }
  }

  /// For a kill: whatever can be read of it, and what cannot as gaps.
  init(readable path: String, _ context: Context) {
    (self.path, folder) = (path, Path.folder(of: path))
    let bytes: [UInt8]
    do throws(Trouble) {
      bytes = try Self.bytes(path, context)
    } catch {
      miss(error, mayNameStore: true)
      return
    }
    var json: JSON?
    do throws(JSONError) { json = try JSON.parse(bytes) } catch {
      json = JSON.remains(of: bytes)
      miss(.settings(path: path, error.sentence), mayNameStore: true)
    }
    guard let members = json?.members else {
      if gaps.isEmpty { miss(.settings(path: path, Self.noObject), mayNameStore: true) }
      return
    }
    for member in members {
      do throws(Trouble) { try take(member) } catch { miss(error, mayNameStore: Self.mayNameStore(member.name)) }
    }
  }

  private static let noObject = "the settings must be one JSON object"

  private static func bytes(_ path: String, _ context: Context) throws(Trouble) -> [UInt8] {
    do throws(FileTrouble) {
      return try insisting(context) { () throws(FileTrouble) in try context.files.read(path, limit: 1 << 20) }
    } catch {
      throw .file(error)
    }
  }

  private mutating func miss(_ trouble: Trouble, mayNameStore: Bool) {
    gaps.append(Gap(trouble: trouble, mayNameStore: mayNameStore))
  }

  /// `"stroe"`, `"Store"` and `"flag_store"` are likely meant to name one; `"jurnal"` is not.
  private static func mayNameStore(_ name: String) -> Bool {
    if name.lowercased().contains("store") { return true }
    return Suggestion.nearest(to: name, among: members)?.hasPrefix("store") ?? false
  }

  private mutating func take(_ member: JSON.Member) throws(Trouble) {
    switch (member.name, member.value) {
    case ("store", .string(let address)): chosen.append(address)
    case ("journal", .string(let folder)): journal = folder
    case ("evaluation", .string(let address)): evaluation = address
    case ("evaluation_headers", .object(let named)): try takeHeaders(named)
    case ("evaluation_headers", _): throw .settings(path: path, Self.headers)
    case ("evaluation_token_header", .string(let name)) where Self.isHeader(name): evaluationTokenName = name
    case ("evaluation_token_header", _):
      throw .settings(path: path, "\"evaluation_token_header\" is a header's name, such as \"X-API-Key\"")
    case ("ca_file", .string(let file)): authorities = Path.joined(folder, file)
    case ("replace", "in place"): staysInPlace = true
    case ("replace", "rename"): staysInPlace = false
    case ("live", .bool(let isLive)): self.isLive = isLive
    case ("live", _): throw .settings(path: path, "\"live\" is true or false")
    case ("replace", _): throw .settings(path: path, "\"replace\" is \"rename\" or \"in place\"")
    case ("single writer", .bool(let isSingle)): hasSingleWriter = isSingle
    case ("single writer", _): throw .settings(path: path, "\"single writer\" is true or false")
    case ("readers", .array(let names)): readers = try Self.readers(names, path)
    case ("readers", _): throw .settings(path: path, Self.readersWanted)
    case ("posthog", .object(let named)): try takePostHog(named)
    case ("posthog", _): throw .settings(path: path, Self.posthog)
    case ("stores", .object(let named)):
      try Self.each(named) { (one) throws(Trouble) in stores.append(try store(one)) }
    case ("alerts", .array(let routes)):
      try Self.each(routes) { (one) throws(Trouble) in alerts.append(try route(one)) }
    case ("alerts", _): throw .settings(path: path, "\"alerts\" must be a list of objects with \"when\" and \"kill\"")
    case ("stores", _): throw .settings(path: path, "\"stores\" must be an object: a name and an address for each")
    case let (name, _) where Self.members.contains(name):
      throw .settings(path: path, "\"\(name)\" must be a text")
    case let (name, _):
      let near = Suggestion.nearest(to: name, among: Self.members).map { "; did you mean \($0)?" } ?? ""
      gaps.append(
        Gap(
          trouble: .settings(path: path, "\"\(name)\" is no setting of this version\(near)"),
          mayNameStore: Self.mayNameStore(name)))
    }
  }

  private static let readersWanted = "\"readers\" is a list of those that read the flags: \(FlagReaders.allNames)"

  private static func readers(_ names: [JSON], _ path: String) throws(Trouble) -> FlagReaders {
    let known = names.compactMap { $0.text.flatMap(FlagReaders.init(named:)) }
    guard !known.isEmpty, known.count == names.count else { throw .settings(path: path, readersWanted) }
    return known.reduce([]) { $0.union($1) }
  }

  private static let posthog =
    "\"posthog\" must be an object with \"tags\" and \"evaluation_contexts\", lists of texts"

  private mutating func takePostHog(_ named: [JSON.Member]) throws(Trouble) {
    for member in named {
      let texts = member.value.items?.compactMap(\.text)
      guard let texts, texts.count == member.value.items?.count else {
        throw .settings(path: path, Self.posthog)
      }
      switch member.name {
      case "tags": posthogTags = texts
      case "evaluation_contexts": posthogContexts = texts
      default: throw .settings(path: path, Self.posthog)
      }
    }
  }

  private static let headers =
    "\"evaluation_headers\" is an object of headers and texts, such as {\"Flagd-Selector\": \"flagSetId=web\"}; a token comes "
    + "from ROLLOUT_EVALUATION_TOKEN"

  private mutating func takeHeaders(_ named: [JSON.Member]) throws(Trouble) {
    for member in named {
      guard let value = member.value.text, Self.isHeader(member.name), member.name.lowercased() != "authorization",
        value.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
      else { throw .settings(path: path, Self.headers) }
      evaluationHeaders.append(HTTPRequest.Header(member.name, value))
    }
  }

  /// A header's name is letters, digits and hyphens, to keep to what everybody uses.
  private static func isHeader(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
      }
  }

  /// Takes every part that is good; the first that is not is the trouble.
  private static func each<Part>(_ parts: [Part], _ take: (Part) throws(Trouble) -> Void) throws(Trouble) {
    var first: Trouble?
    for part in parts {
      do throws(Trouble) { try take(part) } catch { first = first ?? error }
    }
    if let first { throw first }
  }

  private func store(_ named: JSON.Member) throws(Trouble) -> (name: String, address: String) {
    guard let address = named.value.text else {
      throw .settings(path: path, "\"stores\" has addresses as texts; that of \"\(named.name)\" is none")
    }
    guard Self.isName(named.name) else {
      throw .settings(
        path: path, "\"\(named.name)\" is no name for a store: letters, digits, hyphens and underscores make one")
    }
    return (named.name, address)
  }

  /// `{"when": {"alertname": "CostLoop", "feature": "*"}, "kill": ["ai-summary", "$feature"]}`
  private func route(_ json: JSON) throws(Trouble) -> AlertRoute {
    guard let when = json["when"]?.members, !when.isEmpty,
      let kill = json["kill"].flatMap({ $0.text == nil ? $0.items : [$0] }), !kill.isEmpty
    else {
      throw .settings(
        path: path, "each of \"alerts\" has \"when\", labels with their values, and \"kill\", a list of flags")
    }
    var conditions: [AlertRoute.LabelMatch] = []
    for label in when {
      guard let value = label.value.text else {
        throw .settings(path: path, "\"alerts\": the value of \"\(label.name)\" must be a text, or \"*\" for any")
      }
      conditions.append(AlertRoute.LabelMatch(label.name, value == "*" ? nil : value))
    }
    let flags = kill.compactMap(\.text)
    guard flags.count == kill.count else {
      throw .settings(path: path, "\"alerts\": \"kill\" is a list of flags, as texts")
    }
    return AlertRoute(when: conditions, kill: flags)
  }

  /// What can be told from a path and from an address.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }

  // MARK: Where they are

  /// For whoever has no home, such as a job of the machine's own.
  static let systemPath = "/etc/rolloutctl.json"

  /// The nearest one upward, then the user's own, then the machine's. One of which nobody can say whether it is there, as in a folder that may
  /// not be searched, is there for a kill (`suspecting`): it may name a store.
  static func paths(_ context: Context, suspecting: Bool = false) -> [String] {
    let variables = context.surroundings.variables
    var paths: [String] = []
    for folder in Path.upward(from: context.surroundings.workingFolder) {
      let path = Path.joined(folder, name)
      if isThere(path, context, inDoubt: suspecting) {
        paths.append(path)
        break
      }
    }
    let home = variables["HOME"].map { Path.joined($0, ".config") }
    if let folder = variables["XDG_CONFIG_HOME"].flatMap({ Path.isAbsolute($0) ? $0 : nil }) ?? home {
      let path = Path.joined(folder, "rolloutctl/\(name)")
      if isThere(path, context, inDoubt: suspecting) { paths.append(path) }
    }
    if !paths.contains(systemPath), isThere(systemPath, context) { paths.append(systemPath) }
    return paths
  }

  static func isThere(_ path: String, _ context: Context, inDoubt: Bool = false) -> Bool {
    do throws(FileTrouble) {
      return try insisting(context) { () throws(FileTrouble) in try context.files.facts(path) != nil }
    } catch {
      return inDoubt
    }
  }

  /// Asks a few times: an error that is gone a moment later must hide no store from a kill.
  private static func insisting<Answer>(
    _ context: Context, _ body: () throws(FileTrouble) -> Answer
  ) throws(FileTrouble) -> Answer {
    for _ in 0..<2 {
      do throws(FileTrouble) {
        return try body()
      } catch {
        context.clock.pause(microseconds: 10_000)
      }
    }
    return try body()
  }
}
