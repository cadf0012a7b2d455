/// A flagd flag-definition file: the store that needs no server, and that OpenFeature's SDKs read as it is.
///
/// It edits its own flag and leaves every other byte as it was. A change is made against the flag as it was read, under
/// a lock, and put in place in one step; whoever writes without asking for the lock does not lose anything by it.
package struct FileStore: FlagStore {
  /// Far more than any flag file; read at once.
  package static let sizeLimit = 64 << 20

  package let address: String
  /// Readers of files poll; flagd does so every 5 s, OpenFeature's Python provider twice a second.
  package let propagation = TimeSpan(seconds: 5)

  /// Absolute, and as it was named: symbolic links are followed when it is opened.
  let path: String
  let context: Context
  private let last = Remembered<FlagDocument>()

  /// `path` is absolute; `address` is how the operator wrote it.
  package init(path: String, address: String, context: Context) {
    (self.path, self.address, self.context) = (path, address, context)
  }

  package var dealsByFlagHash: Bool { true }

  package var identity: String { real }

  package var journalFolder: Folder { Folder(path: "\(real).rollout", files: context.files) }

  package var isRemote: Bool { false }
  package var width: Int { 1 }

  /// All of them in one replacement.
  package var batch: Int { .max }

  /// Where the file really lies; the journal and the lock are beside it, whatever link led there.
  var real: String { (try? context.files.realPath(path)) ?? path }

  package func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    try document(at: path, [key]).reading()
  }

  package func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] {
    try document(at: path, keys).overview()
  }

  /// All flags in one pass over the file.
  package func look(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    do throws(StoreTrouble) {
      return try document(at: path, keys).readings()
    } catch {
      return Dictionary(keys.map { ($0, .failure(error)) }) { first, _ in first }
    }
  }

  package func list() throws(StoreTrouble) -> [ListedFlag] {
    try FlagDocument.list(asStore { () throws(FileTrouble) in try bytes(at: path) }, path: path)
  }

  package func write(
    _ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion
  ) throws(StoreTrouble) -> FlagReading {
    let urgency = occasion.urgency
    let meant = FlagdFlag.normal(flag)
    // What the store cannot express is said before anything is touched.
    _ = try FlagdFlag(key: reading.key).members(for: meant, over: nil)
    return try replacing(urgency) { (real, replacement) throws(StoreTrouble) in
      let facts = try asStore { () throws(FileTrouble) in try context.files.facts(real) }
      let old = try document(at: real, [reading.key])
      if !urgency.isKill, let refusal = old.refusal { throw refusal }
      guard try old.reading().version == reading.version else { throw .changedMeanwhile(path: path) }
      let new = try old.setting(meant, urgency: urgency)
      let landed = try asStore { () throws(FileTrouble) in
        try replacement.replace(old.bytes, facts, with: new.bytes, urgency)
      }
      return landed ? try confirmed(new, meant, at: real) : nil
    }
  }

  /// All changes of a kill in one replacement of the file, and nobody looks at them here. What is wrong with one flag
  /// keeps no other from its change.
  package func send(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    guard let urgency = orders.first?.occasion.urgency else { return [] }
    var outcomes: [Result<Sent, StoreTrouble>?] = orders.map { _ in nil }
    do throws(StoreTrouble) {
      try replacing(urgency) { (real, replacement) throws(StoreTrouble) -> Void? in
        let facts = try asStore { () throws(FileTrouble) in try context.files.facts(real) }
        let old = try document(at: real, orders.map(\.key))
        let revision = try old.carryingOut(orders)
        // A flag that nobody could change in one round may be as it was read in the next.
        outcomes = orders.indices.map { index in revision.refused[index].map { .failure($0) } }
        if revision.bytes == old.bytes { return () }
        let landed = try asStore { () throws(FileTrouble) in
          try replacement.replace(old.bytes, facts, with: revision.bytes, urgency)
        }
        return landed ? () : nil
      }
    } catch {
      return outcomes.map { $0 ?? .failure(error) }
    }
    return outcomes.map { $0 ?? .success(.flag) }
  }

  /// Under the lock, again and again until a round has an outcome: each starts from the file as somebody else left it in
  /// between.
  private func replacing<Outcome>(
    _ urgency: Urgency, _ round: (String, FileReplacement) throws(StoreTrouble) -> Outcome?
  ) throws(StoreTrouble) -> Outcome {
    let real = try asStore { () throws(FileTrouble) in try context.files.realPath(path) }
    let lock = try lock(besides: real, urgency)
    defer { lock?.release() }
    let replacement = FileReplacement(path: real, context: context)
    if !urgency.isKill { replacement.sweep() }
    for _ in 0..<16 {
      if let outcome = try round(real, replacement) { return outcome }
    }
    throw .changedMeanwhile(path: path)
  }

  /// A copy is changed and takes the file's name: it has the same mode, and readers never see half of it.
  package func byHand(_ key: FlagKey, serving variant: String?) -> ByHand {
    let (file, copy) = (Shell.word(real), Shell.word("\(real).killed"))
    return ByHand(
      """
      cp -p \(file) \(copy) &&
        \(FlagdFlag.jq(killing: key, serving: variant)) \(file) > \(copy) &&
        mv \(copy) \(file)
      """,
      proof: "\(FlagdFlag.jq(isKilled: key)) \(file)",
      words: FlagdFlag.words(key, serving: variant, in: address), programs: ["jq"],
      remarks: ["jq spaces the whole file anew; whoever edits it at the same time loses that edit"])
  }

  /// What stands on the disk now, if it is what was meant and readers will take it.
  private func confirmed(_ new: FlagDocument, _ meant: Flag, at real: String) throws(StoreTrouble) -> FlagReading {
    last.last = new
    let document = try document(at: real, new.keys)
    let reading = try document.reading()
    guard let flag = reading.flag, FlagdFlag.isSame(flag, as: meant) else { throw .notAsWritten(path: path) }
    if let rejected = document.rejectedByReaders { throw rejected }
    return reading
  }

  /// An ordinary change waits its turn. A kill waits 2 s and then goes on without: the replacement itself notices
  /// whoever writes at the same time.
  private func lock(besides real: String, _ urgency: Urgency) throws(StoreTrouble) -> (any FileLock)? {
    let folder = "\(real).rollout"
    let who = context.surroundings
    let holder = "\(who.actor) on \(who.host), process \(who.process), since \(ISO8601.string(context.clock.now()))"
    do throws(FileTrouble) {
      try context.files.makeFolder(folder)
      return try context.files.lock("\(folder)/lock", holder: holder, patience: urgency.patience)
    } catch {
      if urgency.isKill { return nil }
      if urgency == .narrowing, !error.isHeld { return nil }
      throw .file(error)
    }
  }

  // MARK: Reading

  func bytes(at path: String) throws(FileTrouble) -> [UInt8] {
    try context.files.read(path, limit: Self.sizeLimit)
  }

  /// The file as it is now. A pass over bytes that were passed over before is spared.
  private func document(at place: String, _ keys: [FlagKey]) throws(StoreTrouble) -> FlagDocument {
    if let last = last.last, last.keys == keys {
      let isSame = try asStore { () throws(FileTrouble) in try context.files.holds(place, last.bytes) }
      if isSame { return last }
    }
    let bytes = try asStore { () throws(FileTrouble) in try self.bytes(at: place) }
    let document = try FlagDocument(bytes, keys: keys, path: path)
    last.last = document
    return document
  }

  private func asStore<Answer>(_ body: () throws(FileTrouble) -> Answer) throws(StoreTrouble) -> Answer {
    do throws(FileTrouble) {
      return try body()
    } catch {
      throw .file(error)
    }
  }
}
