import Testing

/// Who works on files pays for no network: the library for it is opened by the first request and not before.
@Suite struct NoNetworkTests {
  @Test(arguments: [["promote", LiveWorld.note], ["status", LiveWorld.note], ["kill", "ai-summary"]])
  func aFileCommandNeverOpensLibcurl(words: [String]) throws {
    let world = try LiveWorld()
    try world.done("promote", LiveWorld.note)
    let outcome = try world.start(words, environment: ["LD_DEBUG": "files"]).finish()
    #expect(outcome.errors.contains("libc.so.6"), "the loader tells what it loads")
    #expect(!outcome.errors.contains("libcurl"))
  }
}
