/// One `rolloutctl.json`, read: what it says, and which of its members nobody knows.
struct Configuration {
  static let name = "rolloutctl.json"

  /// The folder that its relative paths start from: its own.
  let folder: String
  let path: String
  private(set) var store: String?
  private(set) var journal: String?
  /// Stores by the name that a note or `--store` may use for them, in the file's order.
  private(set) var stores: [(name: String, address: String)] = []
  /// A file of certificates to trust in place of the system's.
  private(set) var authorities: String?
  /// Which flags an alert kills.
  private(set) var alerts: [AlertRoute] = []
  /// Where it can be asked what applications are served now.
  private(set) var evaluation: String?
  private(set) var remarks: [String] = []

  private static let members = ["store", "journal", "stores", "ca_file", "evaluation", "alerts"]

  init(_ path: String, _ context: Context) throws(Trouble) {
    (self.path, folder) = (path, Path.folder(of: path))
    let bytes: [UInt8]
    do throws(FileTrouble) { bytes = try context.files.read(path, limit: 1 << 20) } catch { throw .file(error) }
    let json: JSON
    do throws(JSONError) { json = try JSON.parse(bytes) } catch { throw .settings(path: path, error.sentence) }
    guard let members = json.members else { throw .settings(path: path, "the settings must be one JSON object") }
    for member in members { try take(member) }
  }

  private mutating func take(_ member: JSON.Member) throws(Trouble) {
    switch (member.name, member.value) {
    case ("store", .string(let address)): store = address
    case ("journal", .string(let folder)): journal = folder
    case ("evaluation", .string(let address)): evaluation = address
    case ("ca_file", .string(let file)): authorities = Path.joined(folder, file)
    case ("stores", .object(let named)):
      for one in named {
        guard let address = one.value.text else {
          throw .settings(path: path, "\"stores\" has addresses as texts; that of \"\(one.name)\" is none")
        }
        guard Self.isName(one.name) else {
          throw .settings(
            path: path, "\"\(one.name)\" is no name for a store: letters, digits, hyphens and underscores make one")
        }
        stores.append((one.name, address))
      }
    case ("alerts", .array(let routes)):
      for route in routes { alerts.append(try self.route(route)) }
    case ("alerts", _): throw .settings(path: path, "\"alerts\" must be a list of objects with \"when\" and \"kill\"")
    case ("stores", _): throw .settings(path: path, "\"stores\" must be an object: a name and an address for each")
    case let (name, _) where Self.members.contains(name):
      throw .settings(path: path, "\"\(name)\" must be a text")
    case let (name, _):
      let near = Suggestion.nearest(to: name, among: Self.members).map { "; did you mean \($0)?" } ?? ""
      remarks.append("\(path): \"\(name)\" is no setting of this version\(near)")
    }
  }

  /// `{"when": {"alertname": "CostLoop", "feature": "*"}, "kill": ["ai-summary", "$feature"]}`
  private func route(_ json: JSON) throws(Trouble) -> AlertRoute {
    guard let when = json["when"]?.members, !when.isEmpty, let kill = json["kill"]?.items, !kill.isEmpty else {
      throw .settings(
        path: path, "each of \"alerts\" has \"when\", labels with their values, and \"kill\", a list of flags")
    }
    var conditions: [AlertRoute.Condition] = []
    for label in when {
      guard let value = label.value.text else {
        throw .settings(path: path, "\"alerts\": the value of \"\(label.name)\" must be a text, or \"*\" for any")
      }
      conditions.append(AlertRoute.Condition(label.name, value == "*" ? nil : value))
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

  /// The nearest one upward, then the user's own.
  static func paths(_ context: Context) -> [String] {
    let variables = context.surroundings.variables
    var paths: [String] = []
    for folder in Path.upward(from: context.surroundings.workingFolder) {
      let path = Path.joined(folder, name)
      if (try? context.files.facts(path)) != nil {
        paths.append(path)
        break
      }
    }
    let home = variables["HOME"].map { Path.joined($0, ".config") }
    if let folder = variables["XDG_CONFIG_HOME"].flatMap({ Path.isAbsolute($0) ? $0 : nil }) ?? home {
      let path = Path.joined(folder, "rolloutctl/\(name)")
      if (try? context.files.facts(path)) != nil { paths.append(path) }
    }
    return paths
  }
}
