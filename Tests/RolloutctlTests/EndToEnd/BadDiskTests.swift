import Foundation
import Glibc
import Testing

/// Full and read-only disks and missing rights, for real: file systems of a test's own in a mount namespace, which is
/// gone with it.
@Suite struct BadDiskTests {
  /// A shell that may mount: as root by `unshare -m`, as anybody else by `unshare -rm` where the machine allows it.
  static let unshare: [String]? = {
    for flags in ["-m", "-rm"] {
      let tried = try? Tool(name: "unshare").run([flags, "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"])
      if tried?.status == 0 { return [flags] }
    }
    return nil
  }()
  static let canMount = unshare != nil || Live.isRequired
  static let reason: Comment = "this machine lets nobody mount a file system in a namespace"

  /// One run of the executable inside, by the name the script gave it.
  struct Runs {
    let folder: TemporaryFolder

    subscript(name: String) -> Binary.Outcome {
      get throws {
        let text = try folder.read("\(name).status").trimmingCharacters(in: .whitespacesAndNewlines)
        let (output, errors) = (try folder.read("\(name).out"), try folder.read("\(name).err"))
        return Binary.Outcome(output: output, errors: errors, end: .status(try #require(Int32(text))))
      }
    }

    func file(_ name: String) throws -> String { try folder.read(name) }
  }

  /// Plays a script in a namespace of its own: `run NAME ARGUMENTS…` runs the executable, `keep FILE NAME` takes a copy
  /// outside.
  private func play(_ script: String, in world: LiveWorld) throws -> Runs {
    let unshare = try #require(Self.unshare, Self.reason)
    let outside = try TemporaryFolder()
    let prelude = """
      set -e
      run() {
        name="$1"; shift; set +e
        ROLLOUT_ACTOR=maya "$ROLLOUTCTL" "$@" >"$OUT/$name.out" 2>"$OUT/$name.err"; echo $? >"$OUT/$name.status"; set -e
      }
      keep() { cat "$1" >"$OUT/$2"; }

      """
    let binary = try #require(Binary.path)
    let outcome = try Tool(name: "unshare").run(
      unshare + ["sh", "-c", prelude + script], in: world.folder,
      environment: ["ROLLOUTCTL": binary, "OUT": outside.path])
    try #require(outcome.status == 0, "\(outcome)")
    return Runs(folder: outside)
  }

  @Test(.enabled(if: canMount, reason)) func aFullDiskStopsAPromotionAndNoKill() throws {
    let world = try LiveWorld()
    let runs = try play(
      """
      mkdir disk; mount -t tmpfs -o size=64k tmpfs disk; cp -r notes flags.json disk; cd disk
      run start promote notes/summary.md
      run attest attest notes/summary.md gates --evidence seen
      dd if=/dev/zero of=fill bs=1k count=100 2>/dev/null || true
      keep flags.json before
      run promote promote notes/summary.md
      keep flags.json after-promote
      run kill kill ai-summary
      keep flags.json after-kill
      run verify history --verify
      ls >"$OUT/left"
      rm fill
      run again promote notes/summary.md
      run last kill ai-summary
      keep flags.json killed
      run reverify history --verify
      """, in: world)
    #expect(try runs["start"].status == 0)
    let promoted = try runs["promote"]
    #expect(promoted.status == 1 && promoted.output == "", "\(promoted)")
    #expect(promoted.errors.contains("the disk is full; make room and run it again"), "\(promoted)")
    #expect(try runs.file("after-promote") == runs.file("before"))
    // There is no room for a new file, and the old one is written into.
    let killed = try runs["kill"]
    #expect(killed.status == 0 && killed.output.contains("itself, since no new file could take its place"), "\(killed)")
    #expect(try runs.file("after-kill").contains(#""rolloutctl": "killed""#))
    #expect(try runs["verify"].status == 0)
    #expect(try !runs.file("left").contains("rollout-new-"), "a temporary file stayed")
    // With room again everything goes on from where it was.
    let (again, last) = (try runs["again"], try runs["last"])
    #expect(again.status == 5 && last.status == 0, "\(again)\(last)")
    #expect(try runs.file("killed").contains(#""rolloutctl": "killed""#))
    #expect(try runs["reverify"].status == 0)
  }

  @Test(.enabled(if: canMount, reason)) func aReadOnlyJournalStopsWhatWidensAndNotWhatNarrows() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    let journal = try world.folder.read(LiveWorld.journalPath)
    let runs = try play(
      """
      mount --bind flags.json.rollout flags.json.rollout; mount -o remount,ro,bind flags.json.rollout
      keep flags.json before
      run promote promote notes/summary.md
      keep flags.json after-promote
      run hold hold notes/summary.md
      run rollback rollback notes/summary.md
      keep flags.json after-rollback
      run kill kill ai-summary
      keep flags.json after-kill
      """, in: world)
    for name in ["promote", "hold"] {
      let refused = try runs[name]
      #expect(refused.status == 1 && refused.output == "", "\(refused)")
      #expect(refused.errors.contains("the journal:") && refused.errors.contains("read-only"), "\(refused)")
    }
    #expect(try runs.file("after-promote") == runs.file("before"))
    let back = try runs["rollback"]
    #expect(back.status == 0 && back.errors.contains("could not be journaled"), "\(back)")
    #expect(back.output.contains("internal → off") && !back.output.contains("now: internal"), "\(back)")
    #expect(try !runs.file("after-rollback").contains("targeting"))
    let killed = try runs["kill"]
    #expect(killed.status == 0, "\(killed)")
    #expect((killed.output + killed.errors).contains("it is off, but this could not be journaled"), "\(killed)")
    #expect(try runs.file("after-kill").contains(#""rolloutctl": "killed""#))
    // Back on a disk that can be written, it counts as killed, and the chain was never touched.
    #expect(try world.folder.read(LiveWorld.journalPath) == journal)
    #expect(try world.run("status", "ai-summary", "--exit-code").status == 5)
    try world.done("restore", "ai-summary", "--reason", "the disk is back")
    try world.verify()
  }

