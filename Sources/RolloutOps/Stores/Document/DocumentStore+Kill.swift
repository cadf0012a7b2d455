/// What a kill asks of a document: a look at the source, one change for all of its flags, and what was seen last time.
extension DocumentStore {
  /// One request for all. Nobody waits for somebody else's look here: a second one may go out beside a slow first.
  package func look(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    do throws(StoreTrouble) {
      return try FlagDocument(freshLook().bytes, keys: keys, path: place, for: client.terms.readers).readings()
    } catch {
      return Dictionary(keys.map { ($0, .failure(error)) }) { first, _ in first }
    }
  }

  /// One change of the document for all of them, which depends on what the last look saw. It goes out also where every
  /// flag stands as it shall: only the source itself can tell whether it does.
  package func send(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    guard !orders.isEmpty else { return [] }
    let outcomes = sendTogether(orders)
    let isRefused = outcomes.contains { outcome in
      if case .failure(.refused(let refusal)) = outcome { refusal.reason == .rejected } else { false }
    }
    // A server that minds one flag's change must not keep the others on.
    guard isRefused, orders.count > 1 else { return outcomes }
    return orders.flatMap { sendTogether([$0]) }
  }

  private func sendTogether(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    var refused: [Int: StoreTrouble] = [:]
    do throws(StoreTrouble) {
      let seen = try startingLook()
      let revision = try FlagDocument(seen.bytes, keys: orders.map(\.key), path: place, for: client.terms.readers)
        .carryingOut(orders)
      refused = revision.refused
      if refused.count < orders.count {
        guard try put(revision.bytes, over: seen) else {
          throw memory.now.isCopied ? copied : .changedMeanwhile(path: place)
        }
      }
    } catch {
      return orders.indices.map { .failure(refused[$0] ?? error) }
    }
    return orders.indices.map { index in refused[index].map { .failure($0) } ?? .success(.flag) }
  }

  // MARK: Telling

  /// How long caches may go on serving the document as it was, as far as the server says; nil where nothing says that
  /// any does.
  package var cacheBound: TimeSpan? {
    guard let lifetime = memory.now.signs?.lifetime, lifetime > .zero else { return nil }
    return lifetime
  }

  package var caveats: [String] {
    let facts = memory.now
    var sentences = [lapse].compactMap(\.self)
    if facts.isOutOfReach {
      sentences.append(
        "a cache before \(client.base.place) answers whatever it is asked; what stands behind it, only the change itself "
          + "could check")
    }
    if let bound = cacheBound {
      sentences.append("caches may serve \(place) as it was for up to \(bound); applications behind one follow then")
    } else if facts.signs?.isBetween == true, facts.signs?.lifetime == nil {
      sentences.append(
        "a cache stands before \(client.base.place), and how long it serves what was, only its own settings say; "
          + "applications behind it follow then")
    }
    return sentences
  }

  // MARK: The look of last time

  /// Far more than a document of flags has; a longer one is looked at first.
  private static let longestKept = 4 << 20
  private static let keptName = "last.look"

  /// What the last change left, where its server is known to refuse a change that depends on another state: then a kill
  /// may be sent on it at once, and is refused where somebody was there in between.
  package func remembered(_ keys: [FlagKey]) -> [FlagKey: FlagReading]? {
    guard let kept = kept() else { return nil }
    memory.with { $0.keepsConditions = $0.keepsConditions ?? kept.keepsConditions }
    guard kept.keepsConditions == true, let look = kept.look, look.isGuarded,
      let document = try? FlagDocument(look.bytes, keys: keys, path: place, for: client.terms.readers)
    else { return nil }
    let isFirst = memory.with { facts -> Bool in
      guard facts.last == nil else { return false }
      facts.last = look
      return true
    }
    // Who looked already knows better.
    guard isFirst else { return nil }
    let readings = document.readings().compactMapValues { try? $0.get() }
    return readings.isEmpty ? nil : readings
  }

  /// Keeps it beside the journals, where there are any. What fails here costs the next kill one more answer.
  package func keepLook() {
    let facts = memory.now
    guard let conditions = facts.keepsConditions else { return }
    // A kill may begin with a look where the server guards and has a strong tag for it; else that alone is kept.
    let known = conditions ? facts.last : nil
    let look = known.flatMap { $0.isGuarded && $0.bytes.count <= Self.longestKept ? $0 : nil } ?? Look.none
    let folder = journalFolder
    guard (try? folder.files.facts(folder.path))?.kind == .folder else { return }
    if let old = kept(), old.keepsConditions == conditions, old.look ?? Look.none == look { return }
    let head = JSON.object([
      JSON.Member("rolloutctl", .string("look")), JSON.Member("tag", .text(look.tag)),
      JSON.Member("bytes", .number(look.bytes.count)),
      JSON.Member("conditions", .bool(conditions)),
      JSON.Member("sha256", .string(SHA256.hex(look.bytes))),
    ])
    let (path, temporary) = ("\(folder.path)/\(Self.keptName)", "\(folder.path)/\(Self.keptName)-\(process)")
    try? folder.files.remove(temporary)
    do throws(FileTrouble) {
      try folder.files.create(temporary, Array(head.written(.compact).utf8) + [0x0A] + look.bytes, like: nil)
      try folder.files.rename(temporary, to: path)
    } catch {
      try? folder.files.remove(temporary)
    }
  }

  private var process: Int { client.context.surroundings.process }

  /// What is kept of the last look. A file that was cut off has another length than its head says, or no head.
  func kept() -> (look: Look?, keepsConditions: Bool?)? {
    let folder = journalFolder
    guard
      let bytes = try? folder.files.read("\(folder.path)/\(Self.keptName)", limit: Self.longestKept + 4096),
      let end = bytes.firstIndex(of: 0x0A), let head = try? JSON.parse(Array(bytes[..<end])),
      head["rolloutctl"]?.text == "look", head["bytes"]?.integer == bytes.count - end - 1,
      head["sha256"]?.text == SHA256.hex(Array(bytes[(end + 1)...]))
    else { return nil }
    var keepsConditions: Bool?
    if case .bool(let keeps)? = head["conditions"] { keepsConditions = keeps }
    return (head["tag"]?.text.map { Look(bytes: Array(bytes[(end + 1)...]), tag: $0) }, keepsConditions)
  }
}
