import Testing

@testable import RolloutOps

/// Who else writes a flag file.
@Suite struct FileWritersTests {
  private static let commit = "0123456789abcdef0123456789abcdef01234567"

  @Test(arguments: [
    ("/w/flags.json", "/w/flags.json", nil),
    ("/etc/f/flags.json", "/etc/f/..2026_11_30_01.2/flags.json", "ConfigMap"),
    ("/git/link/flags.json", "/git/.worktrees/\(commit)/flags.json", "git-sync"),
    ("/git/link/flags.json", "/git/\(commit)/flags.json", "git-sync"),
    // Whoever names the commit gets that one, and nobody turns it.
    ("/git/\(commit)/flags.json", "/git/\(commit)/flags.json", nil),
    ("/a/../w/flags.json", "/w/flags.json", nil), ("/w/link.json", "/w/other/flags.json", nil),
  ]) func theRealPathTellsWhoMadeIt(path: String, real: String, who: String?) {
    let sentences = FileWriters(path: path, real: real).sentences
    #expect(sentences.count == (who == nil ? 0 : 1) && who.map { sentences[0].contains($0) } ?? true, "\(sentences)")
  }

  @Test func mountsAndOwnersCount() {
    var writers = FileWriters(path: "/w/f", real: "/w/f")
    (writers.owner, writers.own) = (1000, 1000)
    #expect(writers.sentences == [])
    writers.own = 0
    #expect(writers.sentences == [])
    writers.own = 33
    #expect(writers.sentences == ["/w/f belongs to another user (number 1000), who may write it anew"])
    (writers.isReadOnly, writers.hasDataLink) = (true, true)
    #expect(writers.sentences.count == 3)
  }

  @Test func theDiskIsLookedAt() {
    let files = MemoryFiles()
    files.put("/etc/f/..2026/flags.json", "{}")
    files.link("/etc/f/..data", to: "..2026")
    files.link("/etc/f/flags.json", to: "..data/flags.json")
    files.put("/proc/self/mountinfo", "2 1 8:1 / /etc/a\\040b ro,relatime - ext4 x rw\n1 0 8:1 / / rw - ext4 x rw\n")
    let writers = FileWriters("/etc/f/flags.json", real: "/etc/f/..2026/flags.json", files)
    #expect(writers.hasDataLink && !writers.isReadOnly && writers.owner == 1000 && writers.own == 1000)
    #expect(FileWriters("/etc/a b/flags.json", real: "/etc/a b/flags.json", files).isReadOnly)
    #expect(!FileWriters("/etc/a bc/flags.json", real: "/etc/a bc/flags.json", files).isReadOnly)
  }
}
