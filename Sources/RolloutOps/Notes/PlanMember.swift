/// One member of a plan as the journal keeps it: how it is frozen and read back, and what a change of it is called.
struct PlanMember: Sendable {
  typealias Path<Value> = WritableKeyPath<Plan, Value> & Sendable
  typealias Compare = @Sendable (_ old: Plan, _ new: Plan, _ reached: Int?) -> [PlanDifference]

  let name: String
  let freeze: @Sendable (Plan) -> JSON
  let thaw: @Sendable (inout Plan, FrozenValue) throws(FrozenPlanTrouble) -> Void
  let compare: Compare

  init(
    _ name: String, freeze: @escaping @Sendable (Plan) -> JSON,
    thaw: @escaping @Sendable (inout Plan, FrozenValue) throws(FrozenPlanTrouble) -> Void,
    compare: @escaping Compare = PlanMember.untold
  ) {
    (self.name, self.freeze, self.thaw, self.compare) = (name, freeze, thaw, compare)
  }

  init<Value: PlanValue>(_ name: String, _ path: Path<Value>, compare: @escaping Compare) {
    self.init(
      name, freeze: { $0[keyPath: path].frozen },
      thaw: { (plan, frozen) throws(FrozenPlanTrouble) in plan[keyPath: path] = try frozen.read(name) },
      compare: compare)
  }

  /// `what` it is called, where that is not its name; `frozen` where a started rollout cannot change it any more.
  init<Value: PlanValue>(
    _ name: String, _ path: Path<Value>, what: String? = nil, frozen: Bool = false,
    as words: @escaping @Sendable (Value) -> String = { $0.words }
  ) {
    self.init(name, path, compare: Self.told(what ?? Self.spoken(name), path, frozen: frozen, as: words))
  }

  /// A member that a plan may be without.
  init<Value: PlanValue>(_ name: String, _ path: Path<Value?>, frozen: Bool = false) {
    self.init(
      name, freeze: { $0[keyPath: path]?.frozen ?? .null },
      thaw: { (plan, frozen) throws(FrozenPlanTrouble) in plan[keyPath: path] = try frozen.optional(name) },
      compare: Self.told(Self.spoken(name), path, frozen: frozen) { $0?.words ?? "none" })
  }

  /// A change of it alone is told as one of the plan.
  static let untold: Compare = { _, _, _ in [] }

  static func told<Value: Equatable & Sendable>(
    _ what: String, _ path: Path<Value>, frozen: Bool = false, as words: @escaping @Sendable (Value) -> String
  ) -> Compare {
    { old, new, _ in
      let (before, after) = (old[keyPath: path], new[keyPath: path])
      guard before != after else { return [] }
      return [PlanDifference(what: what, before: words(before), after: words(after), isFrozen: frozen)]
    }
  }

  private static func spoken(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }
}
