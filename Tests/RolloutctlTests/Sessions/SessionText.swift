import Foundation

@testable import RolloutOps

/// A session written down for a fixture. What is long stands there by the first part of its digest, so that no byte
/// changes without a line of the fixture.
struct SessionText {
  private(set) var lines: [String] = []
  /// What was said, and by which line first.
  private var told: [String: [String]] = [:]

  mutating func title(_ words: String) {
    if !lines.isEmpty { lines.append("") }
    told = [:]
    lines += [words, String(repeating: "=", count: words.count)]
  }

  mutating func say(_ words: String) { lines += ["", words] }
  mutating func add(_ more: [String]) { lines += more }

  var text: String { lines.joined(separator: "\n") + "\n" }

  static func typed(_ words: [String], by actor: String = "maya") -> String {
    "\(actor)$ rolloutctl " + words.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
  }

  // MARK: One command line

  /// The line, what it prints in every clothing, and what it leaves. Where the flag is in etcd, the words are the file's
  /// with other figures, and stand there by their digest alone.
  mutating func type(_ words: [String], in session: Session, base: JSON? = nil) {
    say(Self.typed(words))
    let before = session.standing
    var clothes: [String] = []
    var differences: [String] = []
    if session.store == .file {
      let json = session.copy().type(words + ["--format", "json"])
      clothes.append("json \(json.digest)")
      // The same answer looks alike in all of them.
      if told["json " + json.digest] == nil {
        clothes.append("markdown \(session.copy().type(words + ["--format", "markdown"]).digest)")
        clothes.append("80 columns \(session.copy().type(words, columns: 80).digest)")
        if base != nil { differences = Self.json(json.output, base).map { "  json     \($0)" } }
        told["json " + json.digest] = words
      }
    }
    let rehearsal = session.copy()
    session.restart()
    let said = session.type(words)
    if session.store == .file { add(said.lines, of: words) } else { clothes.append("words \(said.digest)") }
    if session.store == .file, session.standing != before, words[0] != "attest" {
      let dry = rehearsal.type(words + ["--dry-run"])
      let change = rehearsal.standing == before ? "" : " AND CHANGES SOMETHING"
      clothes.append("dry run exit \(dry.status) \(dry.digest)\(change)")
    }
    lines.append("  [exit \(said.status), \(clothes.joined(separator: ", "))]")
    lines += differences
    lines += Self.effects(session.effects) + Self.change(from: before, to: session.standing)
  }

  /// One line in one clothing, for what goes wrong on the way.
  mutating func typePlainly(_ words: [String], in session: Session, by actor: String = "maya") {
    say(Self.typed(words, by: actor))
    let before = session.standing
    let said = session.type(words, by: actor)
    add(said.lines, of: words)
    lines.append("  [exit \(said.status)]")
    lines += Self.effects(session.effects) + Self.change(from: before, to: session.standing)
  }

  /// What was said before in as many words is not written down again.
  private mutating func add(_ said: [String], of words: [String]) {
    let text = said.joined(separator: "\n")
    if said.count > 3, let first = told[text] {
      lines.append("  says what \(first.joined(separator: " ")) says")
    } else {
      lines += said
      told[text] = words
    }
  }

  /// Where an answer goes by that of `status`, only what is different.
  static func json(_ output: String, _ base: JSON?) -> [String] {
    guard let answer = try? JSON.parse(Array(output.utf8)) else { return ["is none: \(output)"] }
    guard let base, answer["place"] != nil else {
      let text = answer.written(.spaced)
      return text.count <= 1000 ? [text] : []
    }
    return differences("", base, answer)
  }

  private static func differences(_ path: String, _ old: JSON, _ new: JSON) -> [String] {
    if old == new { return [] }
    if let before = old.members, let after = new.members {
      let changed = after.flatMap { member -> [String] in
        let name = path.isEmpty ? member.name : "\(path).\(member.name)"
        guard let value = old[member.name] else { return ["\(name) \(member.value.written(.spaced))"] }
        return differences(name, value, member.value)
      }
      let gone = before.filter { new[$0.name] == nil }.map { "\(path.isEmpty ? "" : path + ".")\($0.name) is gone" }
      return changed + gone
    }
    if let before = old.items, let after = new.items, before.count == after.count {
      return zip(before, after).enumerated().flatMap {
        differences("\(path)[\($0.offset)]", $0.element.0, $0.element.1)
      }
    }
    return ["\(path) \(new.written(.spaced))"]
  }

  static func effects(_ all: [String]) -> [String] {
    let more = all.count > 40 ? ["… \(all.count - 30) more, \(Session.digest(all.joined(separator: "\n")))"] : []
    return ((more.isEmpty ? all : Array(all.prefix(30))) + more).enumerated().map {
      "  \($0.offset == 0 ? "effects  " : "         ")\($0.element)"
    }
  }

  // MARK: What it leaves

  /// Of a flag `briefly` only what it is marked with, and its digest.
  static func change(from old: Session.Standing, to new: Session.Standing, briefly: Bool = false) -> [String] {
    if old == new { return ["  leaves   everything as it was"] }
    var lines = difference(old.journal.filter { !$0.isEmpty }, new.journal.filter { !$0.isEmpty }, "journal ", entry)
    if briefly, old.flag != new.flag {
      let marks = new.flag.filter { $0.contains("\"rolloutctl") }.map { $0.trimmingCharacters(in: .whitespaces) }
      lines.append("  flag     \(Session.digest(new.flag.joined(separator: "\n"))): \(marks.joined(separator: " "))")
    } else {
      lines += difference(old.flag, new.flag, "flag    ") { $0 }
    }
    for name in Set(old.others.keys).union(new.others.keys).sorted() where old.others[name] != new.others[name] {
      lines.append("  other    \(name): \(old.others[name] ?? "none") → \(new.others[name] ?? "none")")
    }
    return lines
  }

  /// The lines between what both begin and end with.
  private static func difference(
    _ old: [String], _ new: [String], _ what: String, _ told: (String) -> String
  ) -> [String] {
    let front = zip(old, new).prefix { $0 == $1 }.count
    let back = min(
      zip(old.reversed(), new.reversed()).prefix { $0 == $1 }.count, min(old.count, new.count) - front)
    return old[front..<(old.count - back)].map { "  \(what) - \(told($0))" }
      + new[front..<(new.count - back)].map { "  \(what) + \(told($0))" }
  }

  /// An entry without what is the same in all, and the digest of its whole line.
  static func entry(_ line: String) -> String {
    guard var json = try? JSON.parse(Array(line.utf8)) else { return "\(line.prefix(60))… \(Session.digest(line))" }
    for name in ["v", "host", "flag", "store", "note", "note_sha256", "prev", "sha256"] { json = json.removing(name) }
    let text = json.written(.compact)
    return (text.count > 600 ? text.prefix(500) + "…" : text) + " \(Session.digest(line))"
  }
}
