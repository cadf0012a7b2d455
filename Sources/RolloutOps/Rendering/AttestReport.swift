/// What was attested.
package struct AttestReport: Sendable {
  package let item: String
  package let stage: String?
  package let flag: FlagKey
  package let done: Bool
  package let remarks: [String]

  package init(item: String, stage: String?, flag: FlagKey, done: Bool, remarks: [String] = []) {
    (self.item, self.stage, self.flag, self.done, self.remarks) = (item, stage, flag, done, remarks)
  }

  package func text(ink: Ink) -> String {
    let stage = stage.map { " for \(Terminal.plain($0))" } ?? ""
    return "\(ink.strong(Terminal.plain(flag.text)))   \(done ? "" : "would be ")attested: \(item)\(stage)"
  }

  package var json: JSON {
    ["flag": .string(flag.text), "item": .string(item), "stage": .text(stage), "done": .bool(done), "exit": 0]
  }
}