  /// As containers often get it. Only a kill may write into the file: everything else waits for one that can be replaced.
  @Test(.enabled(if: canMount, reason)) func aFileThatIsMountedByItselfIsWrittenInto() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let runs = try play(
      """
      cp flags.json behind.json; mount --bind behind.json flags.json
      run exclude exclude ai-summary tenant=acme --reason complaint
      keep behind.json after-exclude
      run kill kill ai-summary
      keep behind.json after-kill
      run restore restore ai-summary --reason again
      keep behind.json after-restore
      ls > names
      keep names names
      """, in: world)
    #expect(try runs["exclude"].status == 0 && runs.file("after-exclude").contains("acme"))
    #expect(try runs["restore"].status == 0)
    #expect(try runs.file("after-restore").contains(#""rolloutctl": "managed""#))
    let killed = try runs["kill"]
    #expect(killed.status == 0, "\(killed)")
    #expect(try runs.file("after-kill").contains(#""rolloutctl": "killed""#))
    #expect(try !runs.file("names").contains("rollout-new"))
  }

  @Test(.enabled(if: canMount, reason)) func onAReadOnlyDiskNothingIsSaidToBeDone() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    let before = try world.snapshot()
    let runs = try play(
      """
      mount --bind . .; mount -o remount,ro,bind .; cd "$PWD"
      run promote promote notes/summary.md
      run kill kill ai-summary
      run status status ai-summary --exit-code
      """, in: world)
    let promoted = try runs["promote"]
    #expect(promoted.status == 1 && promoted.errors.contains("read-only"), "\(promoted)")
    let killed = try runs["kill"]
    #expect(killed.status == 1, "\(killed)")
    let said = killed.output + killed.errors
    #expect(said.contains("NOT off") && said.contains("read-only") && said.contains("by hand:"), "\(killed)")
    #expect(try runs["status"].status == 0)
    #expect(try world.snapshot() == before)
  }

  // MARK: Rights

  /// The executable as somebody who owns nothing here; root needs `setpriv` for that.
  static let asNobody: [String]? = {
    guard let binary = Binary.path else { return nil }
    if getuid() != 0 { return [binary] }
    let line = ["--reuid=65534", "--regid=65534", "--clear-groups", binary]
    guard let path = Tool(name: "setpriv").path,
      (try? Binary.run(line + ["version"], program: path))?.status == 0
    else { return nil }
    return [path] + line
  }()

  @Test(.enabled(if: asNobody != nil || Live.isRequired, "nobody cannot start the executable from here"))
  func withoutRightsNothingIsWrittenAndNothingClaimed() throws {
    let nobody = try #require(Self.asNobody)
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    let change = try Tool.sh.run(["-c", "chmod -R a+rX,a-w ."], in: world.folder)
    try #require(change.status == 0)
    let before = try world.snapshot()
    func run(_ words: String...) throws -> Binary.Outcome {
      try Binary.run(Array(nobody.dropFirst()) + words, in: world.folder, program: nobody[0])
    }
    let promoted = try run("promote", LiveWorld.note)
    #expect(promoted.status == 1 && promoted.output == "", "\(promoted)")
    #expect(promoted.errors.contains("not permitted; check the rights"), "\(promoted)")
    let killed = try run("kill", "ai-summary")
    #expect(killed.status == 1, "\(killed)")
    let said = killed.output + killed.errors
    #expect(said.contains("NOT off") && said.contains("not permitted") && said.contains("by hand:"), "\(killed)")
    #expect(try run("status", "ai-summary", "--exit-code").status == 0)
    #expect(try world.snapshot() == before)
  }
}
