import RolloutOps
import Testing

/// `sample` as the real program: what reaches a pipe, what a person reads beside it, and its exit codes.
@Suite struct SampleTests {
  private func world() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write("traces/a.ndjson", TraceFixture.text)
    return folder
  }

  private func sample(_ words: [String], in folder: TemporaryFolder, input: String = "") throws -> Binary.Outcome {
    try Binary.run(["sample"] + words, in: folder, input: input)
  }

  @Test func aPipeGetsRecordsAndAPersonTheSummary() throws {
    let folder = try world()
    let words = ["--by", "category", "--size", "30", "--version", "prompt_version=v7"]
    let outcome = try sample(["--traces", "traces/*.ndjson"] + words, in: folder)
    #expect(outcome.status == 0)
    let all = Set(TraceFixture.text.split(separator: "\n"))
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 30 && Set(lines).count == 30 && lines.allSatisfy(all.contains))
    for category in ["billing", "legal", "spanish"] {
      let tag = "\"category\":\"\(category)\""
      #expect(lines.count { $0.contains(tag) } == 10)
      let seen = all.count { $0.contains(tag) && $0.contains("\"v7\"") }
      #expect(outcome.errors.contains("category \(category): 10 of \(seen)\n"), "\(outcome.errors)")
    }
    #expect(outcome.errors.contains("30 of 303 records of prompt_version = v7 drawn from one log, by category"))
    // Again, from a pipe, and said less.
    let piped = try sample(["--traces", "-", "--quiet"] + words, in: folder, input: TraceFixture.text)
    #expect(piped.output == outcome.output && piped.errors == "" && piped.status == 0)
    let other = try sample(["--traces", "-", "--seed", "week-47"] + words, in: folder, input: TraceFixture.text)
    #expect(other.output != outcome.output && other.errors.contains("with seed week-47"))
  }

  @Test func jsonIsOneValue() throws {
    let folder = try world()
    try folder.write("traces/b.ndjson", "{\"category\":\n" + TraceFixture.text)
    let outcome = try sample(
      ["--traces", "traces/*", "--by", "tenant", "--each", "2", "--where", "category = legal", "--format", "json"],
      in: folder)
    #expect(outcome.status == 0, "\(outcome)")
    let answer = try JSON.parse(Array(outcome.output.utf8))
    let records = try #require(answer["sample"]?.items)
    #expect(records.count == answer["drawn"]?.integer && records.count == 80 && answer["records"]?.integer == 2400)
    #expect(answer["strata"]?.items?.count == 40 && answer["each"]?.integer == 2)
    for record in records {
      #expect(record["record"]?["category"] == "legal" && record["stratum"]?["tenant"] == record["record"]?["tenant"])
      // The line that it says is the line that it is from.
      let text = try folder.read(record["log"]?.text ?? "").split(separator: "\n")
      let line = try #require(record["line"]?.integer)
      #expect(try JSON.parse(Array(text[line - 1].utf8)) == record["record"])
    }
    #expect(answer["remarks"]?.items?.first?.text?.hasPrefix("traces/b.ndjson:1: broken: ") == true)
    #expect(outcome.errors.contains("traces/b.ndjson:1: broken: "))
  }

  @Test func cellsComeBelowTheirHeader() throws {
    let folder = try TemporaryFolder()
    let rows = (0..<40).map { "\($0),\"a \"\"quoted\"\", text\",c\($0 % 2)\r\n" }
    try folder.write("log.csv", "id,text,category\r\n" + rows.joined())
    let outcome = try sample(["--traces", "log.csv", "--by", "category", "-n", "6", "-q"], in: folder)
    #expect(outcome.status == 0 && outcome.output.hasPrefix("id,text,category\n"), "\(outcome)")
    let drawn = outcome.output.utf8.split(separator: 0x0A).dropFirst().map { String(Substring($0)) + "\n" }
    #expect(drawn.count == 6 && drawn.allSatisfy(rows.contains))
    try folder.write("log.ndjson", "{\"category\":\"c1\"}\n")
    let mixed = try sample(["--traces", "log.*", "--by", "category"], in: folder)
    #expect(mixed.status == 2 && mixed.output == "" && mixed.errors.contains("--format json takes them all"))
  }

  @Test func aNoteSaysWhatIsMeant() throws {
    let world = try DemoWorld.fresh()
    let note = try world.folder.read("notes/summary.md")
    try world.folder.write("notes/summary.md", note + "\nEvidence: log.ndjson\nFields:\n- category = category\n")
    let outcome = try world.type("rolloutctl sample notes/summary.md -n 7")
    #expect(outcome.status == 0 && outcome.output.split(separator: "\n").count == 7, "\(outcome)")
    #expect(outcome.output.split(separator: "\n").allSatisfy { $0.contains("\"v7\"") })
    // The log is older than the stage: nobody has seen its records there.
    let entered = try world.type("rolloutctl promote notes/summary.md -q && rolloutctl sample ai-summary")
    #expect(entered.status == 3 && entered.errors.contains("303 are of another time"), "\(entered)")
  }

  @Test(
    arguments: [
      ([], 2, "name a note, or a trace log"), (["--traces", "no.ndjson"], 1, "there is no such file"),
      (["--traces", "*.csv"], 1, "no file has such a name"),
      (["--traces", "traces/a.ndjson", "-n", "0"], 2, "a whole number of at least 1"),
      (["--traces", "traces/a.ndjson", "-n", "3", "--each", "3"], 2, "the same thing twice"),
      (["--traces", "traces/a.ndjson", "--each", "3"], 2, "--by FIELD"),
      (["--traces", "traces/a.ndjson", "--arm", "both"], 2, "needs a note"),
      (["--traces", "traces/a.ndjson", "--where", "plan ="], 2, "plan ="),
      (["--traces", "traces/a.ndjson", "--version", "prompt_version=v9"], 3, "1,200 are of another version"),
      (["notes/none.md"], 2, "there is no note"), (["nobody"], 2, "no journal knows nobody"),
    ] as [([String], Int32, String)])
  func whatCannotBeDrawnIsSaid(words: [String], status: Int32, says: String) throws {
    let folder = try world()
    let outcome = try sample(words, in: folder)
    #expect(outcome.status == status && outcome.output == "" && outcome.errors.contains(says), "\(outcome)")
    let json = try sample(words + ["--format", "json"], in: folder)
    #expect(json.status == status)
    if status != 2 || says.contains("needs") {
      #expect(try JSON.parse(Array(json.output.utf8))["exit"]?.integer == Int(status))
    }
  }
}
