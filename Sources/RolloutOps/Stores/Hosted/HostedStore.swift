/// Flags of a platform that other people run: the skeleton of its store.
///
/// The skeleton knows in which order a change goes, and what is asked between: what cannot be expressed is refused first,
/// nothing is written over what nobody has seen, the switch comes last and only where nobody has killed meanwhile, and what
/// stands there afterwards decides whether it was done. A platform is its addresses, its flag (`HostedFlag`), and six
/// hooks. What it does otherwise than others, it does in these: no platform has an order of its own.
protocol HostedStore: FlagStore {
  associatedtype Held: HostedFlag
  /// What is sent, in the platform's own words, before it is known what stands there now.
  associatedtype Draft

  var client: StoreClient { get }
  /// The flags as they were seen last, by key.
  var seen: Remembered<[FlagKey: Held]> { get }
  /// Where a person looks at the flag.
  func page(of key: FlagKey) -> String

  /// The flag as it stands; nil where there is none of that name. `known` is what was seen of it: whatever counts beside
  /// the flag itself, and cannot have changed by what we do, is taken from that and not asked for again.
  func find(_ key: FlagKey, seenAs known: Held?) throws(StoreTrouble) -> Held?

  /// What would be sent. Refuses what the platform cannot express, before anything is touched.
  func draft(_ change: HostedChange, over known: Held?) throws(StoreTrouble) -> Draft

  /// Makes the flag, off or as it is meant. Where there is one already `made(before:orElse:)` says whether it is this one.
  func create(_ draft: Draft, _ change: HostedChange) throws(StoreTrouble) -> Held

  /// Writes the rules over those that were seen, and refuses where others set something up that would decide instead. The
  /// flag as the answer shows it; nil where the answer shows none.
  func change(_ old: Held, to draft: Draft, _ change: HostedChange) throws(StoreTrouble) -> Held?

  /// The switch, on; or, where what came of that is not what was meant, as it was in `flag`. The flag as the answer shows
  /// it; nil where the answer shows none.
  func turn(on: Bool, _ flag: Held, _ change: HostedChange) throws(StoreTrouble) -> Held?

  /// One order of a kill. Nobody looks at it here.
  func turnOff(_ order: KillOrder) throws(StoreTrouble)
}

extension HostedStore {
  var width: Int { 32 }

  var journalFolder: Folder { client.terms.journalFolder(identity, client.context) }

  var switchesOnLast: Bool { true }

  /// What a value is holds for others at once, or applications ask for the variant's name and not for its value.
  var keepsValues: Bool { true }

  // MARK: Looking

  func read(_ key: FlagKey) throws(StoreTrouble) -> FlagReading { reading(key, try find(key, seenAs: nil)) }

  /// What a look showed, kept for the change that may follow.
  func reading(_ key: FlagKey, _ found: Held?) -> FlagReading {
    seen.change { $0[key] = found }
    return FlagReading(
      key: key, flag: found?.flag, version: found?.state ?? "", spelled: found?.spelled, parents: found?.parents ?? [])
  }

  /// The look that a reading came from; nil where there was another one since.
  func look(behind reading: FlagReading) -> Held? {
    seen.last?[reading.key].flatMap { $0.state == reading.version ? $0 : nil }
  }

  // MARK: Changing

  func write(
    _ flag: Flag, replacing reading: FlagReading, _ occasion: Occasion
  ) throws(StoreTrouble) -> FlagReading {
    let change = HostedChange(key: reading.key, meant: flag.settled, occasion: occasion)
    let isThere = reading.flag != nil
    if isThere, change.meant.mark?.killed == true || occasion.urgency.isKill {
      return try kill(KillOrder(change.meant, over: reading, occasion))
    }
    var known: Held?
    if isThere {
      if let held = look(behind: reading) { known = held } else { known = try find(reading.key, seenAs: nil) }
    }
    let draft = try draft(change, over: known)
    guard isThere else {
      // Of two who make a flag at the same time the platform refuses the second.
      let made = try create(draft, change)
      let reading = self.reading(change.key, made)
      if change.meant.mark?.killed == true { return try kill(KillOrder(change.meant, over: reading, occasion)) }
      return try settled(change, from: made, made.shows(change.meant) ? made : self.change(made, to: draft, change))
    }
    guard let old = try unchanged(known, reading) else { throw .changedMeanwhile(path: page(of: reading.key)) }
    return try settled(change, from: old, self.change(old, to: draft, change))
  }

