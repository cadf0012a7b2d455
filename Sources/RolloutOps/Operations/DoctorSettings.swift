/// The settings as a kill would read them: which files, which stores they name, and what of them cannot be read. A kill
/// goes on with the rest, so somebody has to be told before.
struct DoctorSettings {
  /// One configuration file, read.
  struct File: Hashable {
    let path: String
    /// The names that it gives to stores.
    var names: [String] = []
    /// The store of whoever names no other.
    var chosen: String?
    var gaps: [Gap] = []
  }

  /// What of it says nothing to this version.
  struct Gap: Hashable {
    let sentence: String
    /// Whether a store may be meant that nobody knows of then.
    let mayNameStore: Bool
  }

  /// A store that a kill would look in, and who names it.
  struct ListedStore: Hashable {
    let address: String
    let origin: String
  }

  /// `isTold` says that the command line names the store: then no file is needed to know it.
  static func checks(_ files: [File], looksIn places: [ListedStore], isTold: Bool, searched: [String]) -> [DoctorCheck]
  {
    var checks = files.flatMap { file in file.gaps.map { check($0, isTold: isTold) } + [found(file)] }
    if files.isEmpty {
      checks.append(
        DoctorCheck("file", .fine, "there is no \(Configuration.name): not in \(searched.joined(separator: ", "))"))
    }
    let named = places.map { place in
      place.origin == Settings.byDefault
        ? "\(place.address) (nobody names a store)" : "\(place.address) (\(place.origin))"
    }
    return checks + [DoctorCheck("stores", .fine, "a kill looks in \(named.joined(separator: ", "))")]
  }

  private static func check(_ gap: Gap, isTold: Bool) -> DoctorCheck {
    guard gap.mayNameStore else { return DoctorCheck("file", .warning, "\(gap.sentence); a kill passes it over") }
    return isTold
      ? DoctorCheck(
        "file", .warning, "\(gap.sentence); a kill without --store would not look in a store that it may name")
      : DoctorCheck(
        "file", .failed,
        "\(gap.sentence); a kill does not look in a store that this may name: mend it, or say --store with every kill")
  }

  private static func found(_ file: File) -> DoctorCheck {
    var parts: [String] = []
    if let chosen = file.chosen { parts.append("the store \(chosen)") }
    if !file.names.isEmpty { parts.append("the names \(file.names.joined(separator: ", "))") }
    return DoctorCheck(
      "file", .fine, "\(file.path) has \(parts.isEmpty ? "no store" : parts.joined(separator: ", and "))")
  }
}

extension DoctorSettings {
  /// What is there now.
  static func checks(_ settings: Settings, _ choices: OperatorChoices, _ context: Context) -> [DoctorCheck] {
    checks(
      Configuration.paths(context).map { file($0, context) },
      looksIn: settings.scope.map { ListedStore(address: $0.shown, origin: $0.origin) },
      isTold: !choices.stores.isEmpty,
      searched: places(context))
  }

  private static func file(_ path: String, _ context: Context) -> File {
    let configuration = Configuration(readable: path, context)
    var file = File(path: path)
    file.names = configuration.stores.map(\.name)
    file.chosen = configuration.chosen.first.map(AddressText.shown)
    file.gaps = configuration.gaps.map {
      Gap(sentence: $0.trouble.sentences.joined(separator: "; "), mayNameStore: $0.mayNameStore)
    }
    return file
  }

  /// Where a configuration file is looked for, in words.
  static func places(_ context: Context) -> [String] {
    let variables = context.surroundings.variables
    let here = context.surroundings.workingFolder
    let upward = here == "/" ? "/" : "\(here) and the folders above it"
    let home = variables["HOME"].map { Path.joined($0, ".config") }
    let own = variables["XDG_CONFIG_HOME"].flatMap { Path.isAbsolute($0) ? $0 : nil } ?? home
    return [upward] + (own.map { [Path.joined($0, "rolloutctl")] } ?? [])
  }

  // MARK: Where nothing was found

  /// For whoever killed nothing because the folder was the wrong one: where a store was looked for, in the order in which
  /// it counts, and what was found there.
  static func whereLooked(_ choices: OperatorChoices, _ context: Context) -> [String] {
    let variable = context.surroundings.variables["ROLLOUT_STORE"].flatMap { $0.isEmpty ? nil : $0 }
    let files = Configuration.paths(context).map { file($0, context) }
    var lines = [
      "--store: \(choices.stores.isEmpty ? "not said" : choices.stores.map(AddressText.shown).joined(separator: ", "))",
      "ROLLOUT_STORE: \(variable.map(AddressText.shown) ?? "not set")",
    ]
    lines += files.map { file in
      file.gaps.first { $0.mayNameStore }.map { "\($0.sentence)" } ?? found(file).sentence
    }
    // Each place is said where nothing was found in it.
    let places = places(context)
    let isNear = files.contains { file in
      Path.upward(from: context.surroundings.workingFolder).contains(Path.folder(of: file.path))
    }
    if !isNear, let upward = places.first { lines.append("\(Configuration.name): there is none in \(upward)") }
    for own in places.dropFirst() where !files.contains(where: { Path.folder(of: $0.path) == own }) {
      lines.append("\(Path.joined(own, Configuration.name)): there is none")
    }
    return lines + [
      "run it in the folder of \(Configuration.name) or of the flag file, or name that: --store file:PATH"
    ]
  }
}
