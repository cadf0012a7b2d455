/// A kill in etcd: many flags in one question, and many changes in one transaction where nothing stands in their way.
extension EtcdStore {
  /// A transaction of etcd has at most 128 operations.
  private static let operations = 128

  package func look(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    let groups = stride(from: 0, to: keys.count, by: Self.operations).map { start in
      Array(keys[start..<min(keys.count, start + Self.operations)])
    }
    let looks = Crew(threads: min(8, groups.count)).each(groups) { looked($0) }
    return Dictionary(looks.joined(), uniquingKeysWith: { $1 })
  }

  private func looked(_ keys: [FlagKey]) -> [(FlagKey, Result<FlagReading, StoreTrouble>)] {
    let found: [[EtcdDoor.Item]]
    do throws(StoreTrouble) {
      found = try door.read(keys.map { .key(name($0)) })
    } catch {
      // A role may be for some of these keys only, and some of these flags may be longer than any answer.
      guard keys.count > 1, error.isOfSome else { return keys.map { ($0, .failure(error)) } }
      return Crew(threads: width).each(keys) { looked([$0]) }.flatMap(\.self)
    }
    return zip(keys, found).map { key, items in
      seen.change { $0[key] = items.first }
      return (key, Result { () throws(StoreTrouble) in try reading(key, items.first) })
    }
  }

  /// All of them in one transaction. Where one of them stands in its way each goes by itself.
  package func send(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    let changes = orders.map { order in Result { () throws(StoreTrouble) in try change(order) } }
    var sent: [Int: Result<Sent, StoreTrouble>] = [:]
    for group in groups(changes) where group.count > 1 {
      let all = group.compactMap { try? changes[$0].get() }
      do throws(StoreTrouble) {
        guard try door.commit(all.flatMap(\.steps), if: all.flatMap(\.conditions)) else { continue }
        for index in group { sent[index] = .success(orders[index].piece == nil ? .flag : .flagAndEntry) }
      } catch {
        // What may have been done is not done again: the look that follows tells.
        guard error.isSaidByCluster else {
          for index in group { sent[index] = .failure(error) }
          continue
        }
      }
    }
    let alone = orders.indices.filter { sent[$0] == nil }
    let results = Crew(threads: width).each(alone) { index in
      Result { () throws(StoreTrouble) in try send(orders[index], changes[index].get()) }
    }
    for (index, result) in zip(alone, results) { sent[index] = result }
    return orders.indices.compactMap { sent[$0] }
  }

  /// As many as fit into one transaction: by their number, and by what etcd takes at once (1.5 MB, if nobody set another
  /// limit), which Base64 makes a third longer.
  private func groups(_ changes: [Result<Change, StoreTrouble>]) -> [[Int]] {
    var groups: [[Int]] = []
    var (operations, bytes) = (0, 0)
    for (index, change) in changes.enumerated() {
      guard let change = try? change.get(), change.repeats == .underConditions else { continue }
      let size = change.steps.reduce(0) { $0 + $1.size }
      // etcd counts steps and conditions each by themselves.
      let count = max(change.steps.count, change.conditions.count)
      if groups.isEmpty || operations + count > Self.operations || bytes + size > Self.bytes {
        groups.append([])
        (operations, bytes) = (0, 0)
      }
      groups[groups.count - 1].append(index)
      (operations, bytes) = (operations + count, bytes + size)
    }
    return groups
  }

  private static let bytes = 1 << 20

  /// One by itself. What is too long with its entry, or may not have one, goes without.
  private func send(_ order: KillOrder, _ change: Change) throws(StoreTrouble) -> Sent {
    do throws(StoreTrouble) {
      guard try door.commit(change.steps, if: change.conditions, change.repeats) else {
        throw .changedMeanwhile(path: place(order.key))
      }
      return order.piece == nil ? .flag : .flagAndEntry
    } catch {
      guard order.piece != nil, error.isForWantOfRoomOrRight else { throw error }
    }
    let alone = try self.change(KillOrder(order.flag, over: order.reading, order.occasion))
    guard try door.commit(alone.steps, if: alone.conditions, alone.repeats) else {
      throw .changedMeanwhile(path: place(order.key))
    }
    return .flag
  }

  /// What the order makes of the flag as it was read, and of nothing else.
  private func change(_ order: KillOrder) throws(StoreTrouble) -> Change {
    let (key, reading) = (order.key, order.reading)
    var item: EtcdDoor.Item?
    if reading.version != Self.absent {
      item = seen.last?[key]
      if item.map({ String($0.revision) }) != reading.version {
        // Somebody looked again meanwhile. The reading has the flag's own text too.
        guard let revision = Int(reading.version), let text = reading.spelled else {
          throw .changedMeanwhile(path: place(key))
        }
        item = EtcdDoor.Item(key: name(key), value: Array(text.utf8), revision: revision)
      }
    }
    let new = try document(key, item).setting(FlagdFlag.normal(order.flag), urgency: order.occasion.urgency)
    return change(key, to: new.spelled ?? [], over: item, [order.piece].compactMap(\.self))
  }

  /// A deletion is taken also where the store is out of space.
  package var killSwitch: KillSwitch { .removal }

  package func switchOff(_ key: FlagKey, _ occasion: Occasion) throws(StoreTrouble) {
    try door.remove(name(key))
  }
}

extension EtcdDoor.Step {
  fileprivate var size: Int {
    switch self {
    case .put(let key, let value, _): key.utf8.count + value.count
    case .delete(let key), .deleteAll(let key): key.utf8.count
    }
  }
}

extension StoreTrouble {
  private var reason: ServerRefusal.Reason? { if case .refused(let refusal) = self { refusal.reason } else { nil } }

  /// What may be so of one of many flags, and not of the others.
  fileprivate var isOfSome: Bool {
    if case .unanswered(let trouble) = self, case .tooLong = trouble.reason { return true }
    if case .forbidden? = reason { return true }
    return false
  }

  /// It was surely not done, and each by itself may be.
  fileprivate var isSaidByCluster: Bool {
    switch reason {
    case .forbidden, .tooLarge, .rejected: true
    default: false
    }
  }

  fileprivate var isForWantOfRoomOrRight: Bool {
    switch reason {
    case .forbidden, .tooLarge: true
    default: false
    }
  }
}
