/// A kill in LaunchDarkly is the switch, and with it what it serves where that is something else. Whatever rules a stale
/// command still writes, nobody gets to them; and a change that is scheduled there does not stop it.
extension LaunchDarklyStore {
  /// Everybody gets the off variation, which each of our changes has set to what a kill serves.
  func switchOff(_ key: FlagKey, _ occasion: Occasion) throws(StoreTrouble) { try turnOff(key, [], occasion) }

  // MARK: Looking

  /// So many are asked for by their names: each answer has one flag in it, all of them come at the same time, and nobody
  /// knows before how many pages the project has.
  private static let byName = 8

  /// More are looked for in the list, a hundred to a page, with the environment in question alone. The first page tells
  /// how many there are: the others are asked for together, or the flags that are still missing, whichever is less.
  func look(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    guard keys.count > Self.byName else { return lookAlone(keys) }
    let total: Int
    var found: [FlagKey: Result<FlagReading, StoreTrouble>]
    do throws(StoreTrouble) {
      let first = try page(from: 0)
      (total, found) = (first.total, readings(of: keys, in: first))
    } catch {
      return failing(keys, error)
    }
    let missing = keys.filter { found[$0] == nil }
    let starts = Array(stride(from: Self.pageLength, to: total, by: Self.pageLength))
    if missing.count <= starts.count { return found.merging(lookAlone(missing)) { first, _ in first } }
    let pages = Crew(threads: width).each(starts) { start -> Result<Page, StoreTrouble> in
      do throws(StoreTrouble) { return .success(try page(from: start)) } catch { return .failure(error) }
    }
    var trouble: StoreTrouble?
    for page in pages {
      switch page {
      case .success(let page): found.merge(readings(of: missing, in: page)) { first, _ in first }
      case .failure(let failure): trouble = trouble ?? failure
      }
    }
    for key in keys where found[key] == nil {
      // It may stand on the page that did not come.
      found[key] = trouble.map { .failure($0) } ?? .success(reading(key, nil))
    }
    return found
  }

  private func lookAlone(_ keys: [FlagKey]) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    lookEach(keys) { key throws(StoreTrouble) in try read(key) }
  }

  private func readings(of keys: [FlagKey], in page: Page) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    var found: [FlagKey: Result<FlagReading, StoreTrouble>] = [:]
    let wanted = Set(keys)
    for json in page.items {
      guard let key = json["key"]?.text.map(FlagKey.init), wanted.contains(key) else { continue }
      do throws(StoreTrouble) {
        let flag = try flag(key, json, page.answer)
        found[key] = .success(reading(key, flag))
      } catch {
        found[key] = .failure(error)
      }
    }
    return found
  }

  // MARK: Sending

  func turnOff(_ order: KillOrder) throws(StoreTrouble) {
    let (key, occasion, now) = (order.key, order.occasion, try held(for: order))
    let steps: [JSON]
    switch order.flag.serving {
    case .everyone(let variant): steps = try now.servingWhenOff(variant)
    // The switch as it stands there.
    case .applicationDefault: steps = []
    case .split, .foreign:
      throw .beyond("a LaunchDarkly flag that is off serves one variation, and \(order.flag.serving) is something else")
    }
    try turnOff(key, steps, occasion)
    // The mark is a tag of the whole flag, which may take another right. It is off whether that works or not.
    if !now.isManaged {
      _ = try? send(key, [["kind": "addTags", "values": [.string(tag)]]], occasion, isRepeatable: true)
    }
  }

  private func turnOff(_ key: FlagKey, _ steps: [JSON], _ occasion: Occasion) throws(StoreTrouble) {
    let answer = try send(
      key, steps + [["kind": "turnFlagOff"]], occasion, query: "ignoreConflicts=true", isRepeatable: true)
    if answer.status == 404, isOfTheAPI(answer) {
      throw .refused(
        ServerRefusal(client.base.place, status: 404, .missing("the flag \(key)"), said: client.said(answer)))
    }
    _ = try proven(answer, key)
  }
}
