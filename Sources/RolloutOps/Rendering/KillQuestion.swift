/// What `kill --all` is about, store by store, before it asks: `prod: ai-feature-1, -2, -3; staging: ai-search`.
package enum KillQuestion {
  /// More names than that nobody reads at night.
  private static let mostNames = 8
  private static let mostStores = 6

  /// The stores' names for people, each with the keys of its flags.
  package static func text(_ stores: [(name: String, keys: [FlagKey])]) -> String {
    let held = stores.filter { !$0.keys.isEmpty }
    var parts = held.prefix(mostStores).map { "\(Terminal.plain($0.name)): \(names($0.keys))" }
    let rest = held.dropFirst(mostStores)
    if !rest.isEmpty {
      let flags = rest.reduce(0) { $0 + $1.keys.count }
      parts.append(
        "and \(flags) flag\(flags == 1 ? "" : "s") in \(rest.count) more store\(rest.count == 1 ? "" : "s")")
    }
    return parts.joined(separator: "; ")
  }

  private static func names(_ keys: [FlagKey]) -> String {
    // One name takes no more room than the words that would stand for it.
    let shown = keys.count == mostNames + 1 ? keys.count : min(keys.count, mostNames)
    var words: [String] = []
    var last: (stem: Substring, digits: Substring)?
    for key in keys.prefix(shown) {
      let parts = numbered(key.text)
      let isNext = parts != nil && last != nil && parts?.stem == last?.stem
      words.append(isNext ? Terminal.plain(parts?.digits ?? "") : Terminal.plain(key.text))
      last = parts
    }
    if keys.count > shown { words.append("and \(keys.count - shown) more") }
    return words.joined(separator: ", ")
  }

  /// `ai-feature-12` is `ai-feature` and `-12`. Only a number is cut off: words alone would be taken for other flags.
  private static func numbered(_ key: String) -> (stem: Substring, digits: Substring)? {
    var start = key.endIndex
    while start > key.startIndex, key[key.index(before: start)].isASCII, key[key.index(before: start)].isNumber {
      start = key.index(before: start)
    }
    guard start < key.endIndex, start > key.startIndex else { return nil }
    let sign = key.index(before: start)
    guard "-_./:".contains(key[sign]), sign > key.startIndex else { return nil }
    return (key[..<sign], key[sign...])
  }
}
