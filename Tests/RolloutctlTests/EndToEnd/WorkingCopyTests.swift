import Foundation
import Testing

/// A flag file that git keeps is a copy: what a change there means for applications is said, and only there.
@Suite(.enabled(if: Tool(name: "git").isWanted, "git is not installed here")) struct WorkingCopyTests {
  private static let copy =
    "in this working copy: applications that read another copy follow when it is pushed and deployed"

  private func git(_ world: LiveWorld, _ words: String...) throws -> String {
    let identity = ["-c", "user.name=m", "-c", "user.email=m@example.com", "-c", "init.defaultBranch=main"]
    let outcome = try Tool(name: "git").run(["-C", world.folder.path(".")] + identity + words, in: world.folder)
    try #require(outcome.end == .status(0), "\(words): \(outcome)")
    return outcome.output
  }

  private func world(version: String = "2") throws -> LiveWorld {
    let world = try LiveWorld()
    try? FileManager.default.removeItem(atPath: world.folder.path(".git"))
    _ = try git(world, "init")
    _ = try git(world, "config", "index.version", version)
    _ = try git(world, "add", "flags.json", "notes")
    _ = try git(world, "commit", "-m", "flags")
    return world
  }

  @Test(arguments: ["2", "4"]) func whoeverChangesItIsToldThatItIsACopy(version: String) throws {
    let world = try world(version: version)
    #expect(try world.done("promote", LiveWorld.note).output.contains("  \(Self.copy)"))
    let killed = try world.done("kill", "ai-summary")
    #expect(killed.output.contains("  read back \(Self.copy)") && !killed.output.contains("follow within"), "\(killed)")
    #expect(try world.run("doctor").output.contains("△ copy"))
  }

  @Test func whereTheFileIsSaidToBeLiveNothingIsAdded() throws {
    let world = try world()
    try world.folder.write("rolloutctl.json", #"{"live": true}"#)
    #expect(try !world.done("promote", LiveWorld.note).output.contains("working copy"))
    #expect(try world.done("kill", "ai-summary").output.contains("running applications follow within"))
    #expect(try !world.run("doctor").output.contains("△ copy"))
    try world.folder.write("rolloutctl.json", #"{"live": "yes"}"#)
    let refused = try world.run("restore", LiveWorld.note, "--reason", "mended")
    #expect(refused.errors.contains(#""live" is true or false"#), "\(refused)")
  }

  /// A file that lies in a repository and is none of its own: nobody pushes it.
  @Test func whatGitDoesNotKeepIsNoCopy() throws {
    let world = try world()
    _ = try git(world, "rm", "--cached", "flags.json")
    #expect(try !world.done("promote", LiveWorld.note).output.contains("working copy"))
    #expect(try world.done("kill", "ai-summary").output.contains("running applications follow within"))
  }

  @Test func aFurtherWorktreeIsACopyToo() throws {
    let world = try world()
    _ = try git(world, "worktree", "add", "beside")
    let binary = try #require(Binary.path)
    let outcome = try Tool(name: "sh").run(
      ["-c", "cd beside && ROLLOUT_ACTOR=maya exec \"$0\" promote \(LiveWorld.note)", binary], in: world.folder)
    #expect(outcome.status == 0 && outcome.output.contains(Self.copy), "\(outcome)")
  }

  /// Journals are for committing, and locks are not; whoever takes the list of them away is left alone.
  @Test func gitIsToldOnceWhatIsNotForCommitting() throws {
    let world = try world()
    try world.done("promote", LiveWorld.note)
    let lines = try git(world, "status", "--short", "--untracked-files=all").split(separator: "\n").map(String.init)
    #expect(
      lines.sorted() == [
        " M flags.json", "?? flags.json.rollout/.gitignore", "?? flags.json.rollout/ai-summary.journal",
      ])
    try FileManager.default.removeItem(atPath: world.folder.path("flags.json.rollout/.gitignore"))
    try world.enter("5% of paid")
    #expect(!FileManager.default.fileExists(atPath: world.folder.path("flags.json.rollout/.gitignore")))
  }
}

/// Flag files that are right and that rolloutctl does not edit are called what they are.
@Suite struct OtherFlagFileTests {
  private static let yaml = """
    # flags of the shop
    flags:
      ai-summary:
        state: ENABLED
    """
  private static let list = #"{"flags": [{"key": "ai-summary", "state": "ENABLED", "variants": {"on": true}}]}"#

  @Test(arguments: ["kill", "promote", "status", "doctor"]) func aFileInYAMLIsNamed(verb: String) throws {
    let world = try LiveWorld()
    try world.folder.write("flags.json", Self.yaml)
    let target = verb == "promote" ? LiveWorld.note : "ai-summary"
    let outcome = try world.run(verb, target)
    let said = outcome.description.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(outcome.status == 1 && said.contains("it is a flag file in YAML"), "\(outcome)")
    #expect(!outcome.description.contains("mend it"))
    #expect(try world.folder.read("flags.json") == Self.yaml)
  }

  @Test(arguments: ["kill", "status"]) func aListOfFlagsIsNamed(verb: String) throws {
    let world = try LiveWorld()
    try world.folder.write("flags.json", Self.list)
    let outcome = try world.run(verb, "ai-summary")
    #expect(outcome.status == 1 && outcome.description.contains("\"flags\" is a list there"), "\(outcome)")
    #expect(try world.folder.read("flags.json") == Self.list)
  }

  @Test func aFileThatIsNotThereIsNotProposedAsYAML() throws {
    let world = try LiveWorld()
    let outcome = try world.run("promote", LiveWorld.note, "--store", "file:new.yaml")
    #expect(outcome.description.contains("edits JSON, not YAML") && !outcome.description.contains("> "), "\(outcome)")
  }

  @Test func variantsOfSeveralTypesAreAnError() throws {
    let world = try LiveWorld(
      note: LiveWorld.plainNote
        + "\nVariants:\n```json\n{\"canary\": \"m2\", \"control\": \"m1\", \"off\": {\"model\": 1}}\n```\n")
    let outcome = try world.run("check", LiveWorld.note)
    #expect(outcome.status == 7, "\(outcome)")
    #expect(outcome.description.contains("`canary` is a text and `off` an object"), "\(outcome)")
  }
}

extension WorkingCopyTests {
  /// A hold on one branch and a kill on another: git cannot bring the two journals together, and says so in the file.
  @Test func twoBranchesOfAJournalAreNamedAndStopNoKill() throws {
    let world = try world()
    try world.done("promote", LiveWorld.note)
    _ = try git(world, "add", "-A")
    _ = try git(world, "commit", "-m", "internal")
    _ = try git(world, "checkout", "-b", "other")
    try world.done("hold", LiveWorld.note, "--reason", "slow")
    _ = try git(world, "commit", "-am", "hold")
    _ = try git(world, "checkout", "main")
    try world.done("exclude", LiveWorld.note, "tenant=acme", "--reason", "asked")
    _ = try git(world, "commit", "-am", "exclude")
    let merge = try Tool(name: "git").run(
      ["-c", "user.name=m", "-c", "user.email=m@example.com", "merge", "other"], in: world.folder)
    try #require(merge.status == 1, "\(merge)")
    let status = try world.run("status", "ai-summary")
    #expect(status.status == 1 && status.errors.contains("git left two branches of this journal in it"), "\(status)")
    #expect(try world.run("kill", "ai-summary").status == 0)
    #expect(try world.isKilled())
    _ = try git(world, "checkout", "--ours", "--", LiveWorld.journalPath)
    #expect(try world.done("status", "ai-summary").output.contains("killed"))
  }
}

/// A flag beside ours that only some readers refuse: whether a kill is one depends on who reads the file.
@Suite struct NamedReaderTests {
  /// Python's provider refuses the file for it, and the others take it.
  private static let flags = """
    {
      "flags": {
        "theirs": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on", "owner": "web"}
      }
    }

    """

  private func killed(_ readers: String?) throws -> Binary.Outcome {
    let world = try LiveWorld(flags: "{\n  \"flags\": {}\n}\n")
    try world.done("promote", LiveWorld.note)
    let ours = try world.folder.read("flags.json")
    let theirs = Self.flags.split(separator: "\n")[2]
    try world.folder.write(
      "flags.json", ours.replacingOccurrences(of: "\"flags\": {", with: "\"flags\": {\n\(theirs),"))
    if let readers { try world.folder.write("rolloutctl.json", #"{"readers": \#(readers)}"#) }
    let outcome = try world.run("kill", "ai-summary")
    #expect(try world.isKilled(), "\(outcome)")
    return outcome
  }

  @Test func whereNobodySaysWhoReadsItAKillIsNone() throws {
    let outcome = try killed(nil)
    #expect(
      outcome.status == 1 && outcome.description.contains("readers in Python reject the whole file"), "\(outcome)")
    #expect(outcome.description.contains("\"readers\": [\"go\", \"node\", \"java\"]"), "\(outcome)")
  }

  @Test(arguments: [#"["python"]"#, #"["go", "Python"]"#]) func whereOneOfThemRefusesItAKillIsNone(readers: String)
    throws
  {
    #expect(try killed(readers).status == 1)
  }

  @Test(arguments: [#"["go", "node"]"#, #"["flagd"]"#, #"["java"]"#]) func whereAllOfThemTakeItAKillIsOne(
    readers: String
  ) throws {
    let outcome = try killed(readers)
    #expect(outcome.status == 0 && !outcome.description.contains("reject"), "\(outcome)")
  }

  /// A kill goes on, as if everybody read the file.
  @Test(arguments: [#"["rust"]"#, "[]", #""go""#]) func anUnknownReaderIsNone(readers: String) throws {
    #expect(try killed(readers).status == 1)
    let world = try LiveWorld()
    try world.folder.write("rolloutctl.json", #"{"readers": \#(readers)}"#)
    let refused = try world.run("promote", LiveWorld.note)
    #expect(refused.status == 1 && refused.errors.contains("go, node, java, python, flagd"), "\(refused)")
  }
}
