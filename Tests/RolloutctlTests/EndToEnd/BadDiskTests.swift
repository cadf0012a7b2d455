import Foundation
import Glibc
import Testing

@testable import RolloutOps

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
  static func play(_ script: String, in world: LiveWorld) throws -> Runs {
    let unshare = try #require(unshare, reason)
    let outside = try TemporaryFolder()
    let prelude = """
      set -e
      run() {
        name="$1"; shift; set +e
        ROLLOUT_ACTOR=maya ${ROLLOUTCTL_AS-} "$ROLLOUTCTL" "$@" >"$OUT/$name.out" 2>"$OUT/$name.err"; echo $? >"$OUT/$name.status"; set -e
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

  /// Swift reads a program's words from `/proc`. A rescue shell in a bare chroot has none, and there a kill would be a
  /// command line of no words.
  @Test(.enabled(if: canMount, reason)) func aKillNeedsNoProc() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let runs = try Self.play(
      """
      run known kill ai-summary --dry-run --reason "two words" ""
      umount -l /proc
      run kill kill ai-summary --dry-run --reason "two words" ""
      run mended kill ai-summary --reason "two words"
      run status status ai-summary
      """, in: world)
    // Every word arrives as it was typed, an empty one too.
    let (known, kill, mended, status) = (try runs["known"], try runs["kill"], try runs["mended"], try runs["status"])
    #expect(kill.end == known.end && kill.errors == known.errors && kill.errors.contains("FLAG ''"), "\(kill) \(known)")
    #expect(mended.end == .status(0), "\(mended)")
    #expect(try world.isKilled())
    #expect(status.output.contains("“two words”"), "\(status)")
  }

  /// The last change has kept room for a kill; where somebody took that away too the old file is written into.
  @Test(.enabled(if: canMount, reason), arguments: [true, false])
  func aFullDiskStopsAPromotionAndNoKill(hasSpare: Bool) throws {
    let world = try LiveWorld()
    let runs = try Self.play(
      """
      mkdir disk; mount -t tmpfs -o size=64k tmpfs disk; cp -r notes flags.json disk; cd disk
      run start promote notes/summary.md
      run attest attest notes/summary.md gates --evidence seen
      \(hasSpare ? ":" : "rm flags.json.rollout/spare")
      dd if=/dev/zero of=fill bs=1k count=100 2>/dev/null || true
      keep flags.json before
      ls -i flags.json >"$OUT/number"
      run promote promote notes/summary.md
      keep flags.json after-promote
      run kill kill ai-summary
      keep flags.json after-kill
      stat -c '%a %u' flags.json >"$OUT/rights"
      ls -i flags.json >"$OUT/number-after"
      run verify history --verify
      ls . flags.json.rollout >"$OUT/left"
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
    let killed = try runs["kill"]
    let isInside = killed.output.contains("itself, since no new file could take its place")
    #expect(killed.status == 0 && isInside != hasSpare, "\(killed)")
    #expect(try (runs.file("number") == runs.file("number-after")) == isInside)
    #expect(try runs.file("rights") == "644 \(getuid())\n")
    #expect(try runs.file("after-kill").contains(#""rolloutctl": "killed""#))
    #expect(try !runs.file("left").contains("spare"), "the room is used")
    #expect(try runs["verify"].status == 0)
    #expect(try !runs.file("left").contains("rollout-new-"), "a temporary file stayed")
    // With room again everything goes on from where it was.
    let (again, last) = (try runs["again"], try runs["last"])
    #expect(again.status == 5 && last.status == 0, "\(again)\(last)")
    #expect(try runs.file("killed").contains(#""rolloutctl": "killed""#))
    #expect(try runs["reverify"].status == 0)
  }

  /// Not a byte is free behind the file, and what a kill writes is longer than what it takes away.
  @Test(.enabled(if: canMount, reason)) func aFileThatFillsItsLastPageCanBeKilled() throws {
    let world = try LiveWorld()
    let flag =
      #"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on","metadata":{"rolloutctl":"managed"}}"#
    let head = #"{"flags": {\#n  "ai-summary": \#(flag),\#n\#(String(repeating: " ", count: 60))"other": {"#
    let tail = #""state":"DISABLED","variants":{"on":true},"defaultVariant":"on","metadata":{"why":""#
    let end = "\"}}}}\n"
    let filling = String(repeating: "x", count: 4096 - (head + tail + end).utf8.count)
    try world.folder.write("flags.json", head + tail + filling + end)
    let runs = try Self.play(
      """
      mkdir disk; mount -t tmpfs -o size=64k tmpfs disk; cp flags.json disk; cd disk
      dd if=/dev/zero of=fill bs=1k count=100 2>/dev/null || true
      run kill kill ai-summary
      keep flags.json after
      """, in: world)
    let killed = try runs["kill"]
    #expect(killed.status == 0 && killed.output.contains("itself, since no new file could take its place"), "\(killed)")
    let after = try runs.file("after")
    let json = try JSON.parse(after)
    #expect(after.utf8.count == 4096 && json["flags"]?["ai-summary"]?["defaultVariant"] == "off")
    #expect(json["flags"]?["other"]?["metadata"]?["why"]?.text == filling)
  }

  @Test(.enabled(if: canMount, reason)) func aReadOnlyJournalStopsWhatWidensAndNotWhatNarrows() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    let journal = try world.folder.read(LiveWorld.journalPath)
    let runs = try Self.play(
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
    let runs = try Self.play(
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

  /// As a volume with a file mounted into it: no new file can be made there, and the file itself can be written.
  @Test(.enabled(if: canMount, reason)) func aFileThatCanBeWrittenOnAReadOnlyDiskCanBeKilled() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.folder.write("writable/flags.json", world.folder.read("flags.json"))
    let runs = try Self.play(
      """
      mount --bind . .; cd "$PWD"
      mount --bind writable/flags.json flags.json; mount -o remount,ro,bind .
      run exclude exclude ai-summary tenant=acme --reason complaint
      run kill kill ai-summary
      keep flags.json after-kill
      """, in: world)
    #expect(try runs["exclude"].status == 1)
    let killed = try runs["kill"]
    #expect(killed.status == 0 && killed.output.contains("itself, since no new file could take its place"), "\(killed)")
    #expect(try runs.file("after-kill").contains(#""rolloutctl": "killed""#))
  }

  /// Somebody whom only the file's access list lets in (acl(5)) would be left with what was served before.
  @Test(.enabled(if: canMount, reason)) func whoeverMayReadTheFileMayReadTheNewOne() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let list = """
      import os, struct, sys
      def entry(tag, rights, who=0xffffffff): return struct.pack("<HHI", tag, rights, who)
      new = struct.pack("<I", 2) + entry(1, 6) + entry(2, 4, 4711) + entry(4, 0) + entry(16, 4) + entry(32, 0)
      if sys.argv[1] == "give": os.setxattr(sys.argv[2], "system.posix_acl_" + sys.argv[3], new)
      elif "system.posix_acl_access" not in os.listxattr(sys.argv[2]): print("none")
      else: print("same" if os.getxattr(sys.argv[2], "system.posix_acl_access") == new else "other")
      """
    try world.folder.write("list.py", list)
    let runs = try Self.play(
      """
      mkdir disk; mount -t tmpfs tmpfs disk; cp -r notes flags.json flags.json.rollout list.py .git disk; cd disk
      chmod 600 flags.json; python3 list.py give flags.json access
      run kill kill ai-summary
      python3 list.py show flags.json >"$OUT/kept"
      stat -c %a flags.json >"$OUT/mode"
      # The folder has a list for all that is new in it, and the file has none.
      rm flags.json; cp ../flags.json .; chmod 640 flags.json; python3 list.py give . default
      run again kill ai-summary --reason again
      python3 list.py show flags.json >"$OUT/without"
      """, in: world)
    #expect(try runs["kill"].status == 0 && runs["again"].status == 0)
    #expect(try runs.file("kept") == "same\n" && runs.file("mode") == "640\n")
    #expect(try runs.file("without") == "none\n")
  }

  @Test(.enabled(if: canMount, reason)) func onAReadOnlyDiskNothingIsSaidToBeDone() throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    try world.done("attest", LiveWorld.note, "gates", "--evidence", "seen")
    let before = try world.snapshot()
    let runs = try Self.play(
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

  /// As below /tmp: everybody may make files there, and nobody may replace those of others.
  @Test(.enabled(if: asNobody != nil && getuid() == 0 || Live.isRequired, "only root can be two users"))
  func aFileOfSomebodyElseInAStickyFolderCanBeKilled() throws {
    let nobody = try #require(Self.asNobody)
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let change = try Tool.sh.run(
      ["-c", "chmod -R a+rX . && chmod 666 flags.json && chmod 1777 . flags.json.rollout"], in: world.folder)
    try #require(change.status == 0)
    func run(_ words: String...) throws -> Binary.Outcome {
      try Binary.run(Array(nobody.dropFirst()) + words, in: world.folder, program: nobody[0])
    }
    let excluded = try run("exclude", "ai-summary", "tenant=acme", "--reason", "complaint")
    #expect(excluded.status == 1 && excluded.errors.contains("not permitted"), "\(excluded)")
    let killed = try run("kill", "ai-summary")
    #expect(killed.status == 0 && killed.output.contains("itself, since no new file could take its place"), "\(killed)")
    #expect(try world.isKilled())
    let names = try FileManager.default.contentsOfDirectory(atPath: world.folder.path)
    #expect(!names.contains { $0.contains("rollout-new") }, "\(names)")
  }

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
