/// A flag as one look at a hosted platform showed it: what a platform's codec tells the skeleton of its store.
protocol HostedFlag: Sendable {
  /// The flag in the words of every store.
  var flag: Flag { get }
  /// Whether the platform's own switch is on.
  var isOn: Bool { get }
  /// The same for two looks between which nothing changed that decides who gets what.
  var state: String { get }
  /// As the platform has it, for the journal, where somebody else's rules are replaced.
  var spelled: String { get }
  /// Rises with every change; nil where the platform counts none, or shows none.
  var version: Int? { get }
  /// Whether the platform itself compares a change with what was seen, so that no further look has to come before it.
  var isCompared: Bool { get }
  /// Other flags that it depends on.
  var parents: [String] { get }

  /// Whether it is what was meant, after a change.
  func shows(_ meant: Flag) -> Bool

  /// Whether it is what the making of this flag leaves behind: then whoever is told that there is one already has made it
  /// a moment ago, since a network brings a request twice.
  func isNew(for meant: Flag) -> Bool

  /// Whether a kill that was to give everybody this has done so.
  func isKilled(as meant: Flag) -> Bool
}

extension HostedFlag {
  var isCompared: Bool { false }
  var parents: [String] { [] }

  /// Where the platform keeps no mark of ours but a tag or a title, the mark says that it is ours, and no more.
  func shows(_ meant: Flag) -> Bool { flag.serving == meant.serving && flag.mark?.killed == false }

  func isKilled(as meant: Flag) -> Bool { flag.serving == meant.serving }
}

/// A flag of which the platform keeps a text for people, with our line in it.
protocol MarkedFlag: HostedFlag {
  var line: MarkLine? { get }
}

extension MarkedFlag {
  func shows(_ meant: Flag) -> Bool { flag.mark == meant.mark && (flag.serves(meant) || meant.isForeign) }

  func isNew(for meant: Flag) -> Bool { flag.mark == meant.mark && flag.serves(meant) }
}

/// What a flag is to become, and for what.
struct HostedChange {
  let key: FlagKey
  let meant: Flag
  let occasion: Occasion

  var urgency: Urgency { occasion.urgency }
}

/// What hosted platforms ask of a flag, whichever they are.
extension Flag {
  /// On or off and nothing else: what every platform has.
  var isBoolean: Bool { variants.count == 2 && self["on"] == .bool(true) && self["off"] == .bool(false) }

  /// A split that lets nobody in is control for everyone, and is written so.
  var settled: Flag { FlagdFlag.normal(self) }

  /// Every selector of its split: of cohorts and of exclusions.
  var selectors: [Selector] {
    guard case .split(let split) = serving else { return [] }
    return split.exposure.grants.compactMap(\.cohort) + split.exposure.exclusions
  }
}

extension Selector {
  /// The values that it asks for of this attribute, such as the names of the segments in it.
  func values(of name: String) -> [String] {
    switch self {
    case .equals(let attribute, let value): attribute == name ? [value.text] : []
    case .oneOf(let attribute, let values): attribute == name ? values.map(\.text) : []
    case .not(let inner): inner.values(of: name)
    case .all(let parts): parts.flatMap { $0.values(of: name) }
    }
  }
}
