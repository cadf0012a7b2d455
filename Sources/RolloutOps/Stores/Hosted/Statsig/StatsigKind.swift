/// What a flag is in Statsig: a gate, which is on or off, or a dynamic configuration, which has values.
enum StatsigKind: CaseIterable, Sendable {
  case gate, configuration

  /// What a flag of this kind would be made as.
  init(of flag: Flag) { self = flag.isBoolean ? .gate : .configuration }

  var noun: String {
    switch self {
    case .gate: "gate"
    case .configuration: "dynamic configuration"
    }
  }

  var path: String {
    switch self {
    case .gate: "/console/v1/gates"
    case .configuration: "/console/v1/dynamic_configs"
    }
  }

  /// Whether some may be let in or kept out one by one there, before all rules.
  var hasOverrides: Bool { self == .gate }

  var control: String {
    switch self {
    case .gate: "off"
    case .configuration: StatsigValues.control
    }
  }

  /// Served by the share's rule where its name says nothing else.
  var canary: String {
    switch self {
    case .gate: "on"
    case .configuration: StatsigValues.canary
    }
  }
}

/// The values of a dynamic configuration: its default is control's, and whoever a rule lets in gets what that rule returns.
///
/// A configuration hands out an object. Any other value is an object's only member, called `value`.
struct StatsigValues {
  static let (control, canary) = ("control", "canary")
  static let member = "value"

  let variants: [Variants.Variant]

  init(_ variants: [Variants.Variant]) { self.variants = variants }

  func object(_ variant: String) throws(StoreTrouble) -> JSON {
    guard let value = variants.first(where: { $0.name == variant })?.value else {
      throw .beyond("the flag has no variant \(variant); it has \(variants.map(\.name).joined(separator: ", "))")
    }
    return try Self.wrapped(value, variant)
  }

  /// Those that are no default, by name: in which order a note has them decides nothing.
  var others: [String] { variants.map(\.name).filter { $0 != Self.control }.sorted() }

  static func wrapped(_ value: JSON, _ variant: String) throws(StoreTrouble) -> JSON {
    guard let members = value.members else { return .object([JSON.Member(member, value)]) }
    if let inner = alone(in: members) {
      throw .beyond(
        "Statsig hands out objects, so what is none is handed out as {\"\(member)\": …}, and nobody could tell the variant "
          + "\(variant) from that; write \(inner.written()) in its place, which applications read the same")
    }
    return value
  }

  static func unwrapped(_ object: JSON) -> JSON { object.members.flatMap(alone) ?? object }

  /// The value of an object that stands for it.
  private static func alone(in members: [JSON.Member]) -> JSON? {
    guard members.count == 1, let only = members.first, only.name == member, only.value.members == nil else {
      return nil
    }
    return only.value
  }

  /// How an application reads the flag.
  static func reading(_ variants: Variants) -> String? {
    guard !variants.isBoolean, let value = variants[variants.canary] else { return nil }
    let what = value.members == nil ? "the member \(member) of the dynamic configuration" : "the dynamic configuration"
    return "in Statsig applications get \(what): its default is control's value, and rules return the others"
  }
}
