/// What was attested.
package struct AttestReport: Sendable {
  package let item: String
  package let stage: String?
  package let flag: FlagKey
  package let done: Bool

  package init(item: String, stage: String?, flag: FlagKey, done: Bool) {
    (self.item, self.stage, self.flag, self.done) = (item, stage, flag, done)
  }

  package func text(ink: Ink) -> String {
    let stage = stage.map { " for \(Terminal.plain($0))" } ?? ""
    return "\(ink.strong(Terminal.plain(flag.text)))   \(done ? "" : "would be ")attested: \(item)\(stage)"
  }

  package var json: JSON {
    ["flag": .string(flag.text), "item": .string(item), "stage": .text(stage), "done": .bool(done), "exit": 0]
  }
}
