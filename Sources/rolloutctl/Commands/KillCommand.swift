import RolloutOps

/// `kill FLAG...`: nobody gets the canary.
struct KillOptions: TakesCommonFlags, Equatable {
  static let name = "kill"

  var common = CommonOptions()
  var flags: [String] = []
  var all = false
  var yes = false
  var onAlert = false
  /// Nil where nobody said.
  var within: TimeSpan?
  static let usual = TimeSpan(seconds: 30)
  /// A variant; nil leaves it to the note: control where there is one, else off.
  var to: String?
  /// Words that may have been meant as keys.
  var doubtful: [String] = []

  mutating func tookForValues(_ words: [String]) { doubtful = words }

  static let row = CommandRow<KillOptions>(
    .stop, "nobody gets the new version, now",
    arguments: [
      ArgumentRow("FLAG", .any, "keys of the flags in the store", completion: .lookup(.flags)) {
        $0.flags.append($1)
      }
    ],
    flags: [
      .toggle("all", "every flag that the store marks as managed by rolloutctl") { $0.all = true }.decisive(),
      .toggle("yes", short: "y", "with --all: do not ask") { $0.yes = true },
      .toggle(
        "on-alert", "the flags of an alert on standard input",
        details: """
          An event of Alertmanager's or PagerDuty's webhook. `"alerts"` in `rolloutctl.json` says which flags its labels \
          stand for; the alert is the reason. What is resolved kills nothing, and an alert that killed a flag before \
          does not kill it again after somebody restored it. An event that has not come to its end after the time of \
          `--within` is an error.
          """
      ) { $0.onAlert = true }.decisive(),
      .value(
        "within", "DURATION", "the deadline; 30s if not given",
        details: "Until then it tries again what may pass; what is not off after that is named, with exit 1.",
        read: { (text) throws(ValueFault) in try Conversion.deadline(text) }
      ) { $0.within = $1 }.decisive(),
      .text(
        "to", "VARIANT", "what everybody gets: control, off or a variant",
        details: """
          Without it: what the note's `Kill to:` says, else `control` where there is one, else `off`. `off` turns \
          the feature off altogether.
          """,
        completion: .words(["control", "off"])
      ) { $0.to = $1 }.decisive(),
    ] + FlagRow.acting,
    reflexes: [
      .toggle("force", short: "f", "what other tools want before they act") { _ in },
      .value("message", short: "m", "TEXT", "what other tools call the reason", read: Conversion.text) {
        $0.common.reason = $0.common.reason ?? $1
      },
    ],
    manner: .goesOn,
    check: { (options) throws(ValueFault) in
      switch (options.all, options.onAlert, options.flags.isEmpty) {
      case (true, false, true), (false, true, true), (false, false, false): break
      case (false, false, true): throw ValueFault("FLAG is missing; or say --all, or --on-alert")
      default: throw ValueFault("--all, --on-alert and single flags exclude each other")
      }
    },
    details: {
      [
        .paragraph(
          """
          Sends everyone to the version that was there before, marks the flag as killed in the store, reads it back, \
          and says "off" only then. It needs a store and a key, and nothing else: no note, gate, window, approval, \
          journal or problem in a note can stop it. It tries again until its deadline.
          """),
        .paragraph(
          """
          Only the named flag changes. Targeting that rolloutctl did not write is saved to the journal before it is \
          replaced. The journal comes last, and one that cannot be written does not undo a kill. `kill FLAG` never \
          asks; `kill --all` names the flags and stores first, asks at a terminal, and wants `--yes` elsewhere.
          """),
        .paragraph(
          """
          "off" is printed in the moment in which it is read back, each flag by itself; what it was, what users get \
          now, whom to tell and how to bring it back follows. A server that is slow gets a second request beside the \
          first, as long as the deadline allows; a platform's switch is sent without a look where looking fails or takes \
          longer than a second, and then it is said. Where a change was sent and nobody could look, "it may be off" is \
          said, with exit 1. "is OFF already" is said of a server only after a change that it took.
          """),
        .paragraph(
          """
          Ctrl-C and SIGTERM let what is under way finish for a second, say of each flag what became of it, and then end \
          it; a second one ends it at once. A hang-up or a closed output does not end a kill. `kill FLAG --reason` of a \
          flag that is killed already adds the reason to the journal. With `--all` and without `--within` it takes as \
          long as a platform needs that takes only so many changes in a time.
          """),
        .paragraph(
          """
          A key that the store does not have turns nothing off: exit 1, with the nearest keys and the stores that were \
          looked in. The other keys on the line are killed all the same. Where the note, the environment and the \
          configuration name different stores, it acts on every one that has the flag; with `--store` only on that \
          one, and says which it left alone. Of a `rolloutctl.json` that cannot be read, or that misspells `store`, it \
          uses what it understands, and exits 1: a store may be named there that nobody looked at.
          """),
        .paragraph(
          """
          What it does not understand it tells, and goes on: an empty reason, or a flag that it does not have, with the \
          word behind it, which is never taken for a key. Only a flag near to one that changes what is meant \
          (`--dry-run`, `--store`, `--to`, `--all`, `--within`, `--journal`) is refused, with the line to type. The \
          key before the word kill is carried out too, and so are off, disable and stop in its place.
          """),
        .paragraph(
          """
          In `rolloutctl.json`, `"alerts": [{"when": {"alertname": "CostLoop", "feature": "*"}, "kill": ["$feature"]}]` \
          lets an alert with these labels kill the flag that its label `feature` names; `"*"` is any value. A firing \
          alert that leads to no flag exits 1.
          """),
        .paragraph(
          """
          Where an evaluation address is known (`rolloutctl help stores`), it ends when an application would be served \
          the same; one that still gets the old answer at the deadline makes it NOT off. Where LaunchDarkly refuses the \
          token or wants an approval, a trigger's address in `LAUNCHDARKLY_TRIGGER_URLS` is used.
          """),
        .paragraph("A killed flag cannot be promoted. `rolloutctl restore` brings it back, with a reason."),
      ]
    },
    exits: {
      ExitRow.table([
        (.done, "every flag named was read back as off"),
        (.inconclusive, "at least one is NOT off, or is unknown: standard error says which, and the fix by hand"),
      ])
    },
    examples: {
      [
        Example(
          "rolloutctl kill ai-summary", "at three in the morning", given: ["rolloutctl promote notes/summary.md"]),
        Example(
          "rolloutctl kill ai-summary --to off --reason 'loops on long contracts'", "the whole feature, with a reason",
          given: ["rolloutctl promote notes/summary.md"]),
        Example(
          "rolloutctl kill --all --yes --within 2m", "every managed flag, from a script",
          given: ["rolloutctl promote notes/summary.md"]),
        Example("rolloutctl kill ai-sumary", "an unknown key: nothing is turned off", .inconclusive),
      ]
    },
    seeAlso: ["restore", "rollback", "exclude", "stores"])
}

