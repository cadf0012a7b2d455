/// Where a flag lives: it is read, written, killed, and examined here, and says how it does each.
package protocol FlagStore: Sendable {
  /// As the operator writes it and the journal keeps it: `file:flags.json`.
  var address: String { get }

  /// The same for two addresses of one store.
  var identity: String { get }

  /// What a journal keeps of the store that a rollout is started on. Where the store has told which one it is, that
  /// outlasts its address; so it is asked for after an answer.
  var lasting: String { get }

  /// Whether a journal that kept this means this store. One that is kept in the store itself says more.
  func isMeant(by kept: String, keepingItsJournal: Bool) -> Bool

  /// Where this store's journals are kept when nobody says otherwise.
  var journalFolder: Folder { get }

  /// Whether it is asked over a network.
  var isRemote: Bool { get }

  /// How many of its flags may be killed at the same time.
  var width: Int { get }

  /// Whether its journals are usually kept in the store itself; then no pointer beside it leads elsewhere.
  var keepsJournals: Bool { get }

  /// The same store where it can keep journals and change a flag and its journal in one step; nil where it cannot. Asked
  /// for, and not looked for by a cast, which takes longer than all else that is decided about it.
  var journaling: (any JournalingStore)? { get }

  /// Whether its readers deal units by the hash that a note's `Flag hash:` names, and not by one of the platform's own.
  var dealsByFlagHash: Bool { get }

  /// Whether a flag that is being made shows as killed until it is switched on, by the last request of several.
  var switchesOnLast: Bool { get }

  /// Whether no verb changes the value of a variant there: it would change for others at once, or applications ask for
  /// the variant's name and not for its value. A finished flag then serves its canary.
  var keepsValues: Bool { get }

  /// Whether variants come with the rules that rolloutctl writes, so that a flag which is off without any has none to differ
  /// from the note's.
  var keepsVariantsInRules: Bool { get }

  /// The flag as it stands; inside, nil when the store has none of that name.
  func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading

  /// Several flags in one look.
  func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading]

  /// Every flag's key with its mark, in the store's order.
  func list() throws(StoreTrouble) -> [ListedFlag]

  /// Those of them that could be had where not all could: a kill turns off what is known.
  func listPart() -> [ListedFlag]

  /// Told before a flag is read, where a note says whether it has variants: a platform may keep such flags elsewhere.
  func expects(_ key: FlagKey, hasVariants: Bool)

  /// Puts the flag in the place of what `reading` saw, or refuses when that is no longer there. The answer was read
  /// back after the write.
  func write(_ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion) throws(StoreTrouble) -> FlagReading

  /// Turns the flag off by a way that takes neither token nor approval, where the environment knows one for it. Whether
  /// it is off then, a look tells. False where there is no such way.
  func breakGlass(_ key: FlagKey) throws(StoreTrouble) -> Bool

  /// Puts together again what a crash left in the middle of a write. A sentence about it; nil where there is nothing to
  /// mend.
  func mend(_ urgency: Urgency) throws(StoreTrouble) -> String?

  /// What a kill looks at: each flag as it stands at the source, past every cache between, in as few requests as that
  /// takes. What is wrong with one flag hides no other.
  func look(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>]

  /// The changes of a kill, in as few requests as they take. Nobody looks at them here: whoever kills many flags looks at
  /// all of them at once.
  func send(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>]

  /// How many orders of a kill go into one `send`.
  var batch: Int { get }

  /// How a flag is turned off by one write that no look has to come before.
  var killSwitch: KillSwitch { get }

  /// That one write. Where there is no such switch nobody calls it.
  func switchOff(_ key: FlagKey, _ occasion: Occasion) throws(StoreTrouble)

  /// The flags as the last change left them, where a kill may be sent on that before the first look is answered: the
  /// store itself refuses it where it does not fit any more. Nil where it may not.
  func remembered(_ keys: [FlagKey]) -> [FlagKey: FlagReading]?

  /// Keeps the last look for that. It may wait for a disk, so it comes when all is told.
  func keepLook()

  /// What whoever reads of a change should know, found out while the store was asked: a change that nothing guarded, a
  /// cache between.
  var caveats: [String] { get }

  /// Why the last change may have overwritten what somebody else did, for the journal; nil where that cannot be.
  var lapse: String? { get }
  /// What whoever made an ordinary change should know of it: what the platform would not say, or what some of its readers
  /// do not understand.
  var remarks: [String] { get }

  /// How long a kill of so many flags takes at least, because the platform takes only so many changes in a time; nil
  /// where no limit that is known stands in its way.
  func timeToKill(_ count: Int) -> TimeSpan?

  /// How long running applications may go on serving the old answer.
  var propagation: TimeSpan { get }

  /// Whether it is one of several copies, so that a change here reaches applications that read another when that is made
  /// the same. It may take a look at the disk.
  var isWorkingCopy: Bool { get }

  /// How a person turns the flag off without rolloutctl. `variant` is what everybody shall get, where that is known.
  func byHand(_ key: FlagKey, serving variant: String?) -> ByHand

  /// Who tells what applications are served, where the store itself evaluates its flags; nil where it does not.
  var evaluator: (any Evaluator)? { get }

  /// Whether a flag may lose its mark, which stands beside it, without anything else being changed.
  var losesMarks: Bool { get }

  /// What whoever looks at one flag should know beside who is served. It may take requests of its own.
  func remarks(on key: FlagKey) -> [String]

  /// Whether a kill would work right now, without a change that anybody could see.
  func examine() -> [DoctorCheck]

  /// The same for what is special about one flag.
  func examine(_ key: FlagKey) -> [DoctorCheck]

  /// What may turn the flag on again after a kill without anybody deciding that: a schedule, a workflow, somebody else
  /// who writes the file. In sentences; asked when the flag is off.
  func undoers(_ key: FlagKey) -> [String]

  /// How many answers one after the other a kill of one flag takes at most; none where it waits for no server.
  var answersOfKill: Int { get }
}

