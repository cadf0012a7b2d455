/// An entry as one line of NDJSON, and back.
///
/// The last member is the line's own SHA-256, taken over everything before it. Whoever distrusts rolloutctl can check a
/// line with `sha256sum` after cutting `,"sha256":"…"}` from its end.
enum EntryCodec {
  /// Raised when an older rolloutctl could misread what a newer one wrote.
  static let format = 1

  static let firstPrevious = String(repeating: "0", count: 64)

  /// The length of `,"sha256":"` + 64 digits + `"}`.
  static let sealLength = 11 + 64 + 2

  /// The line with its line feed; the entry's own `hash` is not looked at.
  static func line(_ entry: Entry, previous: String) -> (bytes: [UInt8], hash: String) {
    let content = entry.content
    var members = [
      JSON.Member("v", .number(format)), JSON.Member("seq", .number(entry.sequence)),
      JSON.Member("time", .string(ISO8601.precise(entry.time))), JSON.Member("actor", .string(entry.actor)),
      JSON.Member("host", .string(entry.host)), JSON.Member("action", .string(content.action.rawValue)),
      JSON.Member("outcome", .string(content.outcome.rawValue)), JSON.Member("flag", .string(content.flag.text)),
      JSON.Member("store", .string(content.store)),
    ]
    if let note = content.note {
      members += [JSON.Member("note", .string(note.path)), JSON.Member("note_sha256", .string(note.digest))]
    }
    if let from = content.from { members.append(JSON.Member("from", from.json)) }
    if let to = content.to { members.append(JSON.Member("to", to.json)) }
    if let reason = content.reason { members.append(JSON.Member("reason", .string(reason))) }
    if let digest = content.evidenceDigest { members.append(JSON.Member("evidence_sha256", .string(digest))) }
    if !content.written.isEmpty { members.append(JSON.Member("detail", .object(content.written))) }
    members.append(JSON.Member("prev", .string(previous)))
    var bytes: [UInt8] = []
    JSON.object(members).write(into: &bytes)
    bytes.removeLast()
    let hash = SHA256.hex(bytes)
    bytes.append(contentsOf: ",\"sha256\":\"\(hash)\"}\n".utf8)
    return (bytes, hash)
  }

  enum Fault: Error {
    case notAnEntry(String)
    case newer(Int)
    case edited(sequence: Int?)
  }

  /// Reads a line (without its line feed) that must follow the entry whose hash is `previous`. Most of what it says was
  /// said by the entry before it, `like`.
  static func entry(
    _ line: UnsafeBufferPointer<UInt8>, previous: String, like last: Entry? = nil
  ) throws(Fault) -> Entry {
    var fields = Fields()
    do throws(JSONError) {
      var reader = JSONReader(line)
      var more = try reader.openObject()
      while more {
        let name = try reader.name()
        try fields.take(name, &reader, like: last)
        more = try reader.nextMember()
      }
      try reader.end()
    } catch {
      throw Fault.notAnEntry(error.sentence)
    }
    if let version = fields.version, version > format { throw Fault.newer(version) }
    guard line.count > sealLength else { throw Fault.notAnEntry("it is too short") }
    guard let seal = fields.hash, SHA256.digest(line[..<(line.count - sealLength)]).isHex(line[seal]),
      let chain = fields.previous, isText(previous, UnsafeBufferPointer(rebasing: line[chain]))
    else { throw Fault.edited(sequence: fields.sequence) }
    guard let entry = fields.entry(hash: String(decoding: line[seal], as: UTF8.self)) else {
      throw Fault.notAnEntry("a member is missing or unknown")
    }
    return entry
  }

  private static func isText(_ text: String, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.utf8.count == bytes.count else { return false }
    var text = text
    return text.withUTF8 { $0.same(as: bytes) }
  }

  /// The members of a line, in the order in which they are written.
  private enum Member: Int, CaseIterable {
    case version, sequence, time, actor, host, action, outcome, flag, store, note, noteDigest, from, to, reason
    case evidenceDigest, detail, previous, hash

    private static let names: [StaticString] = [
      "v", "seq", "time", "actor", "host", "action", "outcome", "flag", "store", "note", "note_sha256", "from", "to",
      "reason", "evidence_sha256", "detail", "prev", "sha256",
    ]