extension KillOptions: Action {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus {
    var kill = Kill(
      context: invocation.context, choices: invocation.choices, within: within ?? KillOptions.usual, to: to)
    // In the moment in which it is known: a person waits for this word, and a pipe reads it line by line.
    if common.format == .text {
      let (output, ink, isDry) = (invocation.context.output, invocation.ink, common.dryRun)
      kill.scoped = { invocation.remark([$0]) }
      kill.heard = { line in output.result(KillReport([line], dryRun: isDry).headlines(ink: ink)) }
    }
    kill.isPatient = within == nil
    if onAlert { return try answer(AlertKill(kill).perform(), invocation) }
    let report: KillReport
    if all {
      let managed = kill.managed()
      try confirm(managed, invocation)
      report = kill.perform(managed)
    } else {
      report = kill.perform(flags)
    }
    tell(report, invocation)
    if let signal = report.signal { Signals.end(by: signal) }
    warnOfMissed(kill, invocation)
    return report.status
  }

  /// A word that was taken for the value of a flag that nobody knows, and is the key of a flag that is on: it was not
  /// killed, and whoever typed it may believe that it was.
  private func warnOfMissed(_ kill: Kill, _ invocation: Invocation) {
    let words = doubtful.filter { !flags.contains($0) }
    guard !words.isEmpty, !all else { return }
    var choices = invocation.choices
    choices.dryRun = true
    let look = Kill(context: invocation.context, choices: choices, within: TimeSpan(seconds: 5), to: to)
    let on = look.perform(words).lines.filter { $0.outcome == .wouldBeOff }
    for line in on {
      let key = Terminal.plain(line.flag.text)
      invocation.context.output.failure(
        "\(key)   \(invocation.errorInk.bad("is still on")): it was taken for the value of a flag that kill does not have\n"
          + "  if it was meant: rolloutctl kill \(Shell.word(line.flag.text))")
    }
  }

