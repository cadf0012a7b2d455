import RolloutOps

/// Plays the script in a folder: every command runs as typed, only earlier than now and under another name.
struct Demo: Sendable {
  let context: Context
  let ink: Ink
  let color: ColorChoice
  let narrates: Bool
  /// As the user named it.
  let folder: String
  var steps = DemoScript.steps

  static let usualFolder = "rolloutctl-demo"

  func play() throws(Trouble) -> ExitStatus {
    let place = Path.tidied(Path.joined(context.surroundings.workingFolder, folder))
    try makeFiles(in: place)
    let length = steps.reduce(TimeSpan.zero) { $0 + $1.wait }
    say("A rollout of \(length), in \(Terminal.plain(folder)): what was typed, and what it printed.")
    var ago = length
    for step in steps {
      ago = ago - step.wait
      guard run(step, in: place, ago: ago) else { return .inconclusive }
    }
    context.output.result(ending)
    return .done
  }

  // MARK: Before

  private func makeFiles(in place: String) throws(Trouble) {
    do throws(FileTrouble) {
      guard try isFree(place) else { throw FileTrouble(.creating, place, .exists) }
      for file in DemoFiles.all {
        let path = Path.joined(place, file.path)
        try context.files.makeFolder(Path.folder(of: path))
        try context.files.create(path, Array(file.text.utf8), like: nil)
      }
    } catch {
      guard error.reason == .exists else { throw .file(error) }
      throw .usage("\(folder) is there already and not an empty folder; name another one: rolloutctl demo DIR")
    }
  }

  private func isFree(_ place: String) throws(FileTrouble) -> Bool {
    guard let facts = try context.files.facts(place) else { return true }
    guard facts.kind == .folder else { return false }
    return try context.files.names(in: place).isEmpty
  }

  // MARK: Steps

  /// Whether it ended as the script says; a demo that only pretends to work would teach nothing.
  private func run(_ step: DemoScript.Step, in place: String, ago: TimeSpan) -> Bool {
    let line = Self.line(step)
    let moment = step.later > .zero ? "\(step.later) later. " : ""
    say("\n" + ink.dim("# \(moment)\(step.narration)"))
    context.output.result(ink.strong("\(step.actor.rawValue)$ \(line)"))
    let words = color == .auto ? step.words : step.words + ["--color=\(color.rawValue)"]
    let status = Program(context: world(of: step, in: place, ago: ago)).run(words)
    guard status != step.expected else { return true }
    context.output.failure(
      "rolloutctl demo: \(line) exited \(status.rawValue) where the demo expects \(step.expected.rawValue); "
        + "it stops here, and this is a fault of rolloutctl or of the folder's disk")
    return false
  }

  /// The same doors, in the demo's folder, at the step's time. Nothing of the user's own settings comes in: they could
  /// name another store.
  private func world(of step: DemoScript.Step, in place: String, ago: TimeSpan) -> Context {
    var surroundings = context.surroundings
    surroundings.variables.keep { ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "COLUMNS"].contains($0) }
    surroundings.workingFolder = place
    surroundings.actor = step.actor.rawValue
    return Context(
      clock: EarlierClock(clock: context.clock, by: ago), files: context.files, inputs: context.inputs,
      output: OneStream(output: context.output),
      surroundings: surroundings, interruptions: context.interruptions)
  }

  static func line(_ step: DemoScript.Step) -> String {
    (["rolloutctl"] + step.words.map(quoted)).joined(separator: " ")
  }

  /// As a shell wants it; no word of the script has a quotation mark.
  private static func quoted(_ word: String) -> String {
    word.contains { " ;:[]".contains($0) } ? "'\(word)'" : word
  }

  // MARK: After

  private var ending: String {
    (["", "The folder is yours. Go on from here:", "  cd \(Terminal.plain(folder))"] + DemoScript.next.map { "  \($0)" })
      .joined(separator: "\n")
  }

  private func say(_ text: String) {
    if narrates { context.output.result(text) }
  }
}

/// A clock that was set back: it runs at the pace of the real one.
struct EarlierClock: WallClock {
  let clock: any WallClock
  let by: TimeSpan

  func now() -> Instant { clock.now() - by }
  func pause(microseconds: Int) { clock.pause(microseconds: microseconds) }
}

/// The demo shows what a person would see on a terminal: a refusal belongs between the lines around it.
private struct OneStream: Output {
  let output: any Output

  var width: Int? { output.width }
  var isBroken: Bool { output.isBroken }
  func result(_ text: String) { output.result(text) }
  func remark(_ text: String) { output.result(text) }
  func failure(_ text: String) { output.result(text) }
  func ask(_ question: String) -> String? { nil }
}
