/// Variants: the JSON object that says what the flag serves.
extension NoteReader {
  mutating func readVariants() {
    guard let entry = entry(.variants) else { return }
    guard let source = entry.block ?? entry.value?.unwrappedCode else {
      return wrong("variants are a JSON object in a code block below `Variants:`", at: entry.name.startIndex)
    }
    let parsed: JSON
    do {
      parsed = try JSON.parse(String(source))
    } catch {
      let at = source.utf8.index(source.startIndex, offsetBy: error.offset, limitedBy: source.endIndex)
      return wrong("the variants are not JSON: \(error.sentence)", at: at ?? source.endIndex)
    }
    guard let members = parsed.members else {
      return wrong("the variants are a JSON object: a name and a value for each", at: source.trimmed.startIndex)
    }
    for role in ["control", "canary"] where parsed[role] == nil {
      let near = Suggestion.nearest(to: role, among: members.map(\.name)).map { "; is `\($0)` meant?" } ?? ""
      wrong(
        "the variants name no `\(role)`: those in the stage get `canary`, the others `control`\(near)",
        at: entry.name.startIndex)
    }
    for member in members where FlagKey(member.name).fault != nil {
      wrong(
        "\(member.name.quoted) cannot be a variant's name: it is made of letters, digits and . _ - : /",
        at: entry.name.startIndex)
    }
    if let other = members.first(where: { $0.value.type != members[0].value.type }) {
      let first = members[0]
      wrong(
        "the variants are of several types: \(first.name.quoted) is \(first.value.type) and \(other.name.quoted) "
          + "\(other.value.type); flagd takes one type for all, and an application asks for one",
        at: entry.name.startIndex)
    }
    guard !hasBrokenVariants else { return }
    plan.variants = Variants(members.map { .init($0.name, $0.value) }, canary: "canary", control: "control")
    if plan.variants["canary"] == plan.variants["control"] {
      report(
        .versionUnchanged, "`canary` and `control` are the same variant, so nothing would change; correct one of them",
        at: entry.name.startIndex)
    }
    if plan.killTo == .off, plan.variants["off"] == nil, let place = self.entry(.killTo) {
      report(
        .badValue, "`Kill to: off` needs a variant `off`; add `\"off\": {\"enabled\": false}`",
        at: place.name.startIndex)
    }
  }

}

extension JSON {
  /// As OpenFeature tells the types of a flag apart.
  fileprivate var type: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .string: "a text"
    case .spelled: "a number"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension NoteReader {
  fileprivate mutating func wrong(_ message: String, at place: String.Index) {
    hasBrokenVariants = true
    report(.badVariants, message, at: place)
  }
}
