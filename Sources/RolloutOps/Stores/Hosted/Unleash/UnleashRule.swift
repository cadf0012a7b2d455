/// One activation strategy that rolloutctl writes: who it lets in. Strategies are alternatives, so that each carries the
/// exclusions of its own. Where a flag has variants each hands out one of them: the first that lets somebody in decides
/// which, and the last, for everybody who is left, hands out the old one.
///
/// The title says it in the words of a note, for whoever looks at the dashboard and for us: a strategy is ours where what
/// its title says, written again, is what stands there.
struct UnleashRule: Hashable {
  enum Who: Hashable {
    /// Keeps the environment on: without any active strategy Unleash lets everybody in.
    case nobody
    /// Whatever the request carries.
    case everybody
    case grant(Grant, without: [Selector], unit: String)
    /// Never in force. It keeps the values of all variants, also of those that nobody gets now, and the name of the one
    /// that a kill serves.
    case values(killsTo: String?)
  }

  let who: Who
  /// What it hands out: one, or nothing where the flag is on or off.
  let variants: [Variants.Variant]

  /// Whom it lets in gets this one.
  var variant: Variants.Variant? { isKeeping ? nil : variants.first }

  var isKeeping: Bool { if case .values = who { true } else { false } }
  /// For everybody whom no strategy before it has let in.
  var isForTheRest: Bool { who == .everybody && !variants.isEmpty }

  // MARK: The title

  var title: String {
    switch who {
    case .nobody: GrantTitle.text(["nobody"])
    case .everybody: variant.map { GrantTitle.text([Self.rest, Self.gets + $0.name]) } ?? GrantTitle.text(["on"])
    case .values(let killsTo): GrantTitle.text([Self.values] + (killsTo.map { [Self.kill + $0] } ?? []))
    case .grant(let grant, let exclusions, _):
      GrantTitle.text(
        Grant(cohort: grant.cohort.map(UnleashLongList.shortened), share: grant.share),
        without: exclusions.map(UnleashLongList.shortened)) + (variant.map { " | \(Self.gets)\($0.name)" } ?? "")
    }
  }

  private static let (rest, gets, values, kill) = ("everybody else", "gets ", "values", "kill to ")

  /// Whether ours among them keep variants; of those that are not in force a reading may leave out everything but the title.
  static func haveVariants(_ strategies: [JSON]) -> Bool {
    strategies.contains { GrantTitle.parts(of: $0["title"]?.text ?? "")?.first == values }
  }

  static func isOurs(_ strategy: JSON) -> Bool { GrantTitle.isOurs(strategy["title"]?.text) }

  /// What a title says; nil where it is none of ours.
  init?(title: String, unit: String, variants: [Variants.Variant] = []) {
    guard var parts = GrantTitle.parts(of: title) else { return nil }
    self.variants = variants
    if parts[0] == Self.values {
      guard parts.count < 3, parts.count == 1 || parts[1].hasPrefix(Self.kill) else { return nil }
      who = .values(killsTo: parts.count == 1 ? nil : String(parts[1].dropFirst(Self.kill.count)))
      return
    }
    if !variants.isEmpty {
      guard variants.count == 1, parts.removeLast() == Self.gets + variants[0].name, !parts.isEmpty else { return nil }
    }
    switch parts {
    case ["nobody"]: who = .nobody
    case ["on"]: who = .everybody
    case [Self.rest] where !variants.isEmpty: who = .everybody
    default:
      guard let (grant, exclusions) = GrantTitle.grant(of: parts) else { return nil }
      who = .grant(grant, without: exclusions, unit: unit)
    }
  }

  init(_ who: Who, _ variants: [Variants.Variant] = []) {
    (self.who, self.variants) = (who, UnleashVariant.sorted(variants))
  }

  // MARK: The strategy

  /// Refused where Unleash would understand something else.
  func strategy(of key: FlagKey, _ segments: UnleashSegments) throws(StoreTrouble) -> JSON {
    var (rollout, stickiness) = ("0", "default")
    var constraints: [JSON] = []
    var ids: [Int] = []
    switch who {
    case .nobody: break
    case .values: stickiness = "random"
    // Without a unit only "random" finds something to hash.
    case .everybody: (rollout, stickiness) = ("100", "random")
    case .grant(let grant, let exclusions, let unit):
      rollout = try Self.rollout(grant.share)
      stickiness = try Self.unit(unit)
      var terms: [UnleashTerm] = []
      if let cohort = grant.cohort { terms += try UnleashTerm.all(in: cohort) }
      for exclusion in exclusions { terms += try UnleashTerm.all(outside: exclusion) }
      for term in terms {
        guard term.isSegment else {
          constraints.append(try term.constraint())
          continue
        }
        ids.append(try segments.id(of: term))
      }
      if constraints.count > 30 { throw .beyond("Unleash takes 30 constraints in a strategy: \(title)") }
      if ids.count > 5 { throw .beyond("Unleash takes 5 segments in a strategy: \(title)") }
    }
    return [
      "name": "flexibleRollout", "title": .string(title), "disabled": .bool(isKeeping),
      "parameters": ["rollout": .string(rollout), "stickiness": .string(stickiness), "groupId": .string(key.text)],
      "constraints": .array(constraints), "variants": UnleashVariant.written(variants, stickiness: stickiness),
      "segments": .array(ids.map(JSON.number)),
    ]
  }

  /// Whole percents: of anything else Unleash makes nobody.
  private static func rollout(_ share: Percentage) throws(StoreTrouble) -> String {
    let unit = Percentage(percent: 1).micro
    guard share.micro % unit != 0 else { return String(share.micro / unit) }
    throw .inexpressible(share, nearest: Percentage(percent: max(1, min(99, (share.micro + unit / 2) / unit))))
  }

  private static func unit(_ unit: String) throws(StoreTrouble) -> String {
    if unit.isEmpty || ["default", "random"].contains(unit) {
      throw .beyond("Unleash means something else by the stickiness \"\(unit)\"; name another unit in the note")
    }
    return try UnleashTerm.field(unit)
  }

  /// The rule that wrote a strategy, as the server shows it; nil where nobody of us has, or somebody edited it.
  static func reading(_ strategy: JSON, of key: FlagKey, _ segments: UnleashSegments) -> UnleashRule? {
    guard let rule = UnleashRule(titleOf: strategy), var written = try? rule.strategy(of: key, segments),
      let title = strategy["title"]
    else { return nil }
    // A list may be spelled out in it, as versions before this one did.
    written = written.setting("title", to: title)
    let shown = strategy["segments"] ?? []
    if segments.isUnasked, written["segments"]?.items?.count == shown.items?.count {
      written = written.setting("segments", to: shown)
    }
    return same(written, strategy) ? rule : nil
  }

  /// Whether a strategy of the server's is what we write. It fills in what was left out, and more of it in later
  /// versions; only what decides who is in is compared.
  static func same(_ written: JSON, _ shown: JSON) -> Bool {
    let list = { (strategy: JSON, name: String) in strategy[name]?.items ?? [] }
    let constraints = zip(list(written, "constraints"), list(shown, "constraints"))
    return ["name", "title", "parameters"].allSatisfy { name in
      shown[name].map { written[name]?.means($0) ?? false } ?? false
    }
      && (shown["disabled"]?.truth ?? false) == (written["disabled"]?.truth ?? false)
      && UnleashVariant.same(written["variants"], shown["variants"])
      && list(written, "segments").compactMap(\.integer) == list(shown, "segments").compactMap(\.integer)
      && list(written, "constraints").count == list(shown, "constraints").count
      && constraints.allSatisfy(UnleashTerm.same)
  }
}