    /// The member of that name. The one behind `last` is looked at first: it nearly always is the one.
    init?(_ bytes: UnsafeBufferPointer<UInt8>, after last: Member?) {
      let first = last.map { $0.rawValue + 1 } ?? 0
      for offset in 0..<Self.names.count {
        let index = (first + offset) % Self.names.count
        let name = Self.names[index]
        if bytes.same(as: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)) {
          self.init(rawValue: index)
          return
        }
      }
      return nil
    }
  }

  /// The members of a line as they come.
  private struct Fields {
    private var latest: Member?
    var version: Int?
    var sequence: Int?
    var time: Instant?
    var actor: String?
    var host: String?
    var action: Entry.Action?
    var outcome: Entry.Outcome?
    var flag: String?
    var store: String?
    var note: String?
    var noteDigest: String?
    var from: Place?
    var to: Place?
    var reason: String?
    var evidenceDigest: String?
    var detail: [JSON.Member] = []
    /// Where the two hashes stand, without their quotation marks.
    var previous: Range<Int>?
    var hash: Range<Int>?

    mutating func take(
      _ name: JSONReader.Name, _ reader: inout JSONReader, like last: Entry?
    ) throws(JSONError) {
      let member = Member(UnsafeBufferPointer(rebasing: reader.bytes[name.range]), after: latest)
      latest = member ?? latest
      switch member {
      case .version: version = try reader.value().integer
      case .sequence: sequence = try reader.value().integer
      case .time:
        let span = try Self.span(&reader)
        time = span.flatMap { ISO8601.instant(UnsafeBufferPointer(rebasing: reader.bytes[$0.range])) }
      case .actor: actor = try Self.text(&reader, like: last?.actor)
      case .host: host = try Self.text(&reader, like: last?.host)
      case .action: action = try Self.text(&reader).flatMap(Entry.Action.init)
      case .outcome: outcome = try Self.text(&reader).flatMap(Entry.Outcome.init)
      case .flag: flag = try Self.text(&reader, like: last?.content.flag.text)
      case .store: store = try Self.text(&reader, like: last?.content.store)
      case .note: note = try Self.text(&reader, like: last?.content.note?.path)
      case .noteDigest: noteDigest = try Self.text(&reader, like: last?.content.note?.digest)
      case .from: from = Place(try reader.value())
      case .to: to = Place(try reader.value())
      case .reason: reason = try Self.text(&reader, like: last?.content.reason)
      case .evidenceDigest: evidenceDigest = try Self.text(&reader, like: last?.content.evidenceDigest)
      case .detail: detail = try reader.value().members ?? []
      case .previous: previous = try Self.span(&reader)?.range
      case .hash: hash = try Self.span(&reader)?.range
      case nil: try reader.skipValue()
      }
    }

    /// Where a text stands; nil for another kind of value.
    private static func span(_ reader: inout JSONReader) throws(JSONError) -> JSONReader.Name? {
      guard reader.peek() == UInt8(ascii: "\"") else {
        try reader.skipValue()
        return nil
      }
      let start = reader.position + 1
      let escaped = try reader.skipString()
      return JSONReader.Name(range: start..<(reader.position - 1), escaped: escaped)
    }

    /// A text; where it says the same as the one that is `known`, nothing new is made for it.
    private static func text(_ reader: inout JSONReader, like known: String? = nil) throws(JSONError) -> String? {
      guard let span = try span(&reader) else { return nil }
      if let known, !span.escaped, isText(known, UnsafeBufferPointer(rebasing: reader.bytes[span.range])) {
        return known
      }
      return reader.text(of: span)
    }

    func entry(hash: String) -> Entry? {
      guard let sequence, let time, let actor, let host, let action, let outcome, let flag, let store else {
        return nil
      }
      var content = Entry.Content(
        action, outcome, flag: FlagKey(flag), store: store, from: from, to: to, reason: reason, written: detail)
      if let note, let noteDigest { content.note = NoteReference(path: note, digest: noteDigest) }
      content.evidenceDigest = evidenceDigest
      return Entry(sequence: sequence, time: time, actor: actor, host: host, content: content, hash: hash)
    }
  }
}

extension Place {
  package var json: JSON {
    switch self {
    case .off: ["off": true]
    case .stage(let index, let name): ["stage": .number(index), "name": .string(name)]
    case .killed(let variant): ["killed": .text(variant)]
    case .finished: ["finished": true]
    case .abandoned: ["abandoned": true]
    }
  }

  init?(_ json: JSON) {
    if json["off"] == true {
      self = .off
    } else if let index = json["stage"]?.integer, let name = json["name"]?.text {
      self = .stage(index, name: name)
    } else if let variant = json["killed"] {
      guard variant == .null || variant.text != nil else { return nil }
      self = .killed(serving: variant.text)
    } else if json["finished"] == true {
      self = .finished
    } else if json["abandoned"] == true {
      self = .abandoned
    } else {
      return nil
    }
  }
}
