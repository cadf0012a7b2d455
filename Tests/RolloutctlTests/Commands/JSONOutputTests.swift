import RolloutOps
import Testing

/// Whoever asks for JSON gets it on standard output, whatever goes wrong.
@Suite struct JSONOutputTests {
  @Test(arguments: [
    (["status", "--bogus", "--format", "json"], "there is no flag --bogus"),
    (["--format=json", "promote"], "TARGET is missing"),
    (["history", "--format=json", "-n", "0"], "-n '0': "),
  ])
  func aUsageErrorIsJSONToo(words: [String], sentence: String) throws {
    let outcome = try Binary.run(words)
    #expect(outcome.status == 2)
    let answer = try JSON.parse(Array(outcome.output.utf8))
    #expect(answer["exit"]?.integer == 2)
    #expect(answer["error"]?.items?.first?.text?.hasPrefix(sentence) == true, "\(outcome)")
    #expect(outcome.errors.contains(sentence))
  }

  @Test func withoutItStandardOutputStaysEmpty() throws {
    #expect(try Binary.run(["status", "--bogus"]).output == "")
    #expect(try Binary.run(["kill", "--", "--format", "json", "x", "--bogus"]).output.contains("error") == false)
  }

  @Test func aWatchPrintsALineForEachLook() throws {
    let folder = try TemporaryFolder()
    try folder.write("flags.json", "{\"flags\": {}}\n")
    let lost = try Binary.run(["status", "nobody", "--watch", "--format", "json"], in: folder)
    #expect(lost.output.split(separator: "\n").count == 1, "\(lost)")
    #expect(try JSON.parse(Array(lost.output.utf8))["exit"]?.integer == 2)
  }
}
