import RolloutOps

/// `doctor [FLAG...]`: would a kill work right now, and how would one do it without this program?
struct DoctorOptions: TakesCommonFlags, Equatable {
  static let name = "doctor"

  var common = CommonOptions()
  var flags: [String] = []
  var card = false
  var prove = false
  /// Nil for the usual time: of a kill, or of a card, which is printed where nothing answers too.
  var within: TimeSpan?

  static let row = CommandRow<DoctorOptions>(
    .rehearse, "would a kill work right now",
    arguments: [
      ArgumentRow("FLAG", .any, "keys of the flags in the store, or notes", completion: .target) {
        $0.flags.append($1)
      }
    ],
    flags: [
      .toggle(
        "card", "print the lines that kill without this program",
        details: """
          A break-glass card for each FLAG, or for every managed flag where none is named: the exact lines for a shell, \
          the page to do the same by mouse, and a line that shows whether it worked. Tokens stand in it as the names of \
          the environment's variables. `--format markdown` is made for a runbook.
          """
      ) { $0.card = true },
      .toggle(
        "prove", "see whether documents behind https:// guard their changes",
        details: """
          Sends to each such document a change that its server must refuse: the same bytes, by a `PUT` with an `If-Match` \
          that no document has. A server that takes it writes what stands there already, and guards nothing; what somebody \
          else saves in that very moment is lost. The first change of a rollout tries the same.
          """
      ) { $0.prove = true },
      .value(
        "within", "DURATION", "how long to wait for a store; 30s if not given",
        details: """
          As long as a kill tries where nobody says otherwise. A store that answers within this time counts as \
          reachable, and what its answers take is said; the stores are looked at side by side. A card waits 10s.
          """,
        read: { (text) throws(ValueFault) in try Conversion.deadline(text) }
      ) { $0.within = $1 },
    ] + FlagRow.reading,
    check: { _ throws(ValueFault) in },
    details: {
      [
        .paragraph(
          """
          Looks at every store that the command line, the environment or `rolloutctl.json` names, and says of each \
          whether a kill would work in it now. It is made for a daily job. Nothing is switched, nothing is left behind, \
          and without `--prove` no document is sent a change.
          """),
        .entries([
          Entry("`\(Mark.met.rawValue)`", "fine"),
          Entry(
            "`\(Mark.look.rawValue)`",
            """
            a kill would work, and somebody should look at this: a token that ends within 14 days, a clock, a journal \
            that could not be written, that was edited or whose end is missing, a watch that went silent
            """),
          Entry("`\(Mark.fails.rawValue)`", "a kill would not work: exit 1"),
          Entry("`\(Mark.unknown.rawValue)`", "nobody could tell without trying it"),
        ]),
        .paragraph(
          """
          A flag file: whether readers take it, whether a new file can take its place (one of its size is made beside it \
          and removed), who holds the lock. etcd: each member, a reading that takes a majority, alarms, and the right to \
          write by a transaction whose condition never holds. A platform: that it answers, what the token may do and \
          when it ends, approvals, the requests that are left, as far as it tells. Everywhere: the server's clock against \
          this one's, how long an answer takes and the `--within` that a kill needs for it, the journals with their \
          chains, who watches and who went silent, and how soon applications follow.
          """),
        .paragraph(
          """
          First it says how a kill would read the settings: each `rolloutctl.json`, what of it is broken or misspelled, \
          and the stores that a kill looks in. A part that may name a store and cannot be read is `\(Mark.fails.rawValue)`, unless `--store` \
          is said.
          """),
        .paragraph(
          """
          With FLAG also: what a kill would give everybody, what stands in its way at this flag alone, and what may undo \
          it later: a schedule, a workflow, an automated release.
          """),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "a kill would work in every store, as far as can be told; warnings are printed"),
        (
          .inconclusive, "a kill would not work in one of them, or a flag named is in none; a card is missing or unsure"
        ),
      ])
    },
    examples: {
      [
        Example("rolloutctl doctor", "every store that somebody names, for a daily job"),
        Example(
          "rolloutctl doctor ai-summary", "and what a kill of this flag would do",
          given: ["rolloutctl promote notes/summary.md"]),
        Example(
          "rolloutctl doctor --card --format markdown ai-summary", "the break-glass card, for the runbook",
          given: ["rolloutctl promote notes/summary.md"]),
      ]
    },
    seeAlso: ["kill", "stores"])
}

extension DoctorOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    guard card else { return try examine(invocation) }
    let cards = BreakGlassCards(
      context: invocation.context, choices: invocation.choices, within: within ?? TimeSpan(seconds: 10))
    let report = try cards.perform(flags)
    for sentence in report.failures {
      invocation.context.output.failure("rolloutctl doctor: \(Terminal.plain(sentence))")
    }
    // No card is no result, unless one value is promised.
    if !report.cards.isEmpty || common.format == .json {
      invocation.print(text: { ink, _ in report.text(ink: ink) }, json: { report.json }, markdown: { report.markdown })
    }
    return report.status
  }

  private func examine(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    let doctor = Doctor(
      context: invocation.context, choices: invocation.choices, within: within ?? KillTime.usual, proves: prove)
    let report = try doctor.perform(flags)
    invocation.remark(report.remarks)
    invocation.print(
      text: { report.text(ink: $0, width: $1) }, json: { report.json }, markdown: { report.markdown })
    return report.status
  }
}
