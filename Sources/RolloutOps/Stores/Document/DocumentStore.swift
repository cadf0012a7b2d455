/// A flagd document behind an address: any service that serves it with an `ETag` and takes it back by `PUT` with
/// `If-Match`. It changes its own flag and leaves every other byte as it was, as the file store does.
package struct DocumentStore: FlagStore {
  package let address: String
  /// flagd asks for such a document every 5 s where nobody says otherwise.
  package let propagation = TimeSpan(seconds: 6)

  static let tokenVariable = "ROLLOUT_HTTP_TOKEN"
  static let login = StoreClient.Login(user: "ROLLOUT_HTTP_USERNAME", password: "ROLLOUT_HTTP_PASSWORD")

  let client: StoreClient
  let memory = Memory()
  private let looks = JointQuestion<Void, Result<Look, StoreTrouble>>()

  init(_ base: WebAddress, address: String, _ terms: StoreTerms, _ context: Context) {
    self.address = address
    client = StoreClient(base, terms, context, variable: Self.tokenVariable, tokenScheme: "Bearer ", login: Self.login)
  }

  /// All flags are in one document, so whoever comes while it is looked at or changed shares the next request.
  package var width: Int { 128 }
  package var batch: Int { .max }

  package var dealsByFlagHash: Bool { true }

  /// A query tells documents apart, and may hold what nobody should read.
  package var identity: String { place + (client.base.query.map { "?\(SHA256.hex($0).prefix(8))" } ?? "") }

  package var journalFolder: Folder { client.terms.journalFolder(identity, client.context) }

  /// The tag that came with the document guards the change; where none came, curl leaves the empty header out.
  package func byHand(_ key: FlagKey, serving variant: String?) -> ByHand {
    let place = Shell.word(client.base.place + client.base.path)
    let curl = (["curl -fsS"] + client.curlTerms).joined(separator: " ")
    var remarks = [
      "jq spaces the whole document anew; an answer of 412 means that somebody else was first, or, with Apache, that the "
        + "last change is not a second old: paste it again"
    ]
    if client.base.query != nil {
      remarks.append(
        "the address has a query, which is left out here since it may be a secret; put it behind both addresses")
    }
    return ByHand(
      """
      D=$(mktemp -d) &&
        \(curl) -D "$D/head" -o "$D/old" \(place) &&
        \(FlagdFlag.jq(killing: key, serving: variant)) "$D/old" > "$D/new" &&
        \(curl) -X PUT -H 'Content-Type: application/json' \
          -H "If-Match: $(sed -n 's/^[Ee][Tt][Aa][Gg]: *//p' "$D/head" | tr -d '\\r')" --data-binary @"$D/new" \(place) &&
        rm -r "$D"
      """,
      proof: "\(curl) \(place) | \(FlagdFlag.jq(isKilled: key))",
      words: FlagdFlag.words(key, serving: variant, in: address),
      variables: client.login.map { [$0.user, $0.password] } ?? [Self.tokenVariable], remarks: remarks)
  }

  // MARK: Reading

  package func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    try FlagDocument(look().bytes, key: key, path: place, for: client.terms.readers).reading()
  }

  package func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] {
    try FlagDocument(look().bytes, keys: keys, path: place, for: client.terms.readers).overview()
  }

  package func list() throws(StoreTrouble) -> [ListedFlag] { try FlagDocument.list(look().bytes, path: place) }

  /// Where the document is, without its query, which may hold what nobody should read.
  var place: String { client.base.place + client.base.path }

  private func look() throws(StoreTrouble) -> Look {
    let shared = looks.ask(()) { askers in
      let look: Result<Look, StoreTrouble>
      do throws(StoreTrouble) {
        look = .success(try freshLook())
      } catch {
        look = .failure(error)
      }
      return askers.map { look }
    }
    if let shared { return try shared.get() }
    return try freshLook()
  }

  // MARK: Writing

  package func write(
    _ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion
  ) throws(StoreTrouble) -> FlagReading {
    let meant = FlagdFlag.normal(flag)
    // What the store cannot express is said before anything is touched.
    _ = try FlagdFlag(key: reading.key).members(for: meant, over: nil)
    let written = try carryOut(meant, reading, occasion.urgency)
    if !occasion.urgency.isKill { keepWritten() }
    return written
  }

  /// What stands now is what the next kill may begin with.
  private func keepWritten() {
    guard let look = memory.now.last else { return }
    // Where nobody needs the guard it is tried all the same, once: a kill may begin sooner behind one.
    if memory.now.keepsConditions == nil, look.isGuarded { try? prove(look) }
    keepLook()
  }

  /// What was served cannot be what the server has.
  var copied: StoreTrouble { .refused(ServerRefusal(client.base.place, status: 412, .copied)) }

  /// The first round starts from the last look, since the server compares it with what it has; each further one from the
  /// document as somebody else left it in between.
  private func carryOut(_ meant: Flag, _ reading: FlagReading, _ urgency: Urgency) throws(StoreTrouble) -> FlagReading {
    for _ in 0..<16 {
      let look = try startingLook()
      let seen = urgency.isKill ? look : try guarded(look)
      let bytes = try edited(seen.bytes, meant, reading, urgency)
      if try put(bytes, over: seen) { return try confirmed(meant, reading.key, in: self.look()) }
      // What a network brings twice is refused the second time, since the first has landed.
      let now = try self.look()
      if now.bytes == bytes { return try confirmed(meant, reading.key, in: now) }
      if memory.now.isCopied { throw copied }
    }
    throw .changedMeanwhile(path: place)
  }

  private func edited(
    _ bytes: [UInt8], _ meant: Flag, _ reading: FlagReading, _ urgency: Urgency
  ) throws(StoreTrouble) -> [UInt8] {
    let old = try FlagDocument(bytes, key: reading.key, path: place, for: client.terms.readers)
    if !urgency.isKill, let refusal = old.refusal { throw refusal }
    _ = try old.reading()
    guard old.isUnchanged(since: reading) else { throw .changedMeanwhile(path: place) }
    return try old.setting(meant, urgency: urgency).bytes
  }

  /// What the server serves now, if it is what was meant and readers will take it.
  private func confirmed(_ meant: Flag, _ key: FlagKey, in look: Look) throws(StoreTrouble) -> FlagReading {
    let document = try FlagDocument(look.bytes, key: key, path: place, for: client.terms.readers)
    let reading = try document.reading()
    guard let flag = reading.flag, FlagdFlag.isSame(flag, as: meant) else { throw .notAsWritten(path: place) }
    if let rejected = document.rejectedByReaders { throw rejected }
    return reading
  }
}
