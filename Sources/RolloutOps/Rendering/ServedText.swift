/// What applications are served, in words and for scripts.
extension Served {
  /// One line, and one more for each thing that is not as it should be.
  func lines(ink: Ink) -> [String] {
    let place = Terminal.plain(address)
    switch agrees {
    case true:
      return ["  served: \(told(answers.filter(isOfItsKind)))   \(ink.dim(place))"]
        + [otherHash].compactMap { $0 }.map { "  \(ink.warning("flag hash:")) \($0)" }
    case false:
      let wrong = answers.filter { isExpected($0) == false }
        .map { "      \(Terminal.plain($0.probe.who)) gets \(variant(of: $0)), not \(wanted($0))" }
      return [
        "  \(ink.bad("\(Mark.drifted.rawValue) served"))  \(place) does not answer as the store shows"
      ]
        + (wrong.isEmpty
          ? ["      it deals the units of a share by none of the hashes v1, v2 and v3"]
          : Self.few(wrong) { "      and \($0) more" })
    default:
      let known = answers.filter { if case .served = $0.outcome { true } else { false } }
      return (known.isEmpty ? [] : ["  served: \(told(known.filter(isOfItsKind)))   \(ink.dim(place))"])
        + reasons.map { "  \(ink.warning("served: not known:")) \(Terminal.plain($0))" }
    }
  }

  /// Where the server deals by no hash that the note names. What it serves is right all the same.
  var otherHash: String? {
    guard let hashes, !hashes.isEmpty, !noted.isEmpty, hashes.isDisjoint(with: noted) else { return nil }
    let own = hashes.map(\.rawValue).sorted().joined(separator: " or ")
    let said = noted.map(\.rawValue).joined(separator: ", ")
    return
      "\(Terminal.plain(address)) deals by \(own), and the note says \(said); `Flag hash: \(own)` in the note says it "
      + "right, and moves nobody"
  }

  /// Why it is not known what is served, once each.
  package var reasons: [String] {
    var found: [String] = []
    for answer in answers {
      let reason: String
      switch answer.outcome {
      case .served: continue
      case .codeDefault(let why):
        reason = "\(address) has no variant (\(Self.short(why))), so applications use the default in their own code"
      case .unknown(let trouble): reason = Sentences.store(trouble).joined(separator: "; ")
      }
      if !found.contains(reason) { found.append(reason) }
    }
    if isAsExpected, !isWitnessed {
      let count = answers.count == 1 ? "the request" : "any of the \(answers.count) requests"
      found.append("nobody who was served the new version was found by \(count) asked of \(address)")
    }
    return Self.few(found) { "and \($0) more reasons" }
  }

  /// A server may answer each request with another page: a few of a thousand lines are enough.
  private static func few(_ lines: [String], _ rest: (Int) -> String) -> [String] {
    var distinct: [String] = []
    for line in lines where !distinct.contains(line) { distinct.append(line) }
    return distinct.count <= 6 ? distinct : Array(distinct.prefix(5)) + [rest(distinct.count - 5)]
  }

  /// What a server calls a variant may be a page too.
  private static func short(_ text: String) -> String { text.count > 80 ? text.prefix(80) + "…" : text }

  /// Who is served what: `canary to team = staff; control to everybody else`.
  private func told(_ answers: [Answer]) -> String {
    var groups: [(variant: String, who: [String])] = []
    for (who, members) in asked(answers) {
      var counts: [(variant: String, count: Int)] = []
      for answer in members {
        let name = variant(of: answer)
        if let index = counts.firstIndex(where: { $0.variant == name }) {
          counts[index].count += 1
        } else {
          counts.append((name, 1))
        }
      }
      // The units of a share that is dealt as it stands are all of them there are to tell.
      let isWhole = members.count == 1 || counts.count == 1 && members.allSatisfy { $0.probe.dealing != nil }
      for (variant, count) in counts {
        let words = isWhole ? who : "\(count) of \(members.count) units asked of \(who)"
        if let index = groups.firstIndex(where: { $0.variant == variant }) {
          groups[index].who.append(words)
        } else {
          groups.append((variant, [words]))
        }
      }
    }
    let told = groups.map { "\($0.variant) to \(Self.few($0.who) { "\($0) more" }.joined(separator: ", "))" }
    return Self.few(told) { "\($0) more" }.joined(separator: "; ")
  }

  private func asked(_ answers: [Answer]) -> [(who: String, members: [Answer])] {
    var groups: [(who: String, members: [Answer])] = []
    for answer in answers {
      let who = Terminal.plain(answer.probe.who)
      if let index = groups.firstIndex(where: { $0.who == who }) {
        groups[index].members.append(answer)
      } else {
        groups.append((who, [answer]))
      }
    }
    return groups
  }

  private func variant(of answer: Answer) -> String {
    switch answer.outcome {
    case .served: Terminal.plain(Self.short(variant(answer.outcome) ?? "nothing"))
    case .codeDefault: "the default in its code"
    case .unknown: "nobody knows what"
    }
  }

  private func wanted(_ answer: Answer) -> String { Terminal.plain(expected(answer) ?? "") }

  /// What a kill says of who is still served something else: `team = staff gets canary`.
  func exceptions() -> [String] {
    Self.few(answers.filter { isExpected($0) == false }.map { "\($0.probe.who) gets \(variant(of: $0))" }) {
      "and \($0) more"
    }
  }

  package var json: JSON {
    [
      "evaluation": .string(address), "agrees": agrees.map(JSON.bool) ?? .null,
      "hashes": hashes.map { .strings($0.map(\.rawValue).sorted()) } ?? .null,
      "answers": .array(
        answers.map { answer in
          var value: JSON?
          if case .served(_, let found?) = answer.outcome {
            let text = found.written(.compact)
            value = text.utf8.count > 2000 ? .string(Self.short(text)) : found
          }
          return [
            "who": .string(answer.probe.who), "unit": .string(answer.probe.unit),
            "attributes": answer.probe.attributes, "expected": .text(expected(answer)),
            "variant": .text(variant(answer.outcome).map(Self.short)), "value": value ?? .null,
          ]
        }), "reasons": .strings(reasons),
    ]
  }
}
