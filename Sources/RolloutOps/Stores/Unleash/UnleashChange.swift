/// The way from the strategies that stand there to those that are meant, in as few requests as it takes. At every moment
/// in between those in force are some of the old and some of the new.
struct UnleashChange {
  private(set) var added: [(index: Int, draft: JSON)] = []
  private(set) var replaced: [(old: JSON, draft: JSON)] = []
  private(set) var removed: [String] = []
  /// Which draft each strategy that stays becomes, in the order in which they stand.
  private(set) var ids: [(id: String, index: Int)] = []

  private let rules: [UnleashRule]
  private let meant: Serving

  init(from flag: UnleashFlag, to drafts: [JSON], as meant: Flag) throws(StoreTrouble) {
    rules = try UnleashFlag.rules(for: meant)
    self.meant = meant.serving
    // A strategy goes on being about the people it is about; those left over are written over.
    var pairs = [Int?](repeating: nil, count: flag.ours.count)
    var open = Array(drafts.indices)
    for (place, old) in flag.ours.enumerated() {
      let subject = Self.subject(of: old)
      guard let match = open.firstIndex(where: { rules[$0].subject == subject }) else { continue }
      pairs[place] = open.remove(at: match)
    }
    for place in pairs.indices where pairs[place] == nil && !open.isEmpty { pairs[place] = open.removeFirst() }
    for (old, index) in zip(flag.ours, pairs) {
      let id = old["id"]?.text ?? ""
      guard let index else {
        removed.append(id)
        continue
      }
      ids.append((id, index))
      if !UnleashRule.same(drafts[index], old) { replaced.append((old, drafts[index])) }
    }
    added = open.map { ($0, drafts[$0]) }
  }

  private static func subject(of strategy: JSON) -> UnleashRule.Who? {
    UnleashRule(titleOf: strategy)?.subject
  }

  /// Whether the strategies, in the order in which they would stand, are read otherwise than they are meant.
  func isDisordered(_ indices: [Int]) -> Bool { UnleashFlag.serving(indices.map { rules[$0] }) != meant }
}

extension UnleashRule {
  /// Whom it is about, whatever the share.
  fileprivate var subject: Who {
    guard case .grant(let grant, _, _) = who else { return who }
    return .grant(Grant(cohort: grant.cohort, share: .whole), without: [], unit: "")
  }
}
