/// Words that other tools have for what a command does: people type them in a hurry.
struct Habit: Sendable {
  enum Meaning: Sendable {
    /// This command, and no other.
    case command(String)
    /// One of several; only who typed it knows which. Each with what it does.
    case oneOf([String])
  }

  let words: [String]
  let meaning: Meaning
}
