import Foundation

@testable import RolloutOps

/// What is said, asked and written down on a hosted platform, as a fixture holds it: without what the platform makes up
/// anew each time, its ids, its times, its port.
struct HostedText {
  private let kind: HostedKind
  private let platform: LivePlatform
  private(set) var lines: [String] = []
  /// What was said before in this scene, and by which line first.
  private var told: [[String]: String] = [:]
  private var names: [String: String] = [:]
  private let ids: NSRegularExpression

  private static let times = [
    (#"\b1[5-9]\d{11}\b"#, "MILLISECONDS"), (#"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(\d{3})?Z"#, "TIME"),
    (#"\.rollout/[^/\s"]+"#, ".rollout/PLACE"),
    // The last entry of a journal, in which the port stands.
    (#"\b(\d+):[0-9a-f]{16}\b"#, "$1:ENTRY"),
    // A flag with its ids.
    (#"\b[0-9a-f]{64}\b"#, "DIGEST"),
  ].map { (try? NSRegularExpression(pattern: $0), $1) }

  init(_ kind: HostedKind, _ platform: LivePlatform) throws {
    (self.kind, self.platform) = (kind, platform)
    ids = try NSRegularExpression(pattern: #"(?<![0-9A-Za-z])(?:\#(kind.ids))(?![0-9A-Za-z])"#)
  }

  var text: String { lines.joined(separator: "\n") + "\n" }

  mutating func title(_ words: String) {
    if !lines.isEmpty { lines.append("") }
    (told, names) = ([:], [:])
    lines += [words, String(repeating: "=", count: words.count)]
  }

  /// What is told next may have happened in place of what was told before.
  mutating func forgetIds() { names = [:] }

  mutating func say(_ words: String) { lines += ["", words] }
  mutating func add(_ more: [String]) { lines += more }

  /// A command line with all that came of it.
  mutating func add(_ words: [String], by actor: String, _ said: HostedSession.Said, isMany: Bool) {
    let typed = SessionText.typed(words, by: actor)
    say(typed)
    add(told(said, isMany: isMany), of: typed)
  }

  /// Words that were said before are not written down again.
  private mutating func add(_ all: [String], of typed: String) {
    let spoken = all.prefix { $0.hasPrefix("|") || $0.hasPrefix("!") }
    if spoken.count > 3, let first = told[Array(spoken)] {
      lines.append("  says what \(first) says")
    } else {
      lines += spoken
      told[Array(spoken)] = typed
    }
    lines += all.dropFirst(spoken.count)
  }

  /// The words, the exit status, the requests in their order, and what is in the journal.
  mutating func told(_ said: HostedSession.Said, isMany: Bool = false) -> [String] {
    let order = sorted(said.requests, whole: isMany)
    let all =
      said.lines + ["  [exit \(said.status)]"] + order.map { "  \(Self.line($0))" }
      + said.entries.map { "  journal + \(Self.line($0))" }
    return all.map { plain($0) }
  }

  /// What goes out together stands in the order of its letters; `whole` where that is everything.
  private func sorted(_ requests: [LivePlatform.Asked], whole: Bool) -> [LivePlatform.Asked] {
    let isOneOfMany = requests.map { one in
      whole || one.isLook && one.path.range(of: kind.together, options: .regularExpression) != nil
    }
    var (done, crowd): ([LivePlatform.Asked], [LivePlatform.Asked]) = ([], [])
    for (one, isOneOfMany) in zip(requests, isOneOfMany) {
      if isOneOfMany {
        crowd.append(one)
      } else {
        done += crowd.sorted { Self.line($0) < Self.line($1) } + [one]
        crowd = []
      }
    }
    return done + crowd.sorted { Self.line($0) < Self.line($1) }
  }

  static func line(_ asked: LivePlatform.Asked) -> String {
    let query = (asked.query.members ?? []).map { "\($0.name)=\($0.value.text ?? "")" }.joined(separator: "&")
    let plain: Set = ["accept", "user-agent"]
    let headers = (asked.headers.members ?? []).filter { header in
      !plain.contains(header.name) && !(header.name == "content-type" && header.value == "application/json")
    }
    return
      "\(asked.method) \(asked.path)\(query.isEmpty ? "" : "?\(query)")"
      + headers.map { " \($0.name): \($0.value.text ?? "")" }.joined(separator: ",")
      + (asked.isAuthorized ? "" : " without its token")
      + (asked.body == .null ? "" : " \(asked.body.written(.compact))")
      + " → \(asked.status.map(String.init) ?? "nothing")"
  }

  /// An entry without what is the same in all.
  private static func line(_ entry: JSON) -> String {
    ["v", "host", "flag", "store", "note", "note_sha256", "prev", "sha256", "time"].reduce(entry) { $0.removing($1) }
      .written(.compact)
  }

  /// Lines without what they begin and end with as others do.
  static func difference(_ lines: [String], from others: [String]) -> [String] {
    let front = zip(lines, others).prefix { $0 == $1 }.count
    let most = min(lines.count, others.count) - front
    let back = min(zip(lines.reversed(), others.reversed()).prefix { $0 == $1 }.count, most)
    return (front > 0 ? ["  the first \(front) lines are the same"] : []) + lines[front..<(lines.count - back)]
      + (back > 0 ? ["  the last \(back) lines are the same"] : [])
  }

  /// Ids are called by numbers, as they come.
  private mutating func plain(_ line: String) -> String {
    var text = line.replacing(String(platform.api), with: "PORT")
    for (pattern, word) in Self.times {
      text =
        pattern?.stringByReplacingMatches(in: text, range: NSRange(text.startIndex..., in: text), withTemplate: word)
        ?? text
    }
    for match in ids.matches(in: text, range: NSRange(text.startIndex..., in: text)).reversed() {
      guard let range = Range(match.range, in: text) else { continue }
      let id = String(text[range])
      text.replaceSubrange(range, with: name(of: id))
    }
    guard text.utf8.count > 1500 else { return text }
    return text.prefix(1200) + "… \(text.utf8.count) bytes, \(Session.digest(text))"
  }

  private mutating func name(of id: String) -> String {
    if let name = names[id] { return name }
    names[id] = "ID-\(names.count + 1)"
    return names[id] ?? id
  }
}

extension LivePlatform.Asked {
  /// Whether it changes nothing; Unleash is asked who gets what by a POST.
  var isLook: Bool { method == "GET" || path.contains("/playground/") }
}
