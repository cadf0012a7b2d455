/// Writes a note from the template, and the flag file that it names where there is none yet. Neither is ever overwritten.
package struct Init: Sendable {
  package let context: Context
  package let choices: OperatorChoices

  package init(context: Context, choices: OperatorChoices) {
    self.context = context
    self.choices = choices
  }

  /// The path, unless something is there.
  package func free(_ note: String) throws(Trouble) -> String {
    guard !note.isEmpty else {
      throw .usage("the note's path is empty; name the file to write, or - for standard output")
    }
    let full = Path.tidied(Path.joined(context.surroundings.workingFolder, note))
    switch try facts(full)?.kind {
    case nil: break
    case .folder?: throw .usage("\(note) is a folder; name the note in it, such as \(Path.joined(note, "rollout.md"))")
    default:
      throw .usage(
        "\(note) is there already, and init never overwrites a note; next: rolloutctl check \(Shell.word(note))")
    }
    guard !note.hasSuffix("/") else {
      throw .usage("\(note) is a folder's name; name the note in it, such as \(note)rollout.md")
    }
    guard try !isTaken(full) else {
      throw .usage("\(note) is a link that leads nowhere; mend it, or name another path")
    }
    return full
  }

  /// The key that goes by the file's name; nil where that makes none.
  package static func key(of note: String) -> String? {
    let key = NoteReader.key(fromPath: note)
    return FlagKey(key).fault == nil ? key : nil
  }

  package func write(_ answers: NoteAnswers, to note: String) throws(Trouble) -> StartReport {
    let full = try free(note)
    var answers = answers
    if answers.flag == nil { answers.flag = Self.key(of: note) }
    guard let flag = answers.flag else {
      throw .usage("the name of \(note) makes no flag's key; say it with --flag KEY")
    }
    if let fault = FlagKey(flag).fault {
      throw .usage("\(flag.isEmpty ? "''" : flag) cannot be a flag's key: \(fault)")
    }
    let place = try place(answers.store, Path.folder(of: full))
    answers.store = place.noted
    var report = StartReport(note: note, flag: flag, store: place.shown)
    report.isDry = choices.dryRun
    // First the flag file: where it cannot be made, the same line can be typed again.
    if let path = place.path { report.flagFile = try flagFile(path, FlagKey(flag), &report) }
    let bytes = Array(NoteTemplate.text(answers).utf8)
    report.text = String(decoding: bytes, as: UTF8.self)
    report.errors = Note.read(bytes, path: note).diagnostics.count { $0.severity == .error }
    guard !choices.dryRun else { return report }
    try make(full, bytes)
    return report
  }

  private func make(_ path: String, _ bytes: [UInt8]) throws(Trouble) {
    do throws(FileTrouble) {
      try context.files.makeFolder(Path.folder(of: path))
      try context.files.create(path, bytes, like: nil)
    } catch {
      throw .file(error)
    }
  }

  /// Whether the name of what is not there is in use all the same: by a link that leads nowhere.
  private func isTaken(_ path: String) throws(Trouble) -> Bool {
    do throws(FileTrouble) {
      return try context.files.names(in: Path.folder(of: path)).contains(Path.name(of: path))
    } catch {
      // A folder that is none is told of when the file is made.
      return false
    }
  }

  // MARK: The store

  private struct FlagFile {
    /// What the note says about it; nil where it is left to the settings that say it already.
    var noted: String?
    /// A flag file's path.
    var path: String?
    let shown: String
  }

  /// Where the flag is to live: as somebody said, else as the settings say, else in a file beside whoever asks.
  private func place(_ said: String?, _ folder: String) throws(Trouble) -> FlagFile {
    var choices = choices
    choices.store = said
    let settings = try Settings(choices, note: nil, context: context)
    let here = context.surroundings.workingFolder
    var named = try settings.store()
    let isByDefault = named.origin == Settings.byDefault
    if isByDefault {
      named = NamedStore(
        name: nil, origin: Settings.byDefault, address: Settings.usualStore, base: usualBase(folder))
    }
    do throws(StoreTrouble) { _ = try StoreAddress(named.address) } catch { throw .store(error) }
    let shown = named.name ?? named.placed(seenFrom: here)
    guard said != nil || isByDefault else { return FlagFile(noted: nil, path: named.path, shown: shown) }
    if let said, named.name == nil, Configuration.isName(said), let path = named.path, try facts(path) == nil {
      throw .usage("no store is called \(said) in \(Configuration.name); a flag file is named like \(said).json")
    }
    guard let path = named.path, named.name == nil else {
      return FlagFile(noted: said, path: named.path, shown: shown)
    }
    let plain = AddressText.withoutScheme(named.address)
    let leads = Path.isAbsolute(plain) || Settings.leads(plain, from: folder, to: named.base, context)
    let noted = leads ? named.address : "file:\(path)"
    return FlagFile(noted: noted, path: path, shown: shown)
  }

  /// Where a flag file is that the note would find by itself, else where a new one belongs. Outside of a repository nobody
  /// looks upward: a file of that name there is somebody else's.
  private func usualBase(_ folder: String) -> String {
    let here = context.surroundings.workingFolder
    var found: String?
    for candidate in Path.upward(from: folder) {
      if found == nil, Configuration.isThere(Path.joined(candidate, "flags.json"), context) { found = candidate }
      if Settings.isRoot(candidate, context) { return found ?? (here == folder ? candidate : here) }
    }
    return here
  }

  private func flagFile(_ path: String, _ key: FlagKey, _ report: inout StartReport) throws(Trouble)
    -> StartReport.FlagFile
  {
    let shown = Path.shortened(path, from: context.surroundings.workingFolder)
    switch try facts(path)?.kind {
    case .folder?: throw .usage("\(shown) is a folder; name a flag file with --store, such as \(shown)/flags.json")
    case .other?: throw .usage("\(shown) is no regular file; name a flag file with --store")
    case .file?:
      let store = FileStore(path: path, address: "file:\(path)", context: context)
      do throws(StoreTrouble) {
        _ = try store.read(key)
      } catch {
        report.remarks += Sentences.store(error)
      }
      return StartReport.FlagFile(path: shown, isNew: false)
    case nil:
      guard ![".yaml", ".yml"].contains(where: path.hasSuffix) else {
        throw .usage("\(shown): rolloutctl edits JSON, not YAML; name a JSON file with --store")
      }
      guard !choices.dryRun else { return StartReport.FlagFile(path: shown, isNew: true) }
      guard try !isTaken(path) else {
        throw .usage("\(shown) is a link that leads nowhere; mend it, or name another file with --store")
      }
      try make(path, Array(StartReport.noFlags.utf8))
      return StartReport.FlagFile(path: shown, isNew: true)
    }
  }

  private func facts(_ path: String) throws(Trouble) -> FileFacts? {
    do throws(FileTrouble) { return try context.files.facts(path) } catch { throw .file(error) }
  }
}