  /// What stands there, if it is what was read. Where the platform compares by itself, nobody need look again.
  private func unchanged(_ known: Held?, _ reading: FlagReading) throws(StoreTrouble) -> Held? {
    var now = known
    if known?.isCompared != true { now = try find(reading.key, seenAs: known) }
    return now?.state == reading.version ? now : nil
  }

  /// The rules are written, the switch is next: whoever switches on then switches on what is meant.
  private func settled(_ change: HostedChange, from old: Held, _ written: Held?) throws(StoreTrouble) -> FlagReading {
    // Killed since it was read: rules compare with rules only, and whoever would switch on now would undo the kill.
    if let written, written.isOn != old.isOn { throw .changedMeanwhile(path: page(of: change.key)) }
    var last = written
    if !(written ?? old).isOn, !change.meant.isForeign, change.meant.mark?.killed != true {
      last = try turn(on: true, written ?? old, change) ?? written
    }
    return try confirmed(change, from: old, last)
  }

  /// What stands there now, if it is what was meant.
  private func confirmed(
    _ change: HostedChange, from old: Held, _ last: Held?
  ) throws(StoreTrouble) -> FlagReading {
    let now = try find(change.key, seenAs: last ?? old)
    let reading = reading(change.key, now)
    guard let now, now.flag.mark?.killed != true || change.meant.mark?.killed == true else {
      throw .changedMeanwhile(path: page(of: change.key))
    }
    if now.shows(change.meant) { return reading }
    if let written = last?.version, let shown = now.version, shown != written {
      throw .changedMeanwhile(path: page(of: change.key))
    }
    // Switched on a moment ago over something else than was meant: what it was before let nobody in.
    if !old.isOn || old.flag.mark?.killed == true { _ = try turn(on: false, old, change) }
    throw .notAsWritten(path: page(of: change.key))
  }

  /// The flag that is there already, where it was made a moment ago and nobody has touched it since: what a network brings
  /// twice is refused the second time. `trouble` says why the name is taken where nobody sees such a flag.
  func made(
    before change: HostedChange, orElse trouble: () throws(StoreTrouble) -> StoreTrouble?
  ) throws(StoreTrouble) -> Held {
    if let made = try find(change.key, seenAs: nil) {
      if made.isNew(for: change.meant) { return made }
    } else if let trouble = try trouble() {
      throw trouble
    }
    throw .changedMeanwhile(path: page(of: change.key))
  }

  // MARK: Killing

  var killSwitch: KillSwitch { .platform }

  func send(_ orders: [KillOrder]) -> [Result<Sent, StoreTrouble>] {
    sendEach(orders) { order throws(StoreTrouble) in try turnOff(order) }
  }

  /// What a kill's order is sent over: the look that it came from or, where there was another one since, a new one.
  func held(for order: KillOrder) throws(StoreTrouble) -> Held {
    if let known = look(behind: order.reading) { return known }
    guard let found = try find(order.key, seenAs: nil) else { throw .changedMeanwhile(path: page(of: order.key)) }
    return found
  }

  /// The change and a look, for whoever changes one flag alone.
  private func kill(_ order: KillOrder) throws(StoreTrouble) -> FlagReading {
    for outcome in send([order]) { _ = try outcome.get() }
    guard let back = try look([order.key])[order.key]?.get(), let now = seen.last?[order.key] else {
      throw .changedMeanwhile(path: page(of: order.key))
    }
    guard now.isKilled(as: order.flag) else { throw .notAsWritten(path: page(of: order.key)) }
    return back
  }
}