  private func tell(_ report: KillReport, _ invocation: Invocation) {
    invocation.remark(report.remarks.filter { $0 != report.told })
    for sentence in report.unread { invocation.context.output.failure("rolloutctl kill: \(Terminal.plain(sentence))") }
    invocation.print(
      text: { ink, _ in
        ([report.killed.details(ink: ink)] + report.sum(ink: ink)).filter { !$0.isEmpty }.joined(separator: "\n")
      },
      json: { report.json }, markdown: { report.markdown })
    if common.format == .text, !report.failed.lines.isEmpty {
      invocation.context.output.failure(report.failed.text(ink: invocation.errorInk))
    }
  }

  private func answer(_ answer: AlertKill.Answer, _ invocation: Invocation) -> ExitStatus {
    for sentence in answer.unrouted {
      invocation.context.output.failure("rolloutctl kill: \(Terminal.plain(sentence))")
    }
    if let report = answer.report {
      invocation.remark(answer.ignored)
      tell(report, invocation)
    } else {
      invocation.print(
        text: { _, _ in answer.nothing.joined(separator: "\n") },
        json: {
          ["flags": [], "ignored": .strings(answer.nothing), "exit": .number(Int(answer.status.rawValue))]
        }, markdown: { answer.markdown })
    }
    return answer.status
  }

  /// The count comes first; a terminal is asked, and everything else must have said `--yes`.
  private func confirm(_ managed: Kill.Managed, _ invocation: Invocation) throws(Trouble) {
    let count = managed.keys.count
    var flags = count == 1 ? "1 flag" : "\(count) flags"
    let output = invocation.context.output
    let named = KillQuestion.text(managed.found)
    if count > 0 || managed.unreadable.isEmpty {
      output.failure("rolloutctl kill: \(flags) managed by rolloutctl\(named.isEmpty ? "" : ": \(named)")")
    }
    if within == nil, let needed = managed.needed, needed > KillOptions.usual {
      output.failure("rolloutctl kill: a platform takes only so many changes in a time; this may take \(needed)")
    }
    if !managed.unreadable.isEmpty {
      let places = managed.unreadable.map { Terminal.plain($0) }.joined(separator: ", ")
      output.failure("rolloutctl kill: \(places) cannot be read now; it is tried again when the others are off")
      flags = count == 0 ? "all flags of \(places)" : "\(flags), and those of \(places)"
    }
    if yes || common.dryRun || count == 0 && managed.unreadable.isEmpty { return }
    guard let answer = output.ask("Turn off \(flags)? Type yes:") else {
      throw .usage("kill --all wants --yes where nobody can be asked; nothing was turned off")
    }
    guard ["y", "yes"].contains(answer.lowercased()) else { throw .usage("not confirmed; nothing was turned off") }
  }
}
