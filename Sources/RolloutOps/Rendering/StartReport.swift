/// What `init` wrote, and what to type next.
package struct StartReport: Sendable {
  package struct FlagFile: Sendable {
    package let path: String
    package let isNew: Bool
  }

  package static let noFlags = "{\n  \"flags\": {}\n}\n"

  package let note: String
  package let flag: String
  package let store: String
  package var isDry = false
  package var flagFile: FlagFile?
  package var text = ""
  /// Of what was answered, as `check` will find them.
  package var errors = 0
  package var remarks: [String] = []

  package init(note: String, flag: String, store: String) {
    (self.note, self.flag, self.store) = (note, flag, store)
  }

  package func told(ink: Ink) -> String {
    let note = Terminal.plain(note)
    var lines = [
      "\(ink.strong(note)) \(isDry ? "would be" : "is") written: the flag \(Terminal.plain(flag)) in \(Terminal.plain(store))"
    ]
    if let flagFile, flagFile.isNew {
      lines.append("\(Terminal.plain(flagFile.path)) \(isDry ? "would be" : "is") new, without any flag")
    }
    if errors > 0 { lines.append("the note has \(errors) error\(errors == 1 ? "" : "s") yet") }
    guard !isDry else { return (lines + ["", text]).joined(separator: "\n") }
    return (lines + ["next: rolloutctl check \(Shell.word(self.note))"]).joined(separator: "\n")
  }
}
