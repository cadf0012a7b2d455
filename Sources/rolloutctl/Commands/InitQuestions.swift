import RolloutOps

/// What `init` asks a person at a terminal: what matters most, as far as no flag gave it.
struct InitQuestions {
  let output: any Output
  let actor: String

  func ask(for answers: inout NoteAnswers, note: String) throws(Trouble) {
    output.remark("Enter takes what stands in brackets, or leaves it open; Ctrl-D stops, and nothing is written.")
    if answers.flag == nil {
      answers.flag = try ask("The flag's key", or: Init.key(of: note)) { FlagKey($0).fault }
    }
    if answers.change == nil { answers.change = try ask("What changes, in one line") }
    if answers.owner == nil { answers.owner = try ask("Owner, the one person who calls rollback", or: actor) }
    if answers.tier == nil {
      let tiers = ["0", "1", "2", "3"]
      answers.tier = try ask("Tier, 0 where a failure costs most to 3 where least", or: "2") { tier in
        tiers.contains(tier) ? nil : "it is one of \(tiers.joined(separator: ", "))"
      }.flatMap { Int($0) }
    }
    if answers.version == nil {
      answers.version = try ask("New version, as traffic shows it, such as prompt_version = v7", refusing: label)
    }
    if answers.controlVersion == nil {
      answers.controlVersion = try ask("Old version, such as prompt_version = v6", refusing: label)
    }
    if answers.fallback == nil { answers.fallback = try ask("What do users get when the flag is off") }
    if answers.cohorts.isEmpty, answers.schedule == nil {
      let who = try ask("Who gets it first, by an attribute of the request", or: "team = staff") { who in
        who.contains("=") || who.contains(" in ") ? nil : "it is written attribute = value"
      }
      answers.cohorts = who.map { ["internal: \($0)"] } ?? []
    }
    if answers.dashboard == nil { answers.dashboard = try ask("Dashboard, the address that people look at") }
  }

  /// A bare `v7` is taken too: the template knows the field.
  private func label(_ text: String) -> String? {
    guard text.contains("=") || text.contains(" ") else { return nil }
    do throws(ValueFault) {
      _ = try Conversion.versionLabel(text)
      return nil
    } catch {
      return error.reason
    }
  }

  /// The answer; asked again as long as it cannot be taken. Nil leaves it open.
  private func ask(
    _ question: String, or usual: String? = nil, refusing fault: (String) -> String? = { _ in nil }
  ) throws(Trouble) -> String? {
    while true {
      let shown = usual.map { " [\(Terminal.plain($0))]" } ?? ""
      guard let typed = output.ask("\(question)\(shown):") else {
        // The line with the question is still open.
        output.remark("")
        throw .usage("stopped in the middle; nothing was written")
      }
      let answer = typed.trimmed
      guard !answer.isEmpty else { return usual }
      guard let fault = fault(answer) else { return answer }
      output.remark("\(Terminal.plain(answer)) cannot be taken: \(Terminal.plain(fault))")
    }
  }
}

extension String {
  /// Without blanks around it.
  fileprivate var trimmed: String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
