import Testing

@testable import RolloutOps

@Suite struct JournalFolderTests {
  /// `doctor` looks at all stores at the same time.
  @Test func twoStoresInOneFolderRehearseSideBySide() throws {
    let files = MemoryFiles()
    files.put("/w/a.json", "{}")
    let folders = ["a", "b"].map { JournalFolder(Folder(path: "/w/\($0).json.rollout", files: files, base: "/w")) }
    files.before(.remove, on: "/w/") { _ in
      #expect(throws: Never.self) { try folders[1].rehearse(process: 4) }
    }
    try folders[0].rehearse(process: 4)
    #expect(files.paths == ["/w", "/w/a.json"], "nothing is left")
  }
}
