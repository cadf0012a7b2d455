import Testing

/// What the stores on hosted platforms ask of their servers, in which order, and what comes of it: `Tests/Fixtures/hosted`.
/// Whoever changes a request, a word or an entry of a journal there sees it.
///
/// `ROLLOUTCTL_REGENERATE=1 swift test --filter HostedTests` writes them anew.
@Suite(.waits, .enabled(if: Tool.python.isWanted, "python3 is not installed here")) struct HostedTests {
  private static let golden = Golden("hosted", of: "HostedTests")
  private static let names = HostedKind.all.map { "\($0.name).txt" }

  private static func text(_ name: String) throws -> String {
    let kind = try #require(HostedKind.all.first { "\($0.name).txt" == name })
    let text = try HostedPlay(kind).text()
    #expect(!text.contains(LivePlatform.token), "a token is in it")
    return text
  }

  @Test(.disabled(if: Golden.isWritten)) func regenerate() throws { try Self.golden.write(Self.names, Self.text) }

  @Test(.enabled(if: Golden.isWritten), arguments: names)
  func everythingIsAskedAsItIsWritten(name: String) throws {
    Self.golden.expect(try Self.text(name), in: name) { $0.contains("$ rolloutctl") || $0.hasPrefix("change") }
  }

  @Test(.enabled(if: Golden.isWritten)) func nothingElseIsThere() throws { try Self.golden.expectOnly(Self.names) }
}
