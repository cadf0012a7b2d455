/// Where the store and the journal are, by everybody who names them: the command line first, then the note, the
/// environment, `rolloutctl.json` from the working folder upward, and last the one in the user's configuration folder.
struct Settings {
  /// The stores that somebody chose, the first chooser's first. Where the command line names some, only those.
  private(set) var stores: [NamedStore] = []
  /// Those that a configuration file only lists.
  private(set) var listed: [NamedStore] = []
  /// Named by the note, the environment or a configuration file, and left alone since the command line names others.
  private(set) var outside: [NamedStore] = []
  /// Whether the command line says where: then it is there, and nowhere else.
  let isSaid: Bool
  /// The folder that the command line or the note names: an absolute path, or an address.
  private(set) var namedJournal: String?
  /// By the environment or a configuration file, for every flag whose journal nobody knows to be elsewhere; nil for the
  /// usual place of the store.
  private(set) var journal: String?
  /// Where it can be asked what applications are served now.
  private(set) var evaluation: EvaluationServer?
  private(set) var terms: StoreTerms
  private(set) var remarks: [String] = []
  /// What a kill could not read and what may name a store that nobody looks at, a sentence each. Empty where the
  /// command line says where.
  private(set) var unread: [String] = []

  static let usualStore = "file:flags.json"
  /// Who names it where nobody does.
  static let byDefault = "the default"
  static let byNote = "the note"

  /// A kill goes on with what can be read of a configuration file (`lenient`); everybody else refuses a broken one.
  init(_ choices: OperatorChoices, note: NotedSettings?, context: Context, lenient: Bool = false) throws(Trouble) {
    let here = context.surroundings.workingFolder
    let variables = context.surroundings.variables
    var configurations: [Configuration] = []
    for path in Configuration.paths(context, suspecting: lenient) {
      configurations.append(
        lenient ? Configuration(readable: path, context) : try Configuration(path, context))
    }
    terms = StoreTerms(root: Self.root(configurations.first, context))
    terms.allowsPlain = choices.allowsPlain
    terms.authorities = configurations.lazy.compactMap(\.authorities).first
    terms.tags = configurations.lazy.compactMap(\.posthogTags).first ?? []
    terms.evaluationContexts = configurations.lazy.compactMap(\.posthogContexts).first ?? []
    terms.staysInPlace = configurations.lazy.compactMap(\.staysInPlace).first ?? false
    terms.evaluationHeaders = configurations.first { !$0.evaluationHeaders.isEmpty }?.evaluationHeaders ?? []
    terms.evaluationTokenName = configurations.lazy.compactMap(\.evaluationTokenName).first
    terms.isLive = configurations.lazy.compactMap(\.isLive).first ?? false
    terms.readers = configurations.lazy.compactMap(\.readers).first ?? .all
    terms.hasSingleWriter = configurations.lazy.compactMap(\.hasSingleWriter).first ?? false

    let names = NamedStore.Listed(
      configurations.flatMap { configuration in
        configuration.stores.map {
          NamedStore(name: $0.name, origin: configuration.path, address: $0.address, base: configuration.folder)
        }
      })
    isSaid = !choices.stores.isEmpty
    var places: Set<String> = []
    for address in choices.stores {
      let store = NamedStore("--store", address, here, names)
      if places.insert(store.place).inserted { stores.append(store) }
      if let near = Self.name(near: address, among: names) {
        remarks.append("no store is listed as \(address), so it is read as a path; did you mean \(near)?")
      }
    }
    var others: [NamedStore] = []
    namedJournal = choices.journal.map { Self.located($0, from: here) }
    if let note {
      if let address = note.store {
        others.append(NamedStore(Self.byNote, address, Self.base(of: address, below: note.folder, context), names))
      }
      namedJournal = namedJournal ?? note.journal.map { Self.located($0, from: note.folder) }
    }
    if let address = variables["ROLLOUT_STORE"], !address.isEmpty {
      others.append(NamedStore("ROLLOUT_STORE", address, here, names))
    }
    if let folder = variables["ROLLOUT_JOURNAL"], !folder.isEmpty { journal = Self.located(folder, from: here) }
    for configuration in configurations {
      others += configuration.chosen.map { NamedStore(configuration.path, $0, configuration.folder, names) }
      if journal == nil { journal = configuration.journal.map { Self.located($0, from: configuration.folder) } }
    }
    if isSaid {
      outside = Self.left(of: others + names.all, besides: stores, context)
    } else {
      stores = others
      if !names.all.isEmpty { places.formUnion(others.map(\.place)) }
      listed = names.all.filter { places.insert($0.place).inserted }
    }
    try takeGaps(configurations.flatMap(\.gaps), lenient)
    if scope.isEmpty {
      // As a note's is: who works in a folder further down means the same file, by its key as by its note.
      let base = Self.search(AddressText.withoutScheme(Self.usualStore), below: here, context).found ?? here
      stores = [NamedStore(Self.byDefault, Self.usualStore, base, NamedStore.Listed([]))]
    }
    takeEvaluation(
      [(note?.evaluation, "the note"), (variables["ROLLOUT_EVALUATION"], "ROLLOUT_EVALUATION")]
        + configurations.map { ($0.evaluation, $0.path) })
  }

