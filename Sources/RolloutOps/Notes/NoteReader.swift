/// Turns a note's outline into a plan and collects every problem on the way.
///
/// `FieldTable` says which field is read how: simple ones here, and by subject who, stages, gates and variants, each in
/// a file of its own. Last come the rules that look at the whole (`NoteChecks`).
struct NoteReader {
  let text: NoteText
  let path: String
  let outline: NoteOutline
  var plan: Plan
  private(set) var diagnostics: [Diagnostic] = []
  private var hasError = false
  private(set) var written: [NoteField.ID: [Note.Written]] = [:]
  /// Every entry of a field that says something; more than one only where the field repeats.
  private var entries: [NoteField.ID: [NoteEntry]] = [:]
  /// Where a field is named that says nothing.
  private var empties: [NoteField.ID: String.Index] = [:]
  /// Where each stage of the plan is written.
  var stagePlaces: [String.Index] = []
  /// The names of metrics by their keys, see `Signal.key`.
  var metricNames: [String: String] = [:]
  var hasBrokenVariants = false
  var cohortsByName: [String: Cohort] = [:]
  /// Cohorts whose selector is wrong, in lower case.
  var unreadable: Set<String> = []

  init(_ text: NoteText, path: String) {
    self.text = text
    self.path = path
    outline = NoteOutline(text)
    plan = Plan(flag: FlagKey(""))
  }

  // MARK: Reporting

  mutating func report(
    _ rule: NoteRule, _ message: String, at index: String.Index, as severity: Diagnostic.Severity? = nil,
    isMissing: Bool = false, meant: String? = nil
  ) {
    let severity = severity ?? rule.severity
    // The first error counts whatever came before it: it is what makes the note invalid.
    guard !isDrowned || severity == .error && !hasError else { return }
    hasError = hasError || severity == .error
    diagnostics.append(
      Diagnostic(severity, rule.name, message, at: text.position(of: index), isMissing: isMissing, meant: meant))
  }

  /// Whether more of the same would help nobody: a note with so many problems is no note.
  var isDrowned: Bool { diagnostics.count >= Self.mostProblems }

  private static let mostProblems = 1000

  /// Where to point for something that is not there: at the empty field, else at the note's start.
  func place(ofMissing field: NoteField.ID) -> String.Index { empties[field] ?? text.base.startIndex }

  // MARK: Entries

  func entries(_ field: NoteField.ID) -> [NoteEntry] { entries[field] ?? [] }

  func entry(_ field: NoteField.ID) -> NoteEntry? { entries[field]?.first }

  func isGiven(_ field: NoteField.ID) -> Bool { entries[field] != nil }

  /// The one value of a field without its Markdown; more than one is reported.
  mutating func value(_ field: NoteField.ID) -> Substring? {
    guard let entry = entry(field) else { return nil }
    let values = Self.values(of: entry)
    if values.count > 1 {
      report(.badValue, "`\(entry.field.name)` takes one value; remove this one or join them", at: values[1].startIndex)
    }
    return values.first?.unwrapped
  }

  /// Each value of a field that takes several: behind the colon, and in the list.
  func values(_ field: NoteField.ID) -> [Substring] {
    entries(field).flatMap(Self.values)
  }

  /// What a field says first, without a word about the rest of the note.
  static func first(_ field: NoteField.ID, in outline: NoteOutline) -> String? {
    let entry = outline.entries.first { $0.field.id == field && says($0, values(of: $0)) }
    return entry.flatMap { values(of: $0).first }.map { String($0.unwrapped) }
  }

  static func all(_ field: NoteField.ID, in outline: NoteOutline) -> [String] {
    outline.entries.filter { $0.field.id == field }.flatMap(values).map { String($0.unwrapped) }
  }

  private static func says(_ entry: NoteEntry, _ values: [Substring]) -> Bool {
    !values.isEmpty || entry.block != nil || !entry.rows.isEmpty
  }

  private static func values(of entry: NoteEntry) -> [Substring] {
    ((entry.value.map { [$0] } ?? []) + entry.items.map(\.text)).filter { !saysNothing($0, in: entry.field.id) }
  }

