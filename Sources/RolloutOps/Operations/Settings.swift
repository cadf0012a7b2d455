/// Where the store and the journal are, by everybody who names them: the command line first, then the note, the
/// environment, `rolloutctl.json` from the working folder upward, and last the one in the user's configuration folder.
struct Settings {
  /// A store's address with who names it, and the folder that its relative path is read from.
  struct NamedStore: Hashable {
    let origin: String
    let address: String
    let base: String
  }

  private(set) var stores: [NamedStore] = []
  /// The folder that the command line or the note names: an absolute path.
  private(set) var namedJournal: String?
  /// By the environment or a configuration file, for every flag whose journal nobody knows to be elsewhere; nil for the
  /// usual place beside the flag file.
  private(set) var journal: String?
  private(set) var remarks: [String] = []

  static let configurationName = "rolloutctl.json"
  static let usualStore = "file:flags.json"

  /// Whoever kills goes on with what can be read (`lenient`): a broken configuration file is a remark then.
  init(_ choices: OperatorChoices, note: NotedSettings?, context: Context, lenient: Bool = false) throws(Trouble) {
    let here = context.surroundings.workingFolder
    let variables = context.surroundings.variables
    if let address = choices.store { stores.append(NamedStore(origin: "--store", address: address, base: here)) }
    namedJournal = choices.journal.map { Path.joined(here, Self.withoutScheme($0)) }
    if let note {
      if let address = note.store {
        stores.append(
          NamedStore(origin: "the note", address: address, base: Self.base(of: address, below: note.folder, context)))
      }
      namedJournal = namedJournal ?? note.journal.map { Path.joined(note.folder, Self.withoutScheme($0)) }
    }
    if let address = variables["ROLLOUT_STORE"], !address.isEmpty {
      stores.append(NamedStore(origin: "ROLLOUT_STORE", address: address, base: here))
    }
    if let folder = variables["ROLLOUT_JOURNAL"], !folder.isEmpty {
      journal = Path.joined(here, Self.withoutScheme(folder))
    }
    for path in Self.configurations(context) {
      do throws(Trouble) {
        try add(configuration: path, context)
      } catch {
        guard lenient else { throw error }
        remarks += error.sentences
      }
    }
    if stores.isEmpty { stores = [NamedStore(origin: "the default", address: Self.usualStore, base: here)] }
  }

  // MARK: Configuration files

  /// The nearest `rolloutctl.json` upward, then the user's own.
  private static func configurations(_ context: Context) -> [String] {
    let here = context.surroundings.workingFolder
    let variables = context.surroundings.variables
    var paths: [String] = []
    for folder in Path.upward(from: here) {
      let path = Path.joined(folder, configurationName)
      if (try? context.files.facts(path)) != nil {
        paths.append(path)
        break
      }
    }
    let home = variables["HOME"].map { Path.joined($0, ".config") }
    if let folder = variables["XDG_CONFIG_HOME"].flatMap({ Path.isAbsolute($0) ? $0 : nil }) ?? home {
      let path = Path.joined(folder, "rolloutctl/\(configurationName)")
      if (try? context.files.facts(path)) != nil { paths.append(path) }
    }
    return paths
  }

  private mutating func add(configuration path: String, _ context: Context) throws(Trouble) {
    let bytes: [UInt8]
    do throws(FileTrouble) { bytes = try context.files.read(path, limit: 1 << 20) } catch { throw .file(error) }
    let json: JSON
    do throws(JSONError) { json = try JSON.parse(bytes) } catch { throw .settings(path: path, error.sentence) }
    guard let members = json.members else { throw .settings(path: path, "the settings must be one JSON object") }
    let base = Path.folder(of: path)
    for member in members {
      switch (member.name, member.value) {
      case ("store", .string(let address)):
        stores.append(NamedStore(origin: path, address: address, base: base))
      case ("journal", .string(let folder)):
        journal = journal ?? Path.joined(base, Self.withoutScheme(folder))
      case ("store", _), ("journal", _):
        throw .settings(path: path, "\"\(member.name)\" must be a text")
      default:
        let near =
          Suggestion.nearest(to: member.name, among: ["store", "journal"]).map { "; did you mean \($0)?" } ?? ""
        remarks.append("\(path): \"\(member.name)\" is no setting of this version\(near)")
      }
    }
  }

  // MARK: Paths of a note

  /// A note's relative paths are looked for beside it, then in each folder above up to the repository's root; the first
  /// that exists is meant, and beside the note where none does.
  static func locate(_ path: String, below folder: String, _ context: Context) -> String {
    for candidate in Path.upward(from: folder) {
      let found = Path.joined(candidate, path)
      if (try? context.files.facts(found)) != nil { return found }
      let isRoot = [".git", configurationName].contains { name in
        (try? context.files.facts(Path.joined(candidate, name))) != nil
      }
      if isRoot { break }
    }
    return Path.joined(folder, path)
  }

  private static func base(of address: String, below folder: String, _ context: Context) -> String {
    let path = withoutScheme(address)
    guard !Path.isAbsolute(path), !address.contains("://") else { return folder }
    let found = locate(path, below: folder, context)
    return String(found.dropLast(path.utf8.count + 1))
  }

  private static func withoutScheme(_ address: String) -> String {
    address.hasPrefix("file:") ? String(address.dropFirst(5)) : address
  }
}

/// What a note contributes to the settings.
struct NotedSettings {
  let folder: String
  let store: String?
  let journal: String?

  init(folder: String, store: String?, journal: String?) {
    (self.folder, self.store, self.journal) = (folder, store, journal)
  }

  init(_ found: Rollout.FoundNote) {
    self.init(folder: Path.folder(of: found.path), store: found.note.store, journal: found.note.journal)
  }
}

/// What an operator may say with any command.
package struct OperatorChoices: Sendable, Equatable {
  package var store: String?
  package var journal: String?
  package var reason: String?
  package var dryRun = false
  /// Say on standard error where everything is looked for.
  package var verbose = false

  package init() {}
}

extension Path {
  /// A folder and every folder above it.
  static func upward(from folder: String) -> [String] {
    var folders = [folder]
    while let last = folders.last, last != "/", last != "." { folders.append(self.folder(of: last)) }
    return folders
  }
}
