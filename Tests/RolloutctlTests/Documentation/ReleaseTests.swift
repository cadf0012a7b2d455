import Testing

@testable import RolloutOps
@testable import rolloutctl

/// Which commit a program says it is of. That the release says the one it was built from, `.ci/run` and
/// `Tests/Release/check` hold.
@Suite struct ReleaseTests {
  static let commit = "0123456789abcdef0123456789abcdef01234567"

  static func note(_ text: String, owner: String = "FDO", kind: UInt32 = 0xcafe_1a7e) -> ProgramNote {
    ProgramNote(owner: owner, kind: kind, content: Array(text.utf8))
  }

  @Test func itStandsInThePackagesNote() {
    let text = #"{"type":"binary","name":"rolloutctl","commit":"\#(Self.commit)"}"#
    #expect(Release.commit(in: [Self.note("x", owner: "GNU"), Self.note(text + "\0\0")]) == Self.commit)
    #expect(Release.commit(in: [Self.note(text, owner: "GNU")]) == nil)
    #expect(Release.commit(in: [Self.note(text, kind: 1)]) == nil)
    #expect(Release.commit(in: [Self.note(#"{"name":"rolloutctl"}"#)]) == nil)
    #expect(Release.commit(in: [Self.note("{")]) == nil)
  }

  @Test func aPersonIsToldTwelveLettersOfIt() {
    #expect(Release.text(commit: Self.commit) == "\(Release.number) (commit 0123456789ab)")
    #expect(Release.text(commit: nil) == Release.number)
  }
}
