import Testing

@testable import RolloutOps

@Suite struct LogPatternTests {
  private let files: MemoryFiles = {
    let files = MemoryFiles()
    for path in [
      "/w/t/b.ndjson", "/w/t/a.ndjson", "/w/t/a.csv", "/w/t/.hidden.ndjson", "/w/t/x/c.ndjson", "/w/[odd].csv",
    ] {
      files.put(path, "{}")
    }
    return files
  }()

  @Test(arguments: [
    ("/w/t/*.ndjson", ["/w/t/a.ndjson", "/w/t/b.ndjson"]), ("/w/t/?.csv", ["/w/t/a.csv"]),
    ("/w/t/[b-z].ndjson", ["/w/t/b.ndjson"]), ("/w/t/[!a]*", ["/w/t/b.ndjson"]), ("/w/*/*/*", ["/w/t/x/c.ndjson"]),
    ("/w/**/*.ndjson", ["/w/t/a.ndjson", "/w/t/b.ndjson", "/w/t/x/c.ndjson"]), ("/w/[odd].csv", ["/w/[odd].csv"]),
    ("/w/t/.h*", ["/w/t/.hidden.ndjson"]), ("-", ["-"]), ("/missing", ["/missing"]),
    ("/w/t/*a*.*n*", ["/w/t/a.ndjson"]),
  ])
  func namesSorted(pattern: String, paths: [String]) throws {
    #expect(try LogPattern(files).paths([pattern]) == paths)
  }

  @Test func aPatternThatNamesNothingIsATrouble() {
    for pattern in ["/w/t/*.json", "/nowhere/*", "/w/t/x/*/**/y"] {
      #expect(throws: FileTrouble(.reading, pattern, .noMatch)) { try LogPattern(files).paths([pattern]) }
    }
  }

  @Test func eachFileIsNamedOnce() throws {
    #expect(try LogPattern(files).paths(["/w/t/a.csv", "/w/t/*.csv"]) == ["/w/t/a.csv"])
  }
}
