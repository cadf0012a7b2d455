/// A variant as an Unleash strategy hands it out. SDKs answer with its name and its payload, which is a text that is JSON,
/// a text, or a number.
enum UnleashVariant {
  /// All of the weight, of which each strategy of ours gives one variant everything.
  private static let whole = 1000

  // MARK: Writing

  /// What Unleash would refuse, or hand out as something else, is refused here.
  static func check(_ variants: [Variants.Variant]) throws(StoreTrouble) {
    for variant in variants {
      let isFine = variant.name.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "-_.".utf8.contains(byte)
      }
      guard isFine, variant.name.utf8.count <= 100, ![".", ".."].contains(variant.name) else {
        throw .beyond(
          "Unleash names variants with at most 100 letters, digits and - _ . so \(variant.name) is none; rename it in Variants:"
        )
      }
      switch variant.value {
      case .bool, .null:
        throw .beyond(
          "a variant's payload in Unleash is an object, a list, a text or a number, and \(variant.name) is "
            + "\(variant.value.written()); leave out Variants: for a flag that is on or off, or write "
            + "{\"enabled\": \(variant.value.written())}")
      case .string(""):
        throw .beyond(
          "a variant's payload in Unleash is no empty text, and \(variant.name) is one; write a word, or an object")
      case .string, .spelled, .array, .object: continue
      }
    }
  }

  /// The first by name has all the weight; the others are there to be kept.
  static func written(_ variants: [Variants.Variant], stickiness: String) -> JSON {
    .array(
      sorted(variants).enumerated().map { index, variant in
        [
          "name": .string(variant.name), "weight": .number(index == 0 ? whole : 0),
          "weightType": index == 0 ? "variable" : "fix", "stickiness": .string(stickiness),
          "payload": payload(variant.value),
        ]
      })
  }

  static func sorted(_ variants: [Variants.Variant]) -> [Variants.Variant] {
    variants.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private static func payload(_ value: JSON) -> JSON {
    switch value {
    case .string(let text): ["type": "string", "value": .string(text)]
    case .spelled(let number): ["type": "number", "value": .string(number)]
    default: ["type": "json", "value": .string(value.written(.compact))]
    }
  }

  // MARK: Reading

  /// Those of a strategy; nil where one of them holds what we never write.
  static func reading(_ strategy: JSON) -> [Variants.Variant]? {
    var found: [Variants.Variant] = []
    for shown in strategy["variants"]?.items ?? [] {
      guard let name = shown["name"]?.text, let value = value(shown["payload"]) else { return nil }
      found.append(Variants.Variant(name, value))
    }
    return sorted(found)
  }

  /// What an application makes of a payload.
  static func value(_ payload: JSON?) -> JSON? {
    guard let payload, let text = payload["value"]?.text else { return nil }
    return payload["type"] == "string" ? .string(text) : try? JSON.parse(text)
  }

  /// Whether the server shows what we wrote. It sorts variants by their names, and shares out the weight anew.
  static func same(_ written: JSON?, _ shown: JSON?) -> Bool {
    let (ours, theirs) = (written?.items ?? [], shown?.items ?? [])
    return ours.count == theirs.count
      && ours.allSatisfy { one in
        guard let other = theirs.first(where: { $0["name"] == one["name"] }) else { return false }
        let isAlike = ["weight", "weightType"].allSatisfy { one[$0] == other[$0] }
        guard isAlike, one["payload"]?["type"] == other["payload"]?["type"], let meant = value(one["payload"]) else {
          return false
        }
        return value(other["payload"]).map { $0.means(meant) } ?? false
      }
  }
}
