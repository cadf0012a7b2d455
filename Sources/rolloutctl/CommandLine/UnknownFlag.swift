import RolloutOps

/// What a command does about a flag that it does not have.
extension CommandParser {
  /// Refuses it, or goes on without it and without the word that is likely its value.
  mutating func passOver(
    _ word: String, _ spelling: String, _ rest: inout ArraySlice<String>
  ) throws(UsageError.Fault) {
    guard row.manner == .goesOn else {
      if let meant = Self.habits[spelling], row.description.allFlags.contains(where: { $0.spelling == meant[0] }) {
        line = line(with: meant)
        throw UsageError.Fault.unknownFlag(spelling, nearest: meant[0])
      }
      throw refusal(word, spelling)
    }
    let (whole, value) = word.splitAtEquals
    let foreign = others().first { $0.spellings.contains(whole) }
    let near = foreign == nil ? nearest(to: whole) : nil
    if let near, near.isDecisive {
      line = line(with: [near.spelling] + (near.takesValue ? [value].compactMap(\.self) : []))
      throw UsageError.Fault.misspelledFlag(whole, meant: near.spelling)
    }
    var remark = "there is no flag \(whole)" + (near.map { "; did you mean \($0.spelling)?" } ?? "; passed over")
    // Nobody knows whether a flag that nobody knows takes a value: a word behind it is better lost than acted on.
    if value == nil, (foreign ?? near)?.takesValue ?? true, let next = rest.first, !next.looksLikeFlag {
      rest.removeFirst()
      taken.append((whole, next, line(with: [])))
      remark += ", and '\(Terminal.withoutPasswords(next))' behind it was taken for its value"
    }
    remarks.append(remark)
  }

  /// What other tools have for ours.
  private static var habits: [String: [String]] {
    ["--json": ["--format", "json"], "-o": ["--format"], "--output": ["--format"], "--jq": ["--field"]]
  }

  private func refusal(_ word: String, _ spelling: String) -> UsageError.Fault {
    // `-dry-run` is read letter by letter; one dash too few is the likelier story.
    let long = "-" + word
    if !word.hasPrefix("--"), row.flags.contains(where: { $0.description.spelling == long }) {
      return .unknownFlag(word, nearest: long)
    }
    if others().contains(where: { $0.spellings.contains(spelling) }) { return .foreignFlag(spelling) }
    let own = row.description.allFlags.map(\.long)
    let nearest = Suggestion.nearest(to: String(spelling.drop { $0 == "-" }), among: own)
    return .unknownFlag(spelling, nearest: nearest.map { "--" + $0 })
  }

  /// The flag that was likely meant. A single letter is near to a decisive flag that begins with it.
  private func nearest(to spelling: String) -> FlagDescription? {
    let flags = row.description.allFlags + row.reflexes.map(\.description)
    let bare = String(spelling.drop { $0 == "-" })
    if bare.count == 1 { return flags.first { $0.isDecisive && $0.long.hasPrefix(bare) } }
    let name = Suggestion.nearest(to: bare, among: flags.map(\.long))
    return flags.first { $0.long == name }
  }

  /// All words after the program's name, with others in the place of the one that is read now.
  private func line(with words: [String]) -> [String] {
    var (before, after) = (defaults, self.words)
    if isAtDefaults {
      before.replaceSubrange(place...place, with: words)
    } else {
      after.replaceSubrange(place...place, with: words)
    }
    return before + [Options.name] + after
  }
}
