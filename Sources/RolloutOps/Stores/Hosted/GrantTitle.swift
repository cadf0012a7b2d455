/// A grant with its exclusions in the words of a note, for the titles that platforms let their rules have: people read
/// them on the dashboard, and we read them back. What no other field of a rule can say is kept in them, such as which
/// comparison belongs to the cohort and which to an exclusion.
enum GrantTitle {
  static let name = "rolloutctl"

  static func text(_ parts: [String]) -> String { ([name] + parts).joined(separator: " | ") }

  static func text(_ grant: Grant, without exclusions: [Selector]) -> String {
    let who = grant.cohort.map(\.description) ?? "everybody"
    let granted = grant.share.isWhole ? who : "\(grant.share) of \(who)"
    return text([granted] + exclusions.map { "without \($0)" })
  }

  static func isOurs(_ title: String?) -> Bool { title?.hasPrefix("\(name) |") ?? false }

  /// What stands behind our name; nil where the title is none of ours.
  static func parts(of title: String) -> [String]? {
    var parts = split(title)
    guard parts.count > 1, parts.removeFirst() == name else { return nil }
    return parts
  }

  static func grant(of parts: [String]) -> (grant: Grant, exclusions: [Selector])? {
    guard let first = parts.first, let grant = grant(first) else { return nil }
    var exclusions: [Selector] = []
    for part in parts.dropFirst() {
      guard part.hasPrefix("without "), let selector = selector(part.dropFirst(8)) else { return nil }
      exclusions.append(selector)
    }
    return (grant, exclusions)
  }

  private static func grant(_ words: String) -> Grant? {
    var (who, share) = (Substring(words), Percentage.whole)
    let number = who.prefix { $0.isNumber || $0 == "." }
    if !number.isEmpty, who[number.endIndex...].hasPrefix("% of ") {
      guard let percentage = Percentage(digits: number) else { return nil }
      (who, share) = (who[number.endIndex...].dropFirst(5), percentage)
    }
    if who == "everybody" { return Grant(cohort: nil, share: share) }
    return selector(who).map { Grant(cohort: $0, share: share) }
  }

  private static func selector(_ text: Substring) -> Selector? { try? SelectorText(text).selector }

  /// What stands between bars; a bar inside of quotation marks is none.
  private static func split(_ title: String) -> [String] {
    var parts = [""]
    var (isQuoted, isEscaped) = (false, false)
    for character in title {
      if character == "|", !isQuoted {
        parts.append("")
        continue
      }
      if character == "\"", !isEscaped { isQuoted.toggle() }
      isEscaped = isQuoted && character == "\\" && !isEscaped
      parts[parts.count - 1].append(character)
    }
    return parts.map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
  }
}