  mutating func sortEntries() {
    for entry in outline.entries {
      let values = Self.values(of: entry)
      guard Self.says(entry, values) else {
        empties[entry.field.id] = entry.name.startIndex
        continue
      }
      if let first = entries[entry.field.id]?.first, !entry.field.repeats {
        let line = text.position(of: first.name.startIndex).line
        report(
          .duplicateField, "`\(entry.field.name)` stands already in line \(line); keep one of the two",
          at: entry.name.startIndex)
        continue
      }
      if let idle = entry.field.idle {
        report(
          .noEffect, "`\(entry.field.name)` has no effect in this version: \(idle)", at: entry.name.startIndex)
      }
      entries[entry.field.id, default: []].append(entry)
      written[entry.field.id, default: []] += values.map {
        Note.Written(text: String($0.unwrapped), position: text.position(of: $0.startIndex))
      }
    }
    for stranger in outline.unknownFields {
      if stranger.isDisguised, let name = stranger.near {
        report(
          .unknownField, "this changes nothing: a field begins its line, as in `\(name): …`",
          at: stranger.name.startIndex,
          meant: name)
        continue
      }
      let hint = stranger.near.map { "; did you mean `\($0)`?" } ?? ", so this line changes nothing"
      report(
        .unknownField, "\(stranger.name.quoted) is no field of a rollout note\(hint)", at: stranger.name.startIndex,
        meant: stranger.near)
    }
    if let block = outline.unclosed {
      report(
        .unclosedBlock,
        "this code block is never closed, so the rest of the note would be ignored; end it with `\(block)`",
        at: block.startIndex)
    }
  }

  /// What people write where they have no answer yet.
  static func saysNothing(_ value: Substring, in field: NoteField.ID) -> Bool {
    let plain = value.unwrapped
    // As evidence it is standard input.
    if field == .evidence, plain == "-" { return false }
    guard plain.utf8.count <= 4 else { return false }
    return plain.isEmpty
      || ["tbd", "todo", "tba", "?", "??", "???", "-", "--", "…", "...", "n/a"].contains(plain.lowercased())
  }
}

// MARK: - Simple fields

extension NoteReader {
  mutating func readFlag() {
    if let value = value(.flag) {
      plan.flag = FlagKey(String(value))
      if let fault = plan.flag.fault {
        let at = value.firstIndex { !FlagKey(String($0)).isFine } ?? value.startIndex
        report(.flagKey, "\(value.quoted) cannot be a flag key: \(fault)", at: at)
      }
      return
    }
    let key = Self.key(fromPath: path)
    plan.flag = FlagKey(key)
    // Any page of prose would be a rollout of a flag named after its file.
    if entries.isEmpty, empties.isEmpty {
      report(
        .noFlag, "this page has no field of a rollout note, such as `Flag:`; rolloutctl init writes a note",
        at: text.base.startIndex, as: .error)
      return
    }
    if let fault = plan.flag.fault {
      report(
        .flagKey, "the note names no flag, and its file name gives none: \(fault); add `Flag: your-flag-key`",
        at: place(ofMissing: .flag))
    } else {
      report(
        .noFlag, "no Flag, so the key is `\(key)`, from the file's name, and changes with it; write `Flag: \(key)`",
        at: place(ofMissing: .flag), isMissing: true)
    }
  }

  /// `notes/Summary Prompt.md` is `summary-prompt`.
  static func key(fromPath path: String) -> String {
    var name = Substring(path)
    while name.last == "/" { name = name.dropLast() }
    if let slash = name.lastIndex(of: "/") { name = name[name.index(after: slash)...] }
    for suffix in [".md", ".markdown", ".txt"] where name.lowercased().hasSuffix(suffix) {
      name = name.dropLast(suffix.count)
    }
    let parts = name.lowercased().split { !($0.isLetterOrNumber || $0 == "_" || $0 == ".") }
    return String(parts.joined(separator: "-").drop { $0 == "." })
  }

  mutating func readApprovers() {
    var approvers: Set<String> = []
    for value in values(.approvers) {
      for name in value.split(whereSeparator: { ",;&".contains($0) }).flatMap({ $0.split(word: "and") }) {
        let name = name.unwrapped.collapsed
        if !name.isEmpty, approvers.insert(name).inserted { plan.approvers.append(name) }
      }
    }
  }

