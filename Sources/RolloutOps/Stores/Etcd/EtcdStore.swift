/// Flags in etcd: a key for each, with the flagd flag as its value. The journals are beside them, and a flag and the
/// entries about it change together or not at all.
package struct EtcdStore: JournalingStore {
  package let address: String
  /// etcd tells its watchers at once; what stands between it and the applications is theirs.
  package let propagation = TimeSpan(seconds: 1)

  /// `/prod`: the flags are `/prod/KEY`, the journals `/prod.rollout/KEY.journal@…`.
  let prefix: String
  let files: EtcdFiles
  private let root: String
  private let base: String
  /// The flags as they were seen last, by key.
  let seen = Remembered<[FlagKey: EtcdDoor.Item]>.empty

  var door: EtcdDoor { files.door }

  init(_ members: [WebAddress], prefix: String, address: String, _ terms: StoreTerms, _ context: Context) {
    (self.prefix, self.address, base) = (prefix, address, terms.root)
    root = Self.root(members)
    files = EtcdFiles(EtcdDoor(members, terms, context), root: root, clock: context.clock)
  }

  /// A folder of files in etcd, for journals of flags that live elsewhere.
  package static func folder(
    _ members: [WebAddress], prefix: String, _ terms: StoreTerms, _ context: Context
  ) -> Folder {
    let root = root(members)
    let files = EtcdFiles(EtcdDoor(members, terms, context), root: root, clock: context.clock)
    return Folder(path: root + prefix, files: files, base: terms.root)
  }

  private static func root(_ members: [WebAddress]) -> String {
    "etcd+" + members.map(\.place).joined(separator: ",")
  }

  package var dealsByFlagHash: Bool { true }

  package var identity: String { root + prefix }

  package var keepsJournals: Bool { true }
  package var width: Int { 32 }
  package var batch: Int { 32 }

  package var journalFolder: Folder { Folder(path: "\(root)\(prefix).rollout", files: files, base: base) }

  func name(_ key: FlagKey) -> String { "\(prefix)/\(key.text)" }
  /// For people.
  func place(_ key: FlagKey) -> String { "\(root)\(name(key))" }

  // MARK: Reading

  package func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading {
    try reading(key, look(key))
  }

  package func read(_ keys: [FlagKey]) throws(StoreTrouble) -> [FlagKey: FlagReading] {
    var readings: [FlagKey: FlagReading] = [:]
    // A transaction of etcd has at most 128 operations.
    var rest = keys[...]
    while !rest.isEmpty {
      let some = rest.prefix(100)
      rest = rest.dropFirst(100)
      let found = try door.read(some.map { .key(name($0)) })
      for (key, items) in zip(some, found) { readings[key] = try reading(key, items.first) }
    }
    return readings
  }

  package func list() throws(StoreTrouble) -> [ListedFlag] {
    try door.range(prefix + "/").map { item in
      let key = FlagKey(String(item.key.dropFirst(prefix.count + 1)))
      let mark = (try? JSON.parse(item.value)).flatMap { FlagdFlag.mark($0["metadata"]) }
      return ListedFlag(key: key, mark: mark)
    }
  }

  private func look(_ key: FlagKey) throws(StoreTrouble) -> EtcdDoor.Item? {
    let item = try door.get(name(key))
    seen.change { $0[key] = item }
    return item
  }

  func reading(_ key: FlagKey, _ item: EtcdDoor.Item?) throws(StoreTrouble) -> FlagReading {
    guard let item else { return FlagReading(key: key, flag: nil, version: Self.absent, spelled: nil) }
    let found = try document(key, item).reading()
    return FlagReading(
      key: key, flag: found.flag, version: String(item.revision), spelled: found.spelled, trouble: found.trouble)
  }

  static let absent = "absent"

  // MARK: Writing

  package func write(
    _ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion
  ) throws(StoreTrouble) -> FlagReading {
    try write(flag, replacing: reading, occasion, appending: [])
  }

  package func keeps(_ files: any Files) -> Bool { (files as? EtcdFiles)?.door.identity == door.identity }

  package func write(
    _ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion, appending pieces: [EtcdFiles.Piece]
  ) throws(StoreTrouble) -> FlagReading {
    let key = reading.key
    let meant = FlagdFlag.normal(flag)
    var item = seen.last?[key]
    if reading.version == Self.absent {
      item = nil
    } else if item.map({ String($0.revision) }) != reading.version {
      item = try look(key)
      guard item.map({ String($0.revision) }) == reading.version else { throw .changedMeanwhile(path: place(key)) }
    }
    let old = try document(key, item)
    if !occasion.urgency.isKill, let refusal = old.refusal { throw refusal }
    let new = try old.setting(meant, urgency: occasion.urgency)
    let change = change(key, to: new.spelled ?? [], over: item, pieces)
    guard try door.commit(change.steps, if: change.conditions, change.repeats) else {
      throw .changedMeanwhile(path: place(key))
    }
    return try confirmed(key, meant)
  }

  struct Change {
    var steps: [EtcdDoor.Step]
    var conditions: [EtcdDoor.Premise]
    var repeats: EtcdDoor.Repeats
  }

  /// The flag, only while it is what was read, and the entries about it.
  ///
  /// A copy of it that arrives late does nothing: by then the flag's revision is another, and the entries are there. Of a
  /// new flag without entries nothing is left once somebody takes it away again, so that is sent once.
  func change(
    _ key: FlagKey, to value: [UInt8], over item: EtcdDoor.Item?, _ pieces: [EtcdFiles.Piece]
  ) -> Change {
    let pieces = pieces.map(files.steps)
    let condition = item.map { EtcdDoor.Premise.unchanged($0.key, since: $0.revision) } ?? .absent(name(key))
    return Change(
      steps: [.put(name(key), value)] + pieces.map(\.step), conditions: [condition] + pieces.map(\.condition),
      repeats: item == nil && pieces.isEmpty ? .never : .underConditions)
  }

  /// What stands there now, if it is what was meant.
  private func confirmed(_ key: FlagKey, _ meant: Flag) throws(StoreTrouble) -> FlagReading {
    let back = try read(key)
    guard let flag = back.flag, FlagdFlag.isSame(flag, as: meant) else { throw .notAsWritten(path: place(key)) }
    if let trouble = back.trouble, case .rejectedByReaders = trouble { throw trouble }
    return back
  }

  // MARK: A flag as a document of one

  /// What stands around a flag's value in a document that holds it alone.
  private func around(_ key: FlagKey) -> (before: [UInt8], after: [UInt8]) {
    (Array("{\"flags\":{\(JSON.string(key.text).written()):".utf8), Array("}}".utf8))
  }

  func document(_ key: FlagKey, _ item: EtcdDoor.Item?) throws(StoreTrouble) -> FlagDocument {
    let (before, after) = around(key)
    let bytes = item.map { before + $0.value + after } ?? Array("{\"flags\":{}}".utf8)
    return try FlagDocument(bytes, key: key, path: place(key))
  }
}
