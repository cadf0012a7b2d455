/// A flag as flagd's readers know it: `state`, `variants`, `defaultVariant`, `targeting`, `metadata`.
struct FlagdFlag {
  static let markName = "rolloutctl"
  static let stageName = "rolloutctl.stage"
  static let killsToName = "rolloutctl.kill"
  static let headName = "rolloutctl.journal"

  /// All that readers let a flag have.
  static let memberNames = [
    "state", "variants", "defaultVariant", "targeting", "metadata", "source", "selector",
  ]

  let key: FlagKey

  // MARK: Reading

  func decode(_ object: JSON) -> Flag {
    let variants = (object["variants"]?.members ?? []).map { Variants.Variant($0.name, $0.value) }
    return Flag(variants: variants, serving: serving(object), mark: Self.mark(object["metadata"]))
  }

  static func mark(_ metadata: JSON?) -> Flag.Mark? {
    guard let word = metadata?[markName]?.text else { return nil }
    return Flag.Mark(
      killed: word == "killed", stage: metadata?[stageName]?.text, killsTo: metadata?[killsToName]?.text,
      head: JournalHead(metadata?[headName]?.text))
  }

  private func serving(_ object: JSON) -> Serving {
    guard object["state"]?.text != "DISABLED" else { return .applicationDefault }
    let fallback = Self.fallback(object["defaultVariant"])
    if let targeting = object["targeting"], targeting != .null, targeting != .object([]) {
      if let split = Targeting.decode(targeting, key: key), split.control == fallback { return .split(split) }
      return .foreign(targeting.written())
    }
    guard let fallback, object["variants"]?[fallback] != nil else { return .applicationDefault }
    return .everyone(fallback)
  }

  /// Readers take a truth value for the variant of that name, and nothing from an empty text.
  private static func fallback(_ value: JSON?) -> String? {
    switch value {
    case .string(let name)?: name.isEmpty ? nil : name
    case .bool(let truth)?: truth ? "true" : "false"
    default: nil
    }
  }

  // MARK: Writing

  /// What the members of the flag become; a nil value takes the member away. Foreign metadata stays.
  func members(for flag: Flag, over old: JSON?) throws(StoreTrouble) -> [ObjectEdit.Change] {
    let around = [
      ObjectEdit.Change("variants", .object(flag.variants.map { JSON.Member($0.name, $0.value) })),
      ObjectEdit.Change("metadata", metadata(for: flag.mark, over: old?["metadata"])),
    ]
    var fallback = JSON.null
    var targeting: JSON?
    switch flag.serving {
    case .everyone(let variant): fallback = .string(variant)
    case .split(let split):
      fallback = .string(split.control)
      targeting = try Targeting.encode(split, key: key)
    // Turned off altogether: no variant is handed out, whatever `defaultVariant` names for later.
    case .applicationDefault where flag.mark?.killed == true:
      return [ObjectEdit.Change("state", "DISABLED"), around[0], ObjectEdit.Change("targeting", nil), around[1]]
    // Other people's rules, and a flag that hands out nothing, are left as they stand.
    case .foreign, .applicationDefault: if old != nil { return around }
    }
    let served = [ObjectEdit.Change("defaultVariant", fallback), ObjectEdit.Change("targeting", targeting)]
    return [ObjectEdit.Change("state", "ENABLED"), around[0]] + served + [around[1]]
  }

  /// Readers reject a whole file for metadata that is no flat list of plain values, so what is none is not kept.
  private func metadata(for mark: Flag.Mark?, over old: JSON?) -> JSON? {
    var kept = JSON.object(
      (old?.members ?? []).filter { member in
        switch member.value {
        case .string, .spelled, .bool: !member.name.isEmpty
        case .null, .array, .object: false
        }
      })
    let word = mark.map { $0.killed ? "killed" : "managed" }
    let members = [
      (Self.markName, word), (Self.stageName, mark?.stage), (Self.killsToName, mark?.killsTo),
      (Self.headName, mark?.head?.description),
    ]
    for (name, text) in members {
      kept = text.map { kept.setting(name, to: .string($0)) } ?? kept.removing(name)
    }
    return kept.members?.isEmpty == true ? (old?.members?.isEmpty == true ? old : nil) : kept
  }

  /// Whether what was read back is what was meant. Numbers may keep the spelling they had.
  static func isSame(_ read: Flag, as meant: Flag) -> Bool {
    read.serving == meant.serving && read.mark == meant.mark && read.variants.count == meant.variants.count
      && zip(read.variants, meant.variants).allSatisfy { $0.name == $1.name && $0.value.means($1.value) }
  }

  /// A split that lets nobody in is control for everyone, and is written so.
  static func normal(_ flag: Flag) -> Flag {
    guard case .split(let split) = flag.serving, split.exposure.isOff else { return flag }
    return Flag(variants: flag.variants, serving: .everyone(split.control), mark: flag.mark)
  }
}
