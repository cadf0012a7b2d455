/// A rollout note as it was read: the plan it makes, or every reason why it makes none.
package struct Note: Hashable, Sendable {
  package let path: String
  /// SHA-256 of the file's bytes.
  package let digest: String
  package let title: String?
  /// Nil exactly when a diagnostic is an error.
  package let plan: Plan?
  /// All of them, in the order of the text.
  package let diagnostics: [Diagnostic]
  /// The values of every field as they are written, also of those that are no part of the plan (`Store`, `Journal`,
  /// `Notify`).
  package let written: [NoteField.ID: [Written]]

  package struct Written: Hashable, Sendable {
    package let text: String
    package let position: Position
  }

  package var store: String? { written[.store]?.first?.text }
  package var journal: String? { written[.journal]?.first?.text }
  /// Where applications' questions can be asked.
  package var evaluation: String? { written[.evaluation]?.first { Evaluation.isEndpoint($0.text) }?.text }
  package var runbook: String? { written[.runbook]?.first?.text }
  /// The hashes that readers of the flag file deal by; empty where nobody said. No part of the plan: it changes who is
  /// asked what they are served, and nobody's stage.
  package var flagHashes: [FlagHash] {
    var found: [FlagHash] = []
    for written in written[.flagHash] ?? [] {
      for (_, hash) in FlagHash.named(in: Substring(written.text)) {
        if let hash, !found.contains(hash) { found.append(hash) }
      }
    }
    return found
  }
  /// Where the first value of that field stands.
  package func position(of field: NoteField.ID) -> Position? { written[field]?.first?.position }

  package var hasErrors: Bool { plan == nil }

  /// What stands in it and changes nothing, although whoever wrote it expects that it does.
  package var unheeded: [Diagnostic] {
    diagnostics.filter { $0.rule == NoteRule.noEffect.name || $0.meant != nil }
  }

  /// Reads a note. Nothing is thrown: whatever is wrong is in `diagnostics`, in one pass. `path` gives the flag's key
  /// where the note names none; the caller has read the file and bounded its size.
  package static func read(_ bytes: [UInt8], path: String) -> Note {
    let digest = SHA256.hex(bytes)
    let text: NoteText
    do {
      text = try NoteText(bytes)
    } catch {
      let diagnostic = Diagnostic(.error, error.rule.name, error.message, at: error.position)
      return Note(path: path, digest: digest, title: nil, plan: nil, diagnostics: [diagnostic], written: [:])
    }
    var reader = NoteReader(text, path: path)
    let plan = reader.read()
    let diagnostics = reader.diagnostics.sorted {
      ($0.position, $0.rule, $0.message) < ($1.position, $1.rule, $1.message)
    }
    return Note(
      path: path, digest: digest, title: reader.outline.title.map(String.init),
      plan: diagnostics.contains { $0.severity == .error } ? nil : plan, diagnostics: diagnostics,
      written: reader.written)
  }
}

extension FlagHash {
  /// The parts of `v2, v3`, with the hash that each names.
  static func named(in list: Substring) -> [(text: Substring, hash: FlagHash?)] {
    list.split(separator: ",").map { part in
      (part.unwrapped, FlagHash(rawValue: part.collapsed.lowercased()))
    }
  }
}

extension Note {
  /// A good note that need not be read because its plan is known.
  package init(unread digest: String, path: String, saying plan: Plan) {
    self.init(path: path, digest: digest, title: nil, plan: plan, diagnostics: [], written: [:])
  }
}

extension Note {
  /// What the note says about places as `read` finds it, for whoever cannot wait for the rest: a kill that looks for one
  /// more store.
  package static func settings(in bytes: [UInt8]) -> (store: String?, journal: String?, evaluation: String?) {
    guard let text = try? NoteText(bytes) else { return (nil, nil, nil) }
    let outline = NoteOutline(text)
    return (
      NoteReader.first(.store, in: outline), NoteReader.first(.journal, in: outline),
      NoteReader.all(.evaluation, in: outline).first { Evaluation.isEndpoint($0) }
    )
  }
}

// MARK: - The runbook

/// What became of the note's runbook when the caller looked for it.
package enum RunbookReading: Hashable, Sendable {
  case missing
  case text(String)
}

extension Note {
  /// What `check` says about the runbook's file; whether it is a file at all is the caller's to see.
  package func problems(runbook reading: RunbookReading) -> [Diagnostic] {
    guard let runbook = written[.runbook]?.first else { return [] }
    func problem(_ rule: NoteRule, _ message: String) -> [Diagnostic] {
      [Diagnostic(rule.severity, rule.name, message, at: runbook.position)]
    }
    switch reading {
    case .missing:
      return problem(
        .runbookMissing, "the runbook \(runbook.text.quoted) does not exist; write it, or correct the path")
    case .text(let text):
      guard let flag = plan?.flag.text ?? written[.flag]?.first?.text, !Self.names(flag, in: text) else { return [] }
      return problem(
        .runbookFlag,
        "the runbook \(runbook.text.quoted) never names the flag `\(flag)`, so whoever is paged cannot find the switch; "
          + "add how to kill it"
      )
    }
  }

  /// Whether the key stands in the text as a word of its own: `ai-sum` is not named by `ai-summary`.
  static func names(_ flag: String, in text: String) -> Bool {
    let wanted = Array(flag.utf8)
    let bytes = Array(text.utf8)
    guard let first = wanted.first, bytes.count >= wanted.count else { return false }
    func isPart(_ at: Int) -> Bool {
      guard bytes.indices.contains(at) else { return false }
      let byte = bytes[at]
      return (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte >= 0x80
    }
    return (0...(bytes.count - wanted.count)).contains { at in
      bytes[at] == first && bytes[at..<at + wanted.count].elementsEqual(wanted) && !isPart(at - 1)
        && !isPart(at + wanted.count)
    }
  }
}
