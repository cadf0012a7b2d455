import Testing

@testable import RolloutOps

@Suite struct NoteFieldTests {
  private func read(_ text: String, path: String = "n.md") -> Note { Note.read(Array(text.utf8), path: path) }

  @Test(arguments: [
    "Owner: maya", "owner : maya", "OWNER:maya", "**Owner:** maya", "**Owner**: maya", "__Owner:__ maya",
    "- Owner: maya", "* **Owner:** maya", "Owner:\n- maya", "Owner:\nmaya", "Owner: `maya`", "Owner: **maya**",
    "Owner: maya <!-- since May -->", "  Owner: maya", "1. Owner: maya", "- [x] Owner: maya", "Owner:\u{A0}maya ",
  ])
  func spellingsOfOneField(line: String) {
    #expect(expectProblems(NoteFixtures.quiet("Owner", line)).plan?.owner == "maya")
  }

  @Test func lineEndsAndByteOrderMarkDoNotMatter() throws {
    let plain = read(NoteFixtures.full)
    let windows = read(
      "\u{FEFF}" + NoteFixtures.full.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"))
    #expect(windows.plan == plain.plan)
    #expect(windows.diagnostics == plain.diagnostics)
    #expect(windows.position(of: .store) == plain.position(of: .store))
    #expect(windows.title == plain.title)
  }

  @Test func everyFieldIsRead() throws {
    let more = """
      Samples: 1,500
      Bands: none
      Checklist: advisory
      Automation: promote
      Evidence level: proven
      Evaluation: eval/run-7.md
      Journal: etcd+http://host:2379/rollouts
      ⟦no-effect⟧Notify: https://chat.example.com/hook
      ⟦no-effect⟧Notify: ops@lists
      Fields:
      - quality = judge.score
      Flag hash: v2
      Kill to: control
      """
    let note = expectProblems(NoteFixtures.quiet + "\n" + more)
    let plan = try #require(note.plan)
    #expect(plan.samples == 1500)
    #expect(!plan.defaultBands)
    #expect(plan.checklist == .advisory)
    #expect(plan.promotesItself)
    #expect(plan.provenEvidence)
    #expect(plan.evaluation == "eval/run-7.md")
    #expect(note.flagHashes == [.v2])
    #expect(plan.killTo == .control)
    #expect(note.journal == "etcd+http://host:2379/rollouts")
    #expect(note.written[.notify]?.map(\.text) == ["https://chat.example.com/hook", "ops@lists"])
    #expect(note.written[.fields]?.map(\.text) == ["quality = judge.score"])
  }

  @Test(arguments: [
    ("Tier", "Tier: ⟦bad-value⟧7"), ("Tier", "Tier: ⟦bad-value⟧two"), ("Change type", "Change type: ⟦bad-value⟧promt"),
    ("Bands", "Bands: ⟦bad-value⟧maybe"), ("Samples", "Samples: ⟦bad-value⟧many"), ("Samples", "Samples: ⟦bad-value⟧0"),
    ("Samples", "Samples: ⟦bad-value⟧-5"), ("Automation", "Automation: ⟦bad-value⟧everything"),
    ("Unit", "Unit: ten⟦bad-value⟧ ant"), ("Unit", "Unit: ⟦personal-data⟧user.email"),
    ("Flag", "Flag: ai⟦flag-key⟧ summary"), ("Flag", "Flag: ai⟦flag-key⟧\"summary"),
    ("Version", "Version: ⟦bad-value⟧prompt v7"),
    ("Version", "⟦version-unchanged⟧Version: prompt_version = v6"),
    ("Version", "⟦version-field⟧Version: model_version = m7"),
    ("Owner", "Owner:\n- maya\n- ⟦bad-value⟧lee"), ("Owner", "Owner: ⟦no-owner⟧maya and lee"),
    ("Owner", "⟦no-owner⟧Owner: TBD"), ("Tier", "⟦no-tier⟧Tier:"), ("Time zone", "⟦no-time-zone⟧Time zone:"),
    ("Dashboard / query", "Dashboard:\nhttps://x.example/d"), ("Kill trigger", "⟦no-kill-trigger⟧Kill trigger:"),
    ("Rollback trigger", "⟦no-rollback-trigger⟧Rollback trigger:"), ("Fallback", "⟦no-fallback⟧Fallback:"),
    ("Runbook", "⟦no-runbook⟧Runbook:"),
    ("Owner", "Owner: maya\n⟦duplicate-field⟧Owner: lee"),
    ("Owner", "⟦unknown-field⟧Onwer: maya"),
    ("Tier", "Tier: 3\n⟦unknown-field⟧Jira: ABC-1"),
    ("Kill trigger", "⟦unknown-field⟧Kil trigger:\n- cost exceeds 5x control"),
    ("Kill trigger", "\n## ⟦unknown-field⟧Kil triggers\n\n- cost exceeds 5x control"),
    ("Tier", "- Tier: 3\n- ⟦unknown-field⟧Aprovers: lee"), ("Tier", "Tier: 3\n⟦no-effect⟧Approvers: lee"),
    ("Tier", "Tier: 3\n\n⟦unknown-field⟧Kil switch: by hand"),
    ("Tier", "Tier: 3\n\n⟦unknown-field⟧Sucess criterion: 5%"),
    ("Tier", "Tier: 3\n\n### ⟦unknown-field⟧Exclude: team = x"),
    ("Tier", "Tier: 3\n\n• ⟦unknown-field⟧Exclude: team = x"), ("Tier", "Tier: 3\n\n⟦unknown-field⟧Exclude：team = x"),
    ("Tier", "Tier: 3\n\n⟦unknown-field⟧Exclude = team x"),
    ("Tier", "Tier: 3\n\n## Metric\n\nWe look at one."),
    ("Tier", "Tier: 3\n\n## Kill switch\n\n- the toggle in the console"),
  ])
  func marksWhatIsWrong(field: String, line: String) {
    var text = NoteFixtures.quiet(field, line)
    // What is missing altogether is told at the note's first character.
    if line.contains("Onwer") { text = "⟦no-owner⟧" + text }
    if line.contains("Kil tri") { text = "⟦no-kill-trigger⟧" + text }
    if line.contains("prompt v7") { text = "⟦no-version-label⟧" + text }
    expectProblems(text)
  }

  @Test func aDuplicateNamesTheFirstLine() {
    let note = read(NoteFixtures.quiet + "\n\nOwner: lee\n")
    let first = NoteFixtures.line(of: "Owner")
    #expect(note.diagnostics.map(\.message) == ["`Owner` stands already in line \(first); keep one of the two"])
    #expect(note.plan == nil)
  }

  /// A kill may read a note too, and each comparison takes its time.
  @Test func ofAPageOfStrangeLinesTheFirstAreCompared() {
    let lines = Array(repeating: "Ownr: x", count: 2_000).joined(separator: "\n\n")
    let found = read(NoteFixtures.quiet + "\n\n\(lines)\n").diagnostics.filter { $0.meant == "Owner" }
    #expect((1...60).contains(found.count), "\(found.count)")
  }

  /// What guards a rollout under another name is said with the name that is meant.
  @Test(arguments: [
    ("Kil switch: x", "Kill trigger"), ("Kill criteria: x", "Kill trigger"), ("Sucess criterion: x", "Hold trigger"),
    ("Success criteria: x", "Hold trigger"), ("Rolback plan: x", "Rollback trigger"), ("Aprovers: x", "Approvers"),
    ("Risk level: x", "Tier"), ("Kill switch triger: x", "Kill switch trigger"),
  ])
  func theKeyThatIsMeantIsNamed(line: String, meant: String) {
    let found = read(NoteFixtures.quiet + "\n\n\(line)\n").diagnostics
    #expect(found.map(\.meant) == [meant], "\(found)")
    #expect(found.allSatisfy { $0.message.hasSuffix("did you mean `\(meant)`?") && $0.rule == "unknown-field" })
  }

  /// A field that is read and not acted on says so, and one that is acted on does not: each is looked for where the
  /// plan is used.
  @Test func whatHasNoEffectIsSaid() throws {
    let uses: [NoteField.ID: String] = [
      .approvers: "approvers", .notify: "notify", .tier: "effectiveTier", .version: "version", .unit: "unit",
      .owner: "owner", .onCall: "onCall", .timeZone: "timeZone", .fallback: "fallback", .runbook: "runbook",
      .exclude: "exclusions", .dashboard: "dashboard", .evidence: "evidence", .variants: "variants",
      .samples: "samples", .bands: "bands", .checklist: "checklistHolds", .automation: "promotesItself",
      .killTo: "killTo", .evidenceLevel: "provenEvidence", .evaluation: "evaluationFiles", .fields: "fields",
      .flagHash: "flagHashes", .controlVersion: "controlVersion", .store: "store", .journal: "journal",
    ]
    // A plan is read, frozen and compared whatever becomes of it, all of that in Notes.
    let sources = try FloorTests.house().filter { file in
      file.isLibrary && file.folder != "Notes" && file.parts.last != "Plan.swift"
    }
    for (id, use) in uses {
      let isUsed = sources.contains { $0.source.contains(".\(use)") }
      #expect(isUsed == (NoteField[id].idle == nil), "\(NoteField[id].name): \(use)")
    }
    #expect(Set(NoteField.all.filter { $0.idle != nil }.map(\.id)).isSubset(of: uses.keys))
  }

  @Test func aMisspelledFieldIsSuggested() {
    let messages = read(NoteFixtures.quiet("Fallback", "Falback: text")).diagnostics.map(\.message)
    #expect(messages.contains("`Falback` is no field of a rollout note; did you mean `Fallback`?"))
  }

  /// Prose with colons is prose; a wrong warning teaches people to ignore the right ones.
  @Test func proseIsLeftAlone() {
    expectProblems(
      NoteFixtures.quiet + """


        ## Background

        Note: we tried this in May, and it went like so: badly.
        See https://example.com/a: it explains the rest.

        The plan is simple: one prompt, one flag.
        Why now: because the model is cheaper. That is all.

        ## Open questions
        - Cost: who pays?
        - Latency: measured where?

        > Owner: quoted text is nobody's field

            Owner: neither is code

        ```yaml
        Owner: lee
        Tier: 0
        ```

        <!-- Owner: hidden
        Tier: 0 -->

        | Owner | Tier |
        |---|---|
        | lee | 0 |
        """)
  }

  @Test func aFieldMayStandAnywhereAndListsEndWhereProseBegins() throws {
    let text = """
      Rollback trigger:

      Any of these is enough, nobody has to ask:

      1. parse failures above 2%
      2. errors above 3%
         in any tenant

      We talked about these for a while.

      - and this list is about something else
      ## Kill trigger
      * cost exceeds 5x control over 1h
      """
    let base = NoteFixtures.quiet("Rollback trigger", nil)
    let plan = try #require(
      expectProblems(base.replacing("Kill trigger:\n- cost exceeds 5x control over 1h", with: text)).plan)
    #expect(
      plan.triggers.map(\.text) == [
        "parse failures above 2%", "errors above 3% in any tenant", "cost exceeds 5x control over 1h",
      ])
  }

  @Test func nestedListsGroupTriggers() throws {
    let list =
      "Rollback trigger:\n- latency:\n  - p95 latency exceeds 3 s\n  - p50 latency exceeds 1 s\n- errors above 3%"
    let plan = try #require(expectProblems(NoteFixtures.quiet("Rollback trigger", list)).plan)
    #expect(plan.triggers.filter { $0.action == .rollback }.count == 3)
  }

  @Test(arguments: [
    ("notes/Summary Prompt.md", "summary-prompt"), ("ai_summary.markdown", "ai_summary"), ("a/b.v2.md", "b.v2"),
    ("./Über Prompt (v2).md", "über-prompt-v2"), ("notes/", "notes"),
  ])
  func theFileNameIsTheKeyOfLastResort(path: String, key: String) throws {
    let note = read(NoteFixtures.quiet("Flag", nil), path: path)
    #expect(note.plan?.flag.text == key)
    #expect(note.diagnostics.map(\.rule) == ["no-flag"])
  }

  @Test func aFileNameWithoutLettersGivesNoKey() {
    #expect(read(NoteFixtures.quiet("Flag", nil), path: "---.md").diagnostics.map(\.rule) == ["flag-key"])
  }

  /// A key of 10 kB is refused with a short sentence.
  @Test func messagesStayShort() {
    let note = read(NoteFixtures.quiet("Flag", "Flag: " + String(repeating: "key", count: 3400)))
    #expect(note.plan == nil)
    #expect(note.diagnostics.allSatisfy { $0.message.count < 300 })
  }

  @Test(
    arguments: [
      ([0x00, 0x00, 0x00, 0x00], 1, 1), (Array("# A\nTier: 1\u{0}".utf8), 2, 8), (Array("é: \u{1B}[2J".utf8), 1, 4),
      ([0x23, 0x0A, 0xC3, 0x28], 2, 1), ([0xFF, 0xFE, 0x23, 0x00], 1, 4), (Array("ok\n\u{9B}x".utf8), 2, 1),
    ] as [([UInt8], Int, Int)])
  func whatIsNotTextIsOneError(bytes: [UInt8], line: Int, column: Int) {
    let note = Note.read(bytes, path: "n.md")
    #expect(note.diagnostics.map(\.rule) == ["not-text"])
    #expect(note.diagnostics.first?.position == Position(line: line, column: column))
    #expect(note.plan == nil)
  }

  @Test func openEndsAreErrors() {
    expectProblems(NoteFixtures.quiet + "\n\n⟦unclosed-block⟧```\nOwner: lee\n")
    #expect(read(NoteFixtures.quiet + "\n<!-- and so on\n").diagnostics.map(\.rule) == ["unclosed-block"])
  }

  @Test func columnsCountCharacters() {
    expectProblems(NoteFixtures.quiet("Owner", "Owner: Zoë 👩‍👩‍👧 <!-- ü --> Ж\n⟦duplicate-field⟧Owner: lee"))
    expectProblems(NoteFixtures.quiet("Rollback trigger", "Rollback trigger: errors above 2% (👩‍👩‍👧 é) ⟦bad-trigger⟧so"))
    expectProblems(
      NoteFixtures.quiet("Rollback trigger", "Rollback trigger: <!-- 日本 --> errors above 2% ⟦bad-trigger⟧so"))
  }

  // MARK: The tables

  @Test func theTablesAreWhole() {
    #expect(Set(NoteField.all.map(\.id)) == Set(NoteField.ID.allCases))
    #expect(NoteField.all.count == NoteField.ID.allCases.count)
    let names = NoteField.all.flatMap { [$0.name] + $0.aliases }.map { $0.lowercased() }
    #expect(Set(names).count == names.count)
    #expect(Set(NoteRule.all.map(\.name)).count == NoteRule.all.count)
    for field in NoteField.all {
      #expect(NoteField.named(Substring(field.name.uppercased()))?.id == field.id)
      #expect(field.meaning.count <= 110 && !field.meaning.hasSuffix("."))
    }
    for rule in NoteRule.all { #expect(rule.why.count <= 110 && !rule.why.hasSuffix(".")) }
  }
}
