/// Every problem of the checked notes.
package struct CheckReport: Sendable {
  package struct CheckedNote: Sendable {
    package let path: String
    /// In the order in which they are told.
    package let diagnostics: [Diagnostic]
    /// `12 stages from the preset standard`: what the note comes to, where it comes to something.
    package let summary: String?
    /// Why the file could not be read as a note at all.
    package let trouble: Trouble?

    package init(path: String, diagnostics: [Diagnostic] = [], summary: String? = nil, trouble: Trouble? = nil) {
      (self.path, self.diagnostics, self.summary, self.trouble) = (path, diagnostics.inOrder, summary, trouble)
    }
  }

  package let notes: [CheckedNote]
  package let strict: Bool

  package init(_ notes: [CheckedNote], strict: Bool) {
    self.notes = notes
    self.strict = strict
  }

  package var status: ExitStatus {
    ExitStatus.worst(
      notes.map { note in
        if let trouble = note.trouble { return trouble.status }
        return note.diagnostics.contains { $0.severity == .error || strict } ? .badNote : .done
      })
  }

  package func text(ink: Ink) -> String {
    notes.flatMap { note -> [String] in
      let path = Terminal.plain(note.path)
      if let trouble = note.trouble {
        return trouble.sentences.map { "\(path): \(ink.bad("error")): \(Terminal.plain($0))" }
      }
      func line(_ problem: Diagnostic) -> String {
        let place = "\(path):\(problem.position.line):\(problem.position.column)"
        let severity = problem.severity == .error ? ink.bad("error") : ink.warning("warning")
        return "\(place): \(severity): \(Terminal.plain(problem.message)) \(ink.dim("[\(problem.rule)]"))"
      }
      let missing = note.diagnostics.filter(\.isOfGap)
      let title = missing.isEmpty ? [] : ["\(path): \(ink.strong("not said yet:"))"]
      let summary = note.summary.map { ["\(path): \(Terminal.plain($0))"] } ?? []
      return note.diagnostics.filter { !$0.isOfGap }.map(line) + title + missing.map(line) + summary
    }.joined(separator: "\n") + next
  }

  /// What to type next, where one note is good.
  private var next: String {
    guard status == .done, notes.count == 1, let note = notes.first else { return "" }
    return "\nnext: rolloutctl promote \(Shell.word(Terminal.plain(note.path)))"
  }

  /// Workflow commands, which GitHub shows at the lines of a pull request.
  package var github: String {
    notes.flatMap { note -> [String] in
      if let trouble = note.trouble {
        return ["::error file=\(Self.property(note.path))::\(Self.message(trouble.sentences.joined(separator: "; ")))"]
      }
      return note.diagnostics.map { problem in
        "::\(problem.severity.rawValue) file=\(Self.property(note.path)),line=\(problem.position.line),"
          + "col=\(problem.position.column),title=\(problem.rule)::\(Self.message(problem.message))"
      }
    }.joined(separator: "\n")
  }

  private static func message(_ text: String) -> String {
    escaped(Terminal.plain(text), ["%": "%25", "\r": "%0D", "\n": "%0A"])
  }

  private static func property(_ text: String) -> String {
    escaped(Terminal.plain(text), ["%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"])
  }

  private static func escaped(_ text: String, _ escapes: [Character: String]) -> String {
    text.map { escapes[$0] ?? String($0) }.joined()
  }

  package var json: JSON {
    let problems = notes.flatMap { note -> [JSON] in
      if let trouble = note.trouble {
        return [
          [
            "file": .string(note.path), "line": 0, "column": 0, "severity": "error", "rule": "unreadable",
            "message": .string(trouble.sentences.joined(separator: "; ")),
          ]
        ]
      }
      return note.diagnostics.map { problem in
        [
          "file": .string(note.path), "line": .number(problem.position.line),
          "column": .number(problem.position.column), "severity": .string(problem.severity.rawValue),
          "rule": .string(problem.rule), "message": .string(problem.message), "missing": .bool(problem.isMissing),
          "meant": .text(problem.meant),
        ]
      }
    }
    return ["problems": .array(problems), "exit": .number(Int(status.rawValue))]
  }

  package var markdown: String {
    let rows = notes.flatMap { note in
      note.diagnostics.map { problem in
        [
          Markdown.text(note.path), "\(problem.position.line):\(problem.position.column)", problem.severity.rawValue,
          Markdown.text(problem.message),
        ]
      }
        + (note.trouble.map {
          [[Markdown.text(note.path), "", "error", Markdown.text($0.sentences.joined(separator: "; "))]]
        } ?? [])
    }
    return rows.isEmpty ? "no problems" : Markdown.table(["Note", "Line", "", "Problem"], rows).joined(separator: "\n")
  }
}

extension Diagnostic {
  /// What is told in the block of what is missing: an error stands among the errors.
  fileprivate var isOfGap: Bool { isMissing && severity == .warning }
}
