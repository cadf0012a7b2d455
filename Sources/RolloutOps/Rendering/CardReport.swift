/// Break-glass cards: how to turn flags off without rolloutctl, to be printed, or pasted into a runbook, before that is
/// needed.
package struct CardReport: Sendable {
  package struct Card: Sendable {
    package let flag: FlagKey
    package let store: String
    /// What everybody gets by it, where that is known.
    package let serving: String?
    package let propagation: TimeSpan
    package let byHand: ByHand
  }

  package let cards: [Card]
  /// Why some of them are missing, or are not sure.
  package let failures: [String]

  package init(_ cards: [Card], failures: [String]) { (self.cards, self.failures) = (cards, failures) }

  package var status: ExitStatus { failures.isEmpty && !cards.isEmpty ? .done : .inconclusive }

  /// The facts beside the lines, each with its name.
  private func facts(_ card: Card) -> [(name: String, text: String)] {
    let byHand = card.byHand
    var facts: [(String, String)] = [("Store", card.store)]
    if let serving = card.serving { facts.append(("Everybody gets", serving)) }
    let needs = byHand.programs + byHand.variables.map { "$\($0)" }
    facts.append(("Needs", needs.joined(separator: ", ")))
    if let page = byHand.page { facts.append(("Or by mouse", page.sentence)) }
    let scope = byHand.scope.map { [$0] } ?? []
    let follow = "running applications follow within \(card.propagation)"
    facts.append(("Mind", (scope + byHand.remarks + [follow]).joined(separator: "; ")))
    return facts
  }

  private static func lines(_ script: String) -> [String] {
    script.split(separator: "\n", omittingEmptySubsequences: false).map { Terminal.plain($0) }
  }

  package func text(ink: Ink) -> String {
    cards.map { card in
      let facts = facts(card)
      let width = facts.map { $0.name.count }.max() ?? 0
      var lines = [ink.strong("\(Terminal.plain(card.flag.text)): off without rolloutctl")]
      lines += facts.map { "  \(Terminal.padded($0.name, to: width))  \(Terminal.plain($0.text))" }
      // The lines stand at the margin, to be marked with a mouse as they are.
      lines += ["", ink.dim("# turn it off")] + Self.lines(card.byHand.lines)
      if let spare = card.byHand.withoutToken {
        lines += ["", ink.dim("# or without a token")] + Self.lines(spare)
      }
      lines += ["", ink.dim("# true, once it is off")] + Self.lines(card.byHand.proof)
      return lines.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  package var markdown: String {
    cards.map { card in
      var lines = ["## \(Markdown.text(card.flag.text)): off without rolloutctl", ""]
      lines += facts(card).map { "- \($0.name): \(Markdown.text($0.text))" }
      lines += ["", "Turn it off:", ""] + Self.fenced(card.byHand.lines)
      if let spare = card.byHand.withoutToken { lines += ["", "Or without a token:", ""] + Self.fenced(spare) }
      lines += ["", "True, once it is off:", ""] + Self.fenced(card.byHand.proof)
      return lines.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  /// In a fence that is longer than any that the text could close it with.
  private static func fenced(_ script: String) -> [String] {
    let longest = script.split { $0 != "`" }.map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return ["\(fence)sh"] + lines(script) + [fence]
  }

  package var json: JSON {
    [
      "cards": .array(
        cards.map { card in
          let byHand = card.byHand
          return [
            "flag": .string(card.flag.text), "store": .string(card.store), "serving": .text(card.serving),
            "kill": .string(byHand.lines), "without_token": .text(byHand.withoutToken), "proof": .string(byHand.proof),
            "dashboard": .text(byHand.page?.address), "variables": .strings(byHand.variables),
            "programs": .strings(byHand.programs), "scope": .text(byHand.scope),
            "remarks": .strings(byHand.remarks), "propagation_seconds": .number(card.propagation.seconds),
          ]
        }), "failures": .strings(failures), "exit": .number(Int(status.rawValue)),
    ]
  }
}