extension FlagStore {
  package var lasting: String { identity }
  package func isMeant(by kept: String, keepingItsJournal: Bool) -> Bool { kept == lasting }

  package var isRemote: Bool { true }
  package var width: Int { 8 }

  package var keepsJournals: Bool { false }

  package var journaling: (any JournalingStore)? { nil }

  package var dealsByFlagHash: Bool { false }

  package var switchesOnLast: Bool { false }

  package var evaluator: (any Evaluator)? { nil }

  package var losesMarks: Bool { false }

  package var isWorkingCopy: Bool { false }

  package func remarks(on key: FlagKey) -> [String] { [] }
  package var keepsValues: Bool { false }

  package var keepsVariantsInRules: Bool { false }

  package func listPart() -> [ListedFlag] { [] }

  package func expects(_ key: FlagKey, hasVariants: Bool) {}

  package func breakGlass(_ key: FlagKey) throws(StoreTrouble) -> Bool { false }

  package func mend(_ urgency: Urgency) throws(StoreTrouble) -> String? { nil }

  package func examine(_ key: FlagKey) -> [DoctorCheck] { [] }

  package func undoers(_ key: FlagKey) -> [String] { [] }

  /// A look, the write, and a look that confirms it.
  package var answersOfKill: Int { isRemote ? 3 : 0 }

  package func look(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    // Some stores read many for show only, without a version, and nothing can be written against that.
    if keys.count > 1, let readings = try? read(keys), !readings.values.contains(where: \.version.isEmpty) {
      return readings.mapValues { .success($0) }
    }
    var looks: [FlagKey: Result<FlagReading, StoreTrouble>] = [:]
    for key in keys {
      do throws(StoreTrouble) {
        looks[key] = .success(try read(key))
      } catch {
        looks[key] = .failure(error)
      }
    }
    return looks
  }

  /// The same of a kill that is meant: what a crash tore keeps it from nothing.
  func lookMending(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    let looks = look(keys)
    let isTorn = looks.values.contains { look in
      if case .failure(let trouble) = look { trouble.isTorn } else { false }
    }
    guard isTorn, (try? mend(.kill)) != nil else { return looks }
    return look(keys)
  }

  func listMending() throws(StoreTrouble) -> [ListedFlag] {
    do throws(StoreTrouble) {
      return try list()
    } catch {
      guard error.isTorn, try mend(.kill) != nil else { throw error }
      return try list()
    }
  }

