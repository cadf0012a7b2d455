/// A flagd flag-definition file: the store that needs no server, and that OpenFeature's SDKs read as it is.
///
/// It edits its own flag and leaves every other byte as it was. A change is made against the flag as it was read, under
/// a lock, and put in place in one step; whoever writes without asking for the lock does not lose anything by it.
package struct FileStore: FlagStore {
  /// Far more than any flag file; read at once.
  package static let sizeLimit = 64 << 20

  package let address: String
  /// Readers of files poll; the providers for Node and Java do so every 5 s and take up to 0.2 s more, Python's twice a second.
  package let propagation = TimeSpan(seconds: 6)

  /// Absolute, and as it was named: symbolic links are followed when it is opened.
  let path: String
  let context: Context
  let staysInPlace: Bool
  private let isLive: Bool
  let readers: FlagReaders
  private let last = Remembered<FlagDocument>()
  let losses = Remembered<[String]>([])
  private let vain = Remembered(0)

  /// `path` is absolute; `address` is how the operator wrote it.
  package init(
    path: String, address: String, context: Context, staysInPlace: Bool = false, isLive: Bool = false,
    readers: FlagReaders = .all
  ) {
    (self.path, self.address, self.context) = (path, address, context)
    (self.staysInPlace, self.isLive, self.readers) = (staysInPlace, isLive, readers)
  }

  package var isWorkingCopy: Bool {
    guard !isLive else { return false }
    return WorkingCopy(around: real, context.files)?.keeps(real) ?? false
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
    let bytes = try asStore { () throws(FileTrouble) in try self.bytes(at: path) }
    do throws(StoreTrouble) {
      return try FlagDocument.list(bytes, path: path)
    } catch {
      throw named(error, bytes)
    }
  }

  package func write(
    _ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion
  ) throws(StoreTrouble) -> FlagReading {
    let urgency = occasion.urgency
    let meant = FlagdFlag.normal(flag)
    // What the store cannot express is said before anything is touched.
    _ = try FlagdFlag(key: reading.key).members(for: meant, over: nil)
    var new: FlagDocument?
    let real = try replace(urgency) { (bytes) throws(StoreTrouble) in
      let old = try document(of: bytes, [reading.key])
      if !urgency.isKill, let refusal = old.refusal { throw refusal }
      _ = try old.reading()
      guard old.isUnchanged(since: reading) else { throw .changedMeanwhile(path: path) }
      let document = try old.setting(meant, urgency: urgency)
      new = document
      return document.bytes
    }
    guard let new else { throw .changedMeanwhile(path: path) }
    return try confirmed(new, meant, at: real)
  }

  /// All changes of a kill in one replacement of the file, and nobody looks at them here. What is wrong with one flag
  /// keeps no other from its change.
  package func send(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    guard let urgency = orders.first?.occasion.urgency else { return [] }
    var outcomes: [Result<Sent, StoreTrouble>?] = orders.map { _ in nil }
    do throws(StoreTrouble) {
      _ = try replace(urgency, killing: orders) { (bytes) throws(StoreTrouble) in
        let revision = try document(of: bytes, orders.map(\.key)).carryingOut(orders)
        // A flag that nobody could change in one round may be as it was read in the next.
        outcomes = orders.indices.map { index in revision.refused[index].map { .failure($0) } }
        return revision.bytes
      }
    } catch {
      return outcomes.map { $0 ?? .failure(error) }
    }
    return outcomes.map { $0 ?? .success(.flag) }
  }

  /// How often a change begins anew because somebody was at the file, and after how many times a kill goes on whatever
  /// they do.
  private static let (rounds, patientRounds) = (16, 8)
  /// After so many a file whose bytes stay is taken for the same, whatever number it has: some file systems give a file
  /// another one whenever they are asked.
  private static let strictRounds = 4
  /// After so many new files that could not take the place of the old one a kill writes into that.
  private static let vainTries = 8

  /// The change of a file, under its lock, again and again until it is in place: each round starts from the file as
  /// somebody else left it in between. The answer is where the file really lies.
  func replace(
    _ urgency: Urgency, killing orders: [KillOrder] = [], editing edit: ([UInt8]) throws(StoreTrouble) -> [UInt8]
  ) throws(StoreTrouble) -> String {
    var held: (real: String, lock: (any FileLock)?)?
    defer { held?.lock?.release() }
    // What somebody wrote into a file that is replaced by ours already.
    var theirs: [UInt8]?
    var last: [UInt8]?
    for round in 0..<Self.rounds {
      let real = try asStore { () throws(FileTrouble) in try context.files.realPath(path) }
      let replacement = FileReplacement(path: real, context: context, staysInPlace: staysInPlace)
      if held.map({ $0.real != real || $0.lock?.isFound == false }) ?? true {
        held?.lock?.release()
        held = (real, try lock(besides: real, urgency, killing: orders))
        if !urgency.isKill { replacement.sweep() }
      }
      let lock = held?.lock
      let look = try asStore { () throws(FileTrouble) in try replacement.look(limit: Self.sizeLimit) }
      let new: [UInt8]
      do throws(StoreTrouble) {
        new = try edit(theirs ?? look.file.bytes)
      } catch {
        if let theirs { giveBack(theirs, over: look, replacement, urgency) }
        throw error
      }
      if new == look.file.bytes { return real }
      let outcome: FileReplacement.Outcome
      do throws(FileTrouble) {
        outcome = try replacement.replace(
          look, with: new, urgency, insists: urgency.isKill && round >= Self.patientRounds,
          byBytes: round >= Self.strictRounds && last == look.file.bytes,
          isLast: (vain.last ?? 0) >= Self.vainTries
        ) {
          (try? context.files.realPath(path)) == real && lock?.isFound != false
        }
      } catch {
        vain.change { $0 += 1 }
        throw .file(error)
      }
      // Whoever took the lock from us killed something, and our move may have come after that.
      if outcome != .overtaken, !urgency.isKill, lock?.isFound == false, killAgain(besides: real) {
        throw .overran(path: path)
      }
      last = look.file.bytes
      switch outcome {
      case .landed(let overran):
        if !urgency.isKill { replacement.keepSpare(for: new) }
        if overran { losses.change { $0.append(Sentences.overran(path)) } }
        if overran, !urgency.isKill { throw .overran(path: path) }
        return real
      case .landedInside(let trouble):
        let why = Sentences.file(trouble)
        losses.change {
          $0.append("it was written into \(path) itself, since no new file could take its place (\(why))")
        }
        return real
      case .landedOver(let bytes): theirs = bytes
      case .overtaken:
        if theirs != nil { losses.change { $0.append(Sentences.overran(path)) } }
        theirs = nil
      }
    }
    throw .changedMeanwhile(path: path)
  }

  /// What somebody wrote into the file in the moment in which it was replaced, and which our change does not go together
  /// with: it gets its name back. Under a kill, which stays, it lies beside the file.
  private func giveBack(
    _ theirs: [UInt8], over look: FileReplacement.Look, _ replacement: FileReplacement, _ urgency: Urgency
  ) {
    if !urgency.isKill {
      let outcome = try? replacement.replace(look, with: theirs, urgency, insists: true) { true }
      if outcome == .landed(overran: false) { return }
    }
    let place = "\(replacement.path).rollout-theirs-\(context.surroundings.process)"
    let isKept = (try? context.files.create(place, theirs, like: look.file.facts)) != nil
    let sentence = "somebody wrote into \(path) in that moment"
    losses.change { $0.append(isKept ? "\(sentence); what they wrote is in \(place)" : Sentences.overran(path)) }
  }

  /// What others lost by our changes.
  package var caveats: [String] { losses.last ?? [] }

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
    // Whoever moved the link meanwhile has the word: nobody reads what was written.
    guard (try? context.files.realPath(path)) == real else { throw .changedMeanwhile(path: path) }
    let document = try document(at: real, new.keys)
    let reading = try document.reading()
    guard let flag = reading.flag, FlagdFlag.isSame(flag, as: meant) else { throw .notAsWritten(path: path) }
    if let rejected = document.rejectedByReaders { throw rejected }
    return reading
  }

  /// An ordinary change waits its turn. A kill waits 2 s and then takes the lock away from whoever has it, and writes into
  /// the new one what it kills: whoever hangs in the middle of a move finds that afterwards, and kills it again.
  private func lock(
    besides real: String, _ urgency: Urgency, killing orders: [KillOrder]
  ) throws(StoreTrouble) -> (any FileLock)? {
    let folder = "\(real).rollout"
    let (holder, path) = (context.holderNow(), "\(folder)/lock")
    do throws(FileTrouble) {
      try context.files.makeFolder(folder)
      do throws(FileTrouble) {
        return try context.files.lock(path, holder: holder, patience: urgency.patience)
      } catch {
        guard urgency.isKill, error.isHeld else { throw error }
      }
      try context.files.remove(path)
      return try context.files.lock(path, holder: holder + "\n" + KillOrder.named(orders), patience: .zero)
    } catch {
      if urgency.isKill { return nil }
      if urgency == .narrowing, !error.isHeld { return nil }
      throw .file(error)
    }
  }

  /// Kills what the kill that has our lock now says that it kills; false where it says nothing.
  private func killAgain(besides real: String) -> Bool {
    guard let bytes = try? context.files.read("\(real).rollout/lock", limit: 1 << 20),
      let variants = KillOrder.variants(namedBy: bytes)
    else { return false }
    let keys = variants.map(\.key)
    _ = try? replace(.kill) { (bytes) throws(StoreTrouble) in
      let document = try document(of: bytes, keys)
      let readings = document.readings()
      let orders = variants.compactMap { key, variant -> KillOrder? in
        guard let reading = try? readings[key]?.get(), var flag = reading.flag else { return nil }
        flag.serving = variant.map { .everyone($0) } ?? .applicationDefault
        flag.mark = Flag.Mark(killed: true, killsTo: variant, head: flag.mark?.head)
        return KillOrder(flag, over: reading, Occasion(.kill))
      }
      return try document.carryingOut(orders).bytes
    }
    return true
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
    do throws(StoreTrouble) {
      let document = try FlagDocument(bytes, keys: keys, path: path, for: readers)
      last.last = document
      return document
    } catch {
      throw named(error, bytes)
    }
  }

  /// The same of bytes that were read just now.
  private func document(of bytes: [UInt8], _ keys: [FlagKey]) throws(StoreTrouble) -> FlagDocument {
    if let last = last.last, last.keys == keys, last.bytes == bytes { return last }
    let document = try FlagDocument(bytes, keys: keys, path: path, for: readers)
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