  mutating func readUnit() {
    guard let unit = value(.unit) else { return }
    if let bad = unit.firstIndex(where: { !AttributeName.allows($0) }) {
      report(
        .badValue, "a unit is the name of one attribute, such as `tenant` or `user.id`; \(unit.quoted) is not",
        at: bad)
    } else {
      plan.unit = String(unit)
      checkPersonalData(attribute: unit)
    }
  }

  /// `latency_ms = duration`, or with a colon.
  mutating func readFields() {
    for value in values(.fields).flatMap({ Self.parts($0) }) {
      let parts = value.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "=" || $0 == ":" }.map(
        \.unwrapped)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        report(
          .badValue, "a field is named as `our name = name in the evidence`, such as `latency_ms = duration`",
          at: value.startIndex)
        continue
      }
      plan.fields[String(parts[0])] = String(parts[1])
    }
  }

  mutating func readSamples() {
    guard let samples = value(.samples) else { return }
    let digits = samples.filter { $0 != "," && $0 != "_" }
    if let count = Int(digits), (1...1_000_000_000).contains(count), digits.first != "+" {
      plan.samples = count
    } else {
      report(
        .badValue, "`Samples` is a number of canary units, such as 200; \(samples.quoted) is not",
        at: samples.startIndex)
    }
  }

  mutating func readFlagHashes() {
    for (text, hash) in values(.flagHash).flatMap({ FlagHash.named(in: $0.unwrapped) }) where hash == nil {
      report(
        .badValue, "`Flag hash` knows v1, v2 and v3, or several of them with commas between, not \(text.quoted)",
        at: text.startIndex)
    }
  }

  /// The value of a field that knows only a few; anything else is reported with the nearest of them.
  mutating func choice<Value>(
    _ field: NoteField.ID, _ choices: [(name: String, value: Value)]
  ) -> Value? {
    guard let written = value(field) else { return nil }
    let plain = written.collapsed.lowercased()
    if let match = choices.first(where: { $0.name == plain }) { return match.value }
    let names = NoteField[field].form.split(separator: "|").map(\.collapsed).joined(separator: ", ")
    let near = Suggestion.nearest(to: plain, among: choices.map(\.name)).map { "; did you mean `\($0)`?" } ?? ""
    report(
      .badValue, "`\(NoteField[field].name)` knows \(names), not \(written.quoted)\(near)", at: written.startIndex)
    return nil
  }

  mutating func choice<Value: RawRepresentable<String> & CaseIterable>(_ field: NoteField.ID) -> Value? {
    choice(field, Value.allCases.map { ($0.rawValue, $0) })
  }

  /// `prompt_version = v7`; a bare `v7` is the field that the change type implies.
  mutating func label(_ field: NoteField.ID) -> VersionLabel? {
    guard let written = value(field) else { return nil }
    let name = NoteField[field].name
    if let sign = written.firstIndex(where: { $0 == "=" || $0 == ":" }) {
      let left = written[..<sign].unwrapped
      var right = written[written.index(after: sign)...]
      if right.first == "=" { right = right.dropFirst() }
      right = right.unwrapped
      if left.isEmpty || right.isEmpty || !left.allSatisfy(AttributeName.allows) {
        report(.badValue, "`\(name)` is a field and its value, such as `prompt_version = v7`", at: written.startIndex)
        return nil
      }
      return VersionLabel(field: String(left), value: right.collapsed)
    }
    guard !written.contains(where: \.isWhitespace), let type = plan.changeType else {
      report(
        .badValue,
        "`\(name)` names a field of the evidence and its value: write `prompt_version = \(written.collapsed)`",
        at: written.startIndex)
      return nil
    }
    return VersionLabel(field: "\(type.rawValue)_version", value: String(written))
  }
}

extension FlagKey {
  fileprivate var isFine: Bool { fault == nil }
}

extension Substring {
  /// The parts around a word that stands by itself: `lee and priya`.
  fileprivate func split(word: String) -> [Substring] {
    var parts: [Substring] = []
    var start = startIndex
    for piece in split(whereSeparator: \.isWhitespace) where piece.lowercased() == word {
      parts.append(self[start..<piece.startIndex])
      start = piece.endIndex
    }
    return parts + [self[start...]]
  }
}
