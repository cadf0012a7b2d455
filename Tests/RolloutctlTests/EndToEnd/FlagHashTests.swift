import Testing

/// Services in several languages deal the units of one flag by different hashes: what a note that names them is told.
@Suite struct FlagHashTests {
  private func world(_ hashes: String) throws -> LiveWorld {
    try LiveWorld(
      note: LiveWorld.plainNote.replacing(
        "Schedule: internal 0s -> 5% of paid 0s -> 25% of paid 0s -> 100% 0s",
        with: "Schedule: internal 0s -> 25% 0s -> 100% 0s\nFlag hash: \(hashes)"))
  }

  private static let sentence =
    "readers that deal by v2 (flagd, Go and Node) and by v3 (Python and Rust) disagree on 37.5% of them"

  @Test func planAndDoctorSayOnHowManyTheyDisagree() throws {
    let world = try world("v2, v3")
    let plan = try world.done("plan", LiveWorld.note)
    #expect(plan.output.split(separator: "\n").count { $0.contains(Self.sentence) } == 1, "only one stage is a share")
    try world.done("promote", LiveWorld.note)
    let doctor = try world.run("doctor", LiveWorld.note)
    let unwrapped = doctor.output.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(unwrapped.contains("25%: \(Self.sentence)"), "\(doctor)")
  }

  @Test func whereOneHashIsNamedNobodyDisagrees() throws {
    let world = try world("v2")
    #expect(try !world.done("plan", LiveWorld.note).output.contains("disagree"))
    try world.done("promote", LiveWorld.note)
    #expect(try !world.run("doctor", LiveWorld.note).output.contains("disagree"))
  }

  /// Whether the hash is said, and which, moves nobody: no replan is asked for.
  @Test func itMayBeCorrectedInTheMiddleOfARollout() throws {
    let world = try world("v3")
    try world.done("promote", LiveWorld.note)
    try world.folder.write(
      LiveWorld.note, world.folder.read(LiveWorld.note).replacing("Flag hash: v3", with: "Flag hash: v1, v2"))
    try world.enter("25%")
    #expect(try !world.done("status", LiveWorld.note).output.contains("plan changed"))
  }

  @Test(arguments: ["v4", "v2, 3", "v2 v3"]) func anythingElseIsAnError(value: String) throws {
    let outcome = try world(value).run("check", LiveWorld.note)
    #expect(outcome.end == .status(7) && outcome.description.contains("`Flag hash` knows v1, v2 and v3"), "\(outcome)")
  }
}