  /// The stores in which this command works: every one that somebody names, or those that the command line names.
  var scope: [NamedStore] { stores + listed }

  /// What a command leaves alone since the command line names other stores, in a sentence; nil where that is nothing.
  static func narrowed(to stores: [NamedStore], leaving outside: [NamedStore]) -> String? {
    guard !outside.isEmpty else { return nil }
    let left = outside.map { "\($0.title) (\($0.isConfigured ? "configured" : $0.origin))" }
    return "only in \(joined(stores.map(\.title))); \(joined(left)) \(left.count == 1 ? "was" : "were") not looked at"
  }

  private static func joined(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  /// Those of `stores` that are none of the `chosen`, each once, whatever links lead to a file.
  private static func left(of stores: [NamedStore], besides chosen: [NamedStore], _ context: Context) -> [NamedStore] {
    guard !stores.isEmpty else { return [] }
    let real = { (store: NamedStore) in
      store.path.flatMap { try? context.files.realPath($0) } ?? store.place
    }
    var seen = Set(chosen.map(real))
    return stores.filter { seen.insert(real($0)).inserted }
  }

  /// The listed name that is likely meant by what looks like a name, and is none.
  private static func name(near text: String, among known: NamedStore.Listed) -> String? {
    guard Configuration.isName(text), known.byName[text] == nil else { return nil }
    return Suggestion.nearest(to: text, among: known.all.compactMap(\.name))
  }

  /// What configuration files say that nobody understands. Nobody falls back to the usual store where one of them may
  /// name another.
  private mutating func takeGaps(_ gaps: [Configuration.Gap], _ lenient: Bool) throws(Trouble) {
    for gap in gaps {
      let sentence = gap.trouble.sentences.joined(separator: "; ")
      if gap.mayNameStore, !isSaid, lenient {
        unread.append("\(sentence); a store that it may name was NOT looked at")
      } else if gap.mayNameStore, scope.isEmpty {
        throw gap.trouble
      } else {
        remarks.append(sentence)
      }
    }
  }

  /// The first that somebody names. One that nobody could ask is told at once, and stops nothing.
  private mutating func takeEvaluation(_ named: [(address: String?, origin: String)]) {
    guard let (address, origin) = named.first(where: { $0.address?.isEmpty == false }), let address else { return }
    evaluation = EvaluationServer(address, terms)
    if let fault = WebAddress.fault(in: address) {
      // The address is not repeated: it may hold a password.
      remarks.append("the evaluation address of \(origin) cannot be asked: \(fault)")
    }
  }

  /// The one that a verb is about. Of several that are only listed nobody can know which is meant.
  func store() throws(Trouble) -> NamedStore {
    if let first = stores.first { return first }
    guard listed.count < 2, let only = listed.first else {
      let names = listed.map(\.title).joined(separator: ", ")
      throw .usage("\(Configuration.name) lists several stores (\(names)); name one with --store, or in the note")
    }
    return only
  }

  /// The folder of the nearest configuration file, else the repository's root, else the working folder.
  private static func root(_ configuration: Configuration?, _ context: Context) -> String {
    if let configuration { return configuration.folder }
    let here = context.surroundings.workingFolder
    return Path.upward(from: here).first { Configuration.isThere(Path.joined($0, ".git"), context) } ?? here
  }

  private static func located(_ folder: String, from base: String) -> String {
    folder.contains("://") ? folder : Path.joined(base, AddressText.withoutScheme(folder))
  }

  // MARK: Paths of a note

  /// A note's relative paths are looked for beside it, then in each folder above up to the repository's root; the first
  /// that exists is meant, and beside the note where none does. One of which nobody can say is not passed over: a file of
  /// the same name further up is somebody else's.
  static func locate(_ path: String, below folder: String, _ context: Context) -> String {
    Path.joined(search(path, below: folder, context).found ?? folder, path)
  }

  /// The folder in which the path exists; else those that were looked in, the repository's root last, if there is one.
  private static func search(
    _ path: String, below folder: String, _ context: Context
  ) -> (found: String?, searched: [String], hasRoot: Bool) {
    var searched: [String] = []
    for candidate in Path.upward(from: folder) {
      if Configuration.isThere(Path.joined(candidate, path), context, inDoubt: true) { return (candidate, [], false) }
      searched.append(candidate)
      if isRoot(candidate, context) { return (nil, searched, true) }
    }
    return (nil, searched, false)
  }

  static func isRoot(_ folder: String, _ context: Context) -> Bool {
    [".git", Configuration.name].contains { Configuration.isThere(Path.joined(folder, $0), context) }
  }

  /// Of a flag file that is nowhere yet: where it would be asked for, and from among the notes the repository's root, since
  /// no service reads it there.
  private static func base(of address: String, below folder: String, _ context: Context) -> String {
    let path = AddressText.withoutScheme(address)
    guard !Path.isAbsolute(path), !address.contains("://") else { return folder }
    let (found, searched, hasRoot) = search(path, below: folder, context)
    if let found { return found }
    let here = context.surroundings.workingFolder
    if searched.contains(here), here != folder || !hasRoot { return here }
    return (hasRoot ? searched.last : nil) ?? folder
  }

  /// Whether a note in that folder means by a relative path the one that starts `here`, once it exists there.
  static func leads(_ path: String, from folder: String, to here: String, _ context: Context) -> Bool {
    for candidate in Path.upward(from: folder) {
      if candidate == here { return true }
      if Configuration.isThere(Path.joined(candidate, path), context, inDoubt: true) || isRoot(candidate, context) {
        return false
      }
    }
    return false
  }
}

/// Where it can be asked what applications are served, and on what terms.
struct EvaluationServer: Sendable {
  let address: String
  let terms: StoreTerms

  /// Nil for what is no address: nobody waits for an answer from there.
  init?(_ address: String, _ terms: StoreTerms) {
    guard WebAddress.fault(in: address) == nil else { return nil }
    (self.address, self.terms) = (address, terms)
  }

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
}

/// What an operator may say with any command.
package struct OperatorChoices: Sendable, Equatable {
  /// The only stores that the command works in; none where the settings say where.
  package var stores: [String] = []
  package var journal: String?
  package var reason: String?
  package var dryRun = false
  /// Whether http may leave this machine.
  package var allowsPlain = false
  /// Say on standard error where everything is looked for.
  package var verbose = false

  package init() {}

  /// For whoever names one.
  package var store: String? {
    get { stores.first }
    set { stores = newValue.map { [$0] } ?? [] }
  }
}

extension Path {
  /// A folder and every folder above it.
  static func upward(from folder: String) -> [String] {
    var folders = [folder]
    while let last = folders.last, last != "/", last != "." { folders.append(self.folder(of: last)) }
    return folders
  }
}
