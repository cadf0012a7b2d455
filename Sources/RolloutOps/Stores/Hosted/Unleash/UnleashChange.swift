/// The way from the strategies that stand there to those that are meant, in as few requests as it takes. At every moment
/// in between those in force are some of the old and some of the new.
///
/// With variants the first strategy that lets somebody in decides, and the one for everybody stands behind the others. It is
/// there before anybody is let in, and goes over to another variant when those who keep theirs are let in by a strategy of
/// their own. What a kill put before all others goes back last.
struct UnleashChange {
  private(set) var added: [(index: Int, draft: JSON)] = []
  private(set) var replaced: [(old: JSON, draft: JSON)] = []
  private(set) var removed: [String] = []
  /// Which draft each strategy that stays becomes, in the order in which they stand.
  private var kept: [(id: String, index: Int, place: Int)] = []

  private let rules: [UnleashRule]
  private let meant: Serving
  var hasVariants: Bool { rules.contains { !$0.variants.isEmpty } }

  init(from flag: UnleashFlag, to drafts: [JSON], as meant: Flag) throws(StoreTrouble) {
    rules = try UnleashFlag.rules(for: meant)
    self.meant = meant.serving
    // A strategy goes on being about the people it is about; those left over are written over.
    var pairs = [Int?](repeating: nil, count: flag.ours.count)
    var open = Array(drafts.indices)
    let old = flag.ours.map(UnleashRule.init(titleOf:))
    for place in old.indices {
      guard let subject = old[place]?.subject, let match = open.firstIndex(where: { rules[$0].subject == subject })
      else { continue }
      pairs[place] = open.remove(at: match)
    }
    for place in pairs.indices where pairs[place] == nil {
      guard let match = open.firstIndex(where: { rules[$0].mayReplace(old[place]) }) else { continue }
      pairs[place] = open.remove(at: match)
    }
    var changed: [(old: JSON, index: Int)] = []
    for (old, index) in zip(flag.ours, pairs) {
      let id = old["id"]?.text ?? ""
      guard let index else {
        removed.append(id)
        continue
      }
      kept.append((id, index, UnleashFlag.place(of: old)))
      if !UnleashRule.same(drafts[index], old) { changed.append((old, index)) }
    }
    added = open.map { ($0, drafts[$0]) }
    if hasVariants {
      let (first, last) = (rules.map { $0.isGrant ? 1 : 0 }, rules.map { $0.isForTheRest ? 1 : 0 })
      added = added.map { ($0, $1.setting("sortOrder", to: .number(place(of: $0)))) }
      added.sort { (first[$0.index], $0.index) < (first[$1.index], $1.index) }
      changed.sort { (last[$0.index], $0.index) < (last[$1.index], $1.index) }
    }
    replaced = changed.map { ($0.old, drafts[$0.index]) }
  }

  /// Where each is to stand: what is kept and what is for the rest behind any number of others.
  private func place(of index: Int) -> Int {
    rules[index].isKeeping ? 1_001 : rules[index].isForTheRest ? 1_000 : index
  }

  /// The places that strategies have to be given, those that stay and those that were made. None where they are read as
  /// they are meant in the order in which they stand.
  func order(_ made: [(id: String, index: Int)]) -> [(id: String, place: Int)] {
    let added = made.map { (id: $0.id, index: $0.index, place: hasVariants ? place(of: $0.index) : Int.max) }
    let standing = (kept + added).enumerated().sorted { one, other in
      hasVariants ? (one.element.place, one.offset) < (other.element.place, other.offset) : one.offset < other.offset
    }.map(\.element)
    let isKilled = hasVariants && standing.contains { $0.place < 0 && rules[$0.index].isForTheRest }
    guard isKilled || UnleashFlag.serving(standing.map { rules[$0.index] }) != meant else { return [] }
    guard hasVariants else { return standing.map { ($0.id, $0.index) } }
    return standing.filter { $0.place != place(of: $0.index) }.map { ($0.id, place(of: $0.index)) }
  }
}

extension UnleashRule {
  /// Whom it is about, whatever the share.
  fileprivate var subject: Who {
    switch who {
    case .nobody, .everybody: who
    case .values: .values(killsTo: nil)
    case .grant(let grant, _, _): .grant(Grant(cohort: grant.cohort, share: .whole), without: [], unit: "")
    }
  }

  /// Whether it may be written over that one, of which no other rule is left. With variants the place in the order counts,
  /// and whose place it is.
  fileprivate func mayReplace(_ old: UnleashRule?) -> Bool {
    guard let old else { return variants.isEmpty }
    guard !variants.isEmpty || !old.variants.isEmpty else { return true }
    return kind == old.kind
  }

  fileprivate var isGrant: Bool { kind == 2 }

  private var kind: Int {
    switch who {
    case .values: 0
    case .nobody, .everybody: 1
    case .grant: 2
    }
  }
}
