/// A watch's last sign of life: a small file beside the journal, replaced at every look.
///
/// A look that finds nothing new is no event, and an entry a minute would bury those that are; so the journal keeps what
/// was done, and this file that somebody is still looking. Nothing is decided by it, and nothing is lost with it.
package struct Heartbeat: Hashable, Sendable {
  package var time: Instant
  package var actor: String
  package var host: String
  package var process: Int
  /// When the next look is due; nil where it looked once, and somebody else keeps the time.
  package var next: Instant?
  /// The exit status that the look would have given.
  package var status: Int
  package var reason: String?
  /// What makes the look another one than the last: a watch that is started anew need not repeat what it told.
  package var gist: String?

  package static let suffix = ".watch"
  private static let longest = 1 << 16

  package init(
    time: Instant, by surroundings: Surroundings, next: Instant?, status: ExitStatus, reason: String?,
    gist: String? = nil
  ) {
    (self.time, self.next, self.status, self.reason) = (time, next, Int(status.rawValue), reason)
    self.gist = gist
    (actor, host, process) = (surroundings.actor, surroundings.host, surroundings.process)
  }

  private init?(_ json: JSON) {
    guard let time = json["time"]?.text.flatMap({ ISO8601.instant($0) }), let actor = json["actor"]?.text,
      let host = json["host"]?.text, let process = json["process"]?.integer, let status = json["exit"]?.integer
    else { return nil }
    (self.time, self.actor, self.host, self.process, self.status) = (time, actor, host, process, status)
    (next, reason) = (json["next"]?.text.flatMap { ISO8601.instant($0) }, json["reason"]?.text)
    gist = json["gist"]?.text
  }

  package var json: JSON {
    [
      "time": .string(ISO8601.precise(time)), "actor": .string(actor), "host": .string(host),
      "process": .number(process), "next": .text(next.map(ISO8601.precise)), "exit": .number(status),
      "reason": .text(reason), "gist": .text(gist),
    ]
  }

  /// Whether it is more than a minute late.
  package func isSilent(at now: Instant) -> Bool { next.map { now.since($0) > .minutes(1) } ?? false }
}

extension Journal {
  private var beatPath: String { path + Heartbeat.suffix }

  /// The last sign of life; nil where nobody watches, or it cannot be read.
  package var heartbeat: Heartbeat? { Heartbeat.read(beatPath, files) }

  /// In one step, and without the journal's lock: whoever moves the rollout never waits for it.
  package func beat(_ heartbeat: Heartbeat) throws(FileTrouble) {
    let line = Array((heartbeat.json.written(.compact) + "\n").utf8)
    try files.put(beatPath, line, by: "\(beatPath)-\(heartbeat.process)", like: nil)
  }
}

extension Heartbeat {
  fileprivate static func read(_ path: String, _ files: any Files) -> Heartbeat? {
    guard let bytes = try? files.read(path, limit: longest), let json = try? JSON.parse(bytes) else { return nil }
    return Heartbeat(json)
  }
}
