/// An entry of which only the seal is kept: who wrote it, when, and what its hash is, so that those behind it still hold.
/// Such are entries that bring branches together, when they are taken into another branch themselves.
struct SealedEntry {
  let entry: Entry
  let previous: String

  private static let mark = "left_out"

  init(_ entry: Entry, previous: String) { (self.entry, self.previous) = (entry, previous) }

  init?(_ line: String) {
    guard let json = try? JSON.parse(Array(line.utf8)), json[Self.mark] != nil, let previous = json["prev"]?.text,
      let hash = json["sha256"]?.text, let sequence = json["seq"]?.integer, let actor = json["actor"]?.text,
      let host = json["host"]?.text, let time = json["time"]?.text.flatMap({ ISO8601.instant($0) }),
      let flag = json["flag"]?.text, let store = json["store"]?.text
    else { return nil }
    let content = Entry.Content(.adopt, .done, flag: FlagKey(flag), store: store, reason: json["reason"]?.text)
    self.init(
      Entry(sequence: sequence, time: time, actor: actor, host: host, content: content, hash: hash), previous: previous)
  }

  var line: String {
    let json: JSON = [
      "seq": .number(entry.sequence), "time": .string(ISO8601.precise(entry.time)), "actor": .string(entry.actor),
      "host": .string(entry.host), "action": .string(entry.content.action.rawValue),
      "flag": .string(entry.content.flag.text), "store": .string(entry.content.store),
      "reason": .text(entry.content.reason), Self.mark: "what it took in stands beside it",
      "prev": .string(previous), "sha256": .string(entry.hash),
    ]
    return json.written(.compact)
  }

  static func hash(in line: String) -> String? { (try? JSON.parse(Array(line.utf8)))?["sha256"]?.text }
  static func previous(in line: String) -> String? { (try? JSON.parse(Array(line.utf8)))?["prev"]?.text }
}
