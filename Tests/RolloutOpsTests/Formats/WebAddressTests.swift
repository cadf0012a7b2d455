import Testing

@testable import RolloutOps

@Suite struct WebAddressTests {
  @Test(arguments: [
    ("https://h", "https://h/"), ("HTTPS://Host.Example:443/a?b=c#d", "https://host.example/a?b=c"),
    ("http://127.0.0.1:9090/x/", "http://127.0.0.1:9090/x/"), ("http://[::1]:80?q", "http://[::1]/?q"),
    ("https://h:8443", "https://h:8443/"),
  ])
  func whatIsGoodIsTakenApart(text: String, again: String) throws {
    #expect(try WebAddress(text).description == again)
  }

  @Test(arguments: [
    "", "h", "//h", "ftp://h", "file:///etc/passwd", "https://", "https://:80", "https://me:secret@h/", "https://me@h",
    "https://h:0", "https://h:65536", "https://h:+1", "https://h:", "https://h:80:80", "https://h /",
    "https://h\r\nX: y",
    "https://h\\@evil", "https://bücher.example", "https://[::1", "https://[evil]", "https://[::1]x", "https://h%00",
  ])
  func whatCouldBeMisreadIsRefused(text: String) {
    #expect(throws: WebAddress.Fault.self) { try WebAddress(text) }
  }

  @Test func aSecretInAnAddressIsNotRepeated() throws {
    let fault = #expect(throws: WebAddress.Fault.self) { try WebAddress("https://me:hunter2@h") }
    #expect(fault?.reason.contains("hunter2") == false)
  }

  @Test(arguments: [
    ("http://localhost", true), ("http://127.0.0.1", true), ("http://127.1.2.3:1", true), ("http://[::1]", true),
    ("http://127.0.0.1.evil.example", false), ("http://127.1", false), ("http://0x7f.0.0.1", false),
    ("http://localhost.evil.example", false), ("http://10.0.0.1", false), ("http://127.0.0.256", false),
    ("http://0.0.0.0", false), ("http://127.+1.0.1", false),
  ])
  func onlyThisMachineIsLoopback(text: String, isLoopback: Bool) throws {
    // An address that is refused altogether is no loopback either.
    #expect(((try? WebAddress(text))?.isLoopback ?? false) == isLoopback)
  }

  @Test(arguments: [
    ("https://h/a/b", "/c", "https://h/c"), ("https://h/a/b", "c?d", "https://h/a/c?d"),
    ("https://h/a", "?d", "https://h/a?d"),
    ("https://h:8443/a", "//other/c", "https://other/c"), ("https://h/a", "http://other:1/c", "http://other:1/c"),
    ("https://h/a?x=1", "b:c", nil), ("https://h", "javascript:alert(1)", nil),
    ("https://h", "file:///etc/passwd", nil),
  ])
  func aLocationIsReadFromWhereItCame(from: String, location: String, meant: String?) throws {
    #expect((try? WebAddress(from).resolved(location))?.description == meant)
  }

  @Test(arguments: [
    ("https://h/a", "https://h/b", true), ("https://h/a", "https://h:444/a", false), ("https://h", "https://g", false),
    ("http://h", "https://h", true), ("https://h", "http://h", false), ("http://h:8080", "https://h", false),
  ])
  func aPlaceIsSchemeHostAndPort(one: String, other: String, isSame: Bool) throws {
    #expect(try WebAddress(other).isSamePlace(as: WebAddress(one)) == isSame)
  }

  @Test func anAddressGrowsDownwards() throws {
    #expect(try WebAddress("https://h/prom/").below("/api/v1/query").description == "https://h/prom/api/v1/query")
    #expect(try WebAddress("https://h").below("/api", query: "a=b").description == "https://h/api?a=b")
  }

  /// The reference is Python's `urllib.parse.quote(safe="")` and `quote(safe="/")`.
  @Test(.needsPython) func percentCodeIsPythons() throws {
    let texts = ["", "plain-._~", "a b+c&d=e", "ümlaut/€/😀", "\"quoted\"%41", "\n\t\u{0}", "{job=\"a\"}[5m]"]
    let program = """
      import sys, json, urllib.parse as u
      for t in json.load(sys.stdin): print(u.quote(t, safe="")); print(u.quote(t, safe="/"))
      """
    let input = JSON.strings(texts).written()
    let lines = try Python.run(program, input: input).split(separator: "\n", omittingEmptySubsequences: false)
    for (at, text) in texts.enumerated() {
      #expect(PercentCode.encoded(text) == lines[2 * at])
      #expect(PercentCode.encodedPath(text) == lines[2 * at + 1])
    }
    #expect(PercentCode.form([("query", "a b"), ("time", "1")]) == "query=a%20b&time=1")
  }
}
