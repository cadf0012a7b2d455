/// One field of a note, said in one place: what it is called and means, how it is read, and what a plan keeps of it.
struct FieldRow: Sendable {
  let field: NoteField
  let use: Use

  init(
    _ id: NoteField.ID, _ name: String, or aliases: [String] = [], _ form: String, _ meaning: String,
    list: Bool = false, repeats: Bool = false, idle: String? = nil, _ use: Use = Use()
  ) {
    field = NoteField(id, name, or: aliases, form, meaning, list: list, repeats: repeats, idle: idle)
    self.use = use
  }

  /// What becomes of a field: the members of the plan that keep it, and how its text gets there, with every problem.
  struct Use: Sendable {
    typealias Read = @Sendable (inout NoteReader, NoteField.ID) -> Void

    let keeps: [PlanMember]
    let read: Read

    init(_ keeps: PlanMember..., read: @escaping Read = { _, _ in }) { (self.keeps, self.read) = (keeps, read) }

    static func line(_ name: String, _ path: PlanMember.Path<String?>) -> Use {
      Use(PlanMember(name, path)) { $0.plan[keyPath: path] = $0.value($1)?.collapsed }
    }

    /// One of the words that a type has.
    static func choice<Value>(_ name: String, _ path: PlanMember.Path<Value?>) -> Use
    where Value: PlanValue & RawRepresentable<String> & CaseIterable {
      Use(PlanMember(name, path)) { $0.plan[keyPath: path] = $0.choice($1) }
    }

    static func label(_ name: String, _ path: PlanMember.Path<VersionLabel?>) -> Use {
      Use(PlanMember(name, path, frozen: true)) { $0.plan[keyPath: path] = $0.label($1) }
    }

    static func triggers(_ action: Trigger.Action) -> Use { Use { $0.readTriggers($1, action) } }
  }
}
