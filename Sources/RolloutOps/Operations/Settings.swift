/// Where the store and the journal are, by everybody who names them: the command line first, then the note, the
/// environment, `rolloutctl.json` from the working folder upward, and last the one in the user's configuration folder.
struct Settings {
  /// A store's address with who names it, and the folder that its relative path is read from.
  struct NamedStore: Hashable {
    let origin: String
    let address: String
    let base: String

    /// For people.
    var shown: String { StoreAddress.shown(address) }
  }

  /// The stores that somebody chose, the first chooser's first.
  private(set) var stores: [NamedStore] = []
  /// Those that a configuration file only lists: looked at by whoever looks over everything.
  private(set) var listed: [NamedStore] = []
  /// The folder that the command line or the note names: an absolute path, or an address.
  private(set) var namedJournal: String?
  /// By the environment or a configuration file, for every flag whose journal nobody knows to be elsewhere; nil for the
  /// usual place of the store.
  private(set) var journal: String?
  /// Where it can be asked what applications are served now.
  private(set) var evaluation: EvaluationPlace?
  private(set) var terms: StoreTerms
  private(set) var remarks: [String] = []

  static let usualStore = "file:flags.json"
  /// Who names it where nobody does.
  static let byDefault = "the default"

  /// Whoever kills goes on with what can be read (`lenient`): a broken configuration file is a remark then.
  init(_ choices: OperatorChoices, note: NotedSettings?, context: Context, lenient: Bool = false) throws(Trouble) {
    let here = context.surroundings.workingFolder
    let variables = context.surroundings.variables
    var configurations: [Configuration] = []
    var broken: [String] = []
    for path in Configuration.paths(context) {
      do throws(Trouble) {
        configurations.append(try Configuration(path, context))
      } catch {
        guard lenient else { throw error }
        broken += error.sentences
      }
    }
    terms = StoreTerms(root: Self.root(configurations.first, context))
    terms.allowsPlain = choices.allowsPlain
    terms.authorities = configurations.lazy.compactMap(\.authorities).first
    let names = configurations.flatMap { configuration in
      configuration.stores.map {
        (name: $0.name, store: NamedStore(origin: $0.name, address: $0.address, base: configuration.folder))
      }
    }
    /// A name of a configuration file stands for its address.
    func chosen(_ origin: String, _ address: String, _ base: @autoclosure () -> String) -> NamedStore {
      guard let known = names.first(where: { $0.name == address })?.store else {
        return NamedStore(origin: origin, address: address, base: base())
      }
      return NamedStore(origin: "\(address), \(origin)", address: known.address, base: known.base)
    }
    if let address = choices.store { stores.append(chosen("--store", address, here)) }
    namedJournal = choices.journal.map { Self.located($0, from: here) }
    if let note {
      if let address = note.store {
        stores.append(chosen("the note", address, Self.base(of: address, below: note.folder, context)))
      }
      namedJournal = namedJournal ?? note.journal.map { Self.located($0, from: note.folder) }
    }
    var evaluation = note?.evaluation ?? variables["ROLLOUT_EVALUATION"].flatMap { $0.isEmpty ? nil : $0 }
    if let address = variables["ROLLOUT_STORE"], !address.isEmpty {
      stores.append(chosen("ROLLOUT_STORE", address, here))
    }
    if let folder = variables["ROLLOUT_JOURNAL"], !folder.isEmpty { journal = Self.located(folder, from: here) }
    for configuration in configurations {
      if let address = configuration.store { stores.append(chosen(configuration.path, address, configuration.folder)) }
      if journal == nil { journal = configuration.journal.map { Self.located($0, from: configuration.folder) } }
      evaluation = evaluation ?? configuration.evaluation
      remarks += configuration.remarks
    }
    self.evaluation = evaluation.map { EvaluationPlace(address: $0, terms: terms) }
    remarks += broken
    for (_, store) in names
    where !(stores + listed).contains(where: { $0.address == store.address && $0.base == store.base }) {
      listed.append(store)
    }
    if stores.isEmpty, listed.isEmpty {
      stores = [NamedStore(origin: Self.byDefault, address: Self.usualStore, base: here)]
    }
  }

  /// Every store that anybody names: for whoever looks over all of them.
  var all: [NamedStore] { stores + listed }

  /// Where a kill looks: in the stores that somebody chose, else in all.
  var killed: [NamedStore] { stores.isEmpty ? listed : stores }

  /// The one that a verb is about. Of several that are only listed nobody can know which is meant.
  func store() throws(Trouble) -> NamedStore {
    if let first = stores.first { return first }
    guard listed.count < 2, let only = listed.first else {
      let names = listed.map(\.origin).joined(separator: ", ")
      throw .usage("\(Configuration.name) lists several stores (\(names)); name one with --store, or in the note")
    }
    return only
  }

  /// The folder of the nearest configuration file, else the repository's root, else the working folder.
  private static func root(_ configuration: Configuration?, _ context: Context) -> String {
    if let configuration { return configuration.folder }
    let here = context.surroundings.workingFolder
    return Path.upward(from: here).first { (try? context.files.facts(Path.joined($0, ".git"))) != nil } ?? here
  }

  private static func located(_ folder: String, from base: String) -> String {
    folder.contains("://") ? folder : Path.joined(base, withoutScheme(folder))
  }

  // MARK: Paths of a note

  /// A note's relative paths are looked for beside it, then in each folder above up to the repository's root; the first
  /// that exists is meant, and beside the note where none does.
  static func locate(_ path: String, below folder: String, _ context: Context) -> String {
    for candidate in Path.upward(from: folder) {
      let found = Path.joined(candidate, path)
      if (try? context.files.facts(found)) != nil { return found }
      let isRoot = [".git", Configuration.name].contains { name in
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

/// Where it can be asked what applications are served, and on what terms.
struct EvaluationPlace: Sendable {
  let address: String
  let terms: StoreTerms

  func endpoint(until end: Instant, _ context: Context) -> EvaluationEndpoint {
    EvaluationEndpoint(address, terms.until(end), context)
  }
}

/// What a note contributes to the settings.
struct NotedSettings {
  let folder: String
  let store: String?
  let journal: String?
  let evaluation: String?

  init(folder: String, store: String?, journal: String?, evaluation: String? = nil) {
    (self.folder, self.store, self.journal, self.evaluation) = (folder, store, journal, evaluation)
  }

  init(_ found: Rollout.FoundNote) {
    self.init(
      folder: Path.folder(of: found.path), store: found.note.store, journal: found.note.journal,
      evaluation: found.note.evaluation)
  }
}

/// What an operator may say with any command.
package struct OperatorChoices: Sendable, Equatable {
  package var store: String?
  package var journal: String?
  package var reason: String?
  package var dryRun = false
  /// Whether http may leave this machine.
  package var allowsPlain = false
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