  package func send(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    orders.map { order in
      do throws(StoreTrouble) {
        _ = try write(order.flag, replacing: order.reading, order.occasion)
        return .success(.flag)
      } catch {
        return .failure(error)
      }
    }
  }

  package var batch: Int { 1 }

  package func remembered(_ keys: [FlagKey]) -> [FlagKey: FlagReading]? { nil }

  package func keepLook() {}

  package var caveats: [String] { [] }

  package var lapse: String? { nil }
  package var remarks: [String] { [] }

  package var killSwitch: KillSwitch { .none }

  package func switchOff(_ key: FlagKey, _ occasion: Occasion) throws(StoreTrouble) {}

  package func timeToKill(_ count: Int) -> TimeSpan? { nil }

  package func write(
    _ flag: Flag, replacing reading: FlagReading, urgency: Urgency
  ) throws(StoreTrouble) -> FlagReading {
    try write(flag, replacing: reading, Occasion(urgency))
  }
}

/// What becomes of one flag by a kill, over what was read of it.
package struct KillOrder: Sendable {
  package let flag: Flag
  package let reading: FlagReading
  package let occasion: Occasion
  /// The entry about it, where the store keeps the journal and takes both together.
  package let piece: EtcdFiles.Piece?

  package init(_ flag: Flag, over reading: FlagReading, _ occasion: Occasion, piece: EtcdFiles.Piece? = nil) {
    (self.flag, self.reading, self.occasion, self.piece) = (flag, reading, occasion, piece)
  }

  package var key: FlagKey { reading.key }

  // MARK: In the text of a lock

  /// What these orders give everybody, in a line.
  static func named(_ orders: [KillOrder]) -> String {
    let members = orders.map { order -> JSON.Member in
      if case .everyone(let variant) = order.flag.serving { return JSON.Member(order.key.text, .string(variant)) }
      return JSON.Member(order.key.text, .null)
    }
    return JSON.object([JSON.Member("kill", .object(members))]).written(.compact)
  }

  /// The same, out of a lock's text; a flag without a variant leaves applications to their own default.
  static func variants(namedBy text: [UInt8]) -> [(key: FlagKey, variant: String?)]? {
    guard let end = text.firstIndex(of: 0x0A), let line = try? JSON.parse(Array(text[(end + 1)...])),
      let members = line["kill"]?.members
    else { return nil }
    return members.map { (FlagKey($0.name), $0.value.text) }
  }
}

/// What of an order a store took.
package enum Sent: Hashable, Sendable {
  /// The flag alone: there was no entry to keep with it, or the store would not take that one.
  case flag
  case flagAndEntry
}

/// What a change is made for.
package struct Occasion: Sendable {
  package var urgency: Urgency
  /// For the platform's own history, where it keeps comments.
  package var comment: String?

  package init(_ urgency: Urgency, comment: String? = nil) { (self.urgency, self.comment) = (urgency, comment) }
}

package enum Urgency: Sendable {
  /// Waits its turn, and is refused where readers of the store could not follow.
  case ordinary
  /// Waits its turn too, but a lock that cannot be made does not stop it.
  case narrowing
  /// A kill: waits at most 2 s for anybody, then goes on without the lock.
  case kill
  /// A kill in a store whose lock was waited for in vain: waits for nobody.
  case killAtOnce

  var isKill: Bool { self == .kill || self == .killAtOnce }

  /// How long it waits for whoever holds the store's lock.
  var patience: TimeSpan {
    switch self {
    case .ordinary, .narrowing: TimeSpan(seconds: 10)
    case .kill: TimeSpan(seconds: 2)
    case .killAtOnce: .zero
    }
  }
}

/// A store that can keep journals too, and change a flag and append to its journal in one step, or neither.
package protocol JournalingStore: FlagStore {
  /// Whether these files are kept in this very store.
  func keeps(_ files: any Files) -> Bool

  func write(
    _ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion, appending pieces: [EtcdFiles.Piece]
  ) throws(StoreTrouble) -> FlagReading
}

extension JournalingStore {
  package var journaling: (any JournalingStore)? { self }
}
