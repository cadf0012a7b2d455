/// A rule that `check` holds a note against.
///
/// The table is the only list of rules; `help notes` and the man page print it.
package struct NoteRule: Hashable, Sendable {
  package let name: String
  package let severity: Diagnostic.Severity
  /// One line: why it matters.
  package let why: String

  private init(_ severity: Diagnostic.Severity, _ name: String, _ why: String) {
    (self.severity, self.name, self.why) = (severity, name, why)
  }

  // MARK: Reading

  static let notText = NoteRule(.error, "not-text", "a note is UTF-8 text; anything else cannot be read with certainty")
  static let unclosedBlock = NoteRule(
    .error, "unclosed-block", "a code block or comment without an end would hide the rest of the note")
  static let unknownField = NoteRule(
    .warning, "unknown-field", "a misspelled field is ignored, and what it was to guard stays unguarded")
  static let noEffect = NoteRule(
    .warning, "no-effect", "a field that this version reads and does not act on guards nothing yet")
  static let duplicateField = NoteRule(.error, "duplicate-field", "of two answers nobody knows which one counts")
  static let duplicateName = NoteRule(
    .error, "duplicate-name", "stages, cohorts and metrics are told apart by their names")
  static let badValue = NoteRule(
    .error, "bad-value", "a value that is not understood would be a setting that does nothing")
  static let placeholder = NoteRule(.error, "placeholder", "a trigger with X in place of a number can never fire")

  // MARK: The five things to define before a rollout

  static let noCohortRule = NoteRule(
    .warning, "no-cohort-rule", "if it is vague what traffic gets the new version first, the rollout is vague")
  static let noMonitoringQuery = NoteRule(
    .warning, "no-monitoring-query", "without a chart, query or evidence the rollout is not instrumented")
  static let noRollbackTrigger = NoteRule(
    .warning, "no-rollback-trigger", "if the stop condition is undefined, people hesitate too long")
  static let noOwner = NoteRule(
    .warning, "no-owner", "shared ownership turns into delayed ownership: one person calls rollback")
  static let noVersionLabel = NoteRule(
    .warning, "no-version-label", "traffic that cannot be told apart by version cannot be compared")

  // MARK: Flag and people

  static let noFlag = NoteRule(.warning, "no-flag", "a key taken from the file's name changes when the file is renamed")
  static let flagKey = NoteRule(.error, "flag-key", "a flag key must survive every store, shell and file name")
  static let noTier = NoteRule(
    .warning, "no-tier", "the tier decides whether open items hold, who reviews, and how fast a schedule may be")
  static let noTimeZone = NoteRule(
    .warning, "no-time-zone", "people read times in their own zone; without one they are UTC")
  static let versionUnchanged = NoteRule(
    .error, "version-unchanged", "a hidden edit with no version bump cannot be measured or traced")
  static let versionField = NoteRule(
    .warning, "version-field", "two versions named by different fields are hard to tell apart in one query")
  static let noFallback = NoteRule(
    .warning, "no-fallback", "when the flag is off, users must get something that was tested")
  static let noRunbook = NoteRule(
    .warning, "no-runbook", "paged at 3 a.m., nobody should search for where the flag lives")
  static let runbookMissing = NoteRule(.warning, "runbook-missing", "a runbook that does not exist helps nobody")
  static let runbookFlag = NoteRule(
    .warning, "runbook-flag", "a runbook that does not name the flag sends the person on call to the wrong switch")

  // MARK: Stages

  static let badSchedule = NoteRule(.error, "bad-schedule", "a stage that is not understood cannot be entered")
  static let badShare = NoteRule(.error, "bad-share", "a share is more than 0% and at most 100%")
  static let badSoak = NoteRule(.error, "bad-soak", "a soak that is not understood would be none")
  static let tooManyStages = NoteRule(
    .error, "too-many-stages", "nobody watches a thousand stages; it is a generated accident")
  static let undefinedCohort = NoteRule(
    .error, "undefined-cohort", "a cohort without a selector is nobody, or everybody")
  static let notRising = NoteRule(
    .error, "not-rising", "stages accumulate: one that lets in nobody new is a mistake in the schedule")
  static let canaryTooBig = NoteRule(
    .warning, "canary-too-big", "a canary is to catch breakage where few can be hurt: 1 to 5%")
  static let tooFast = NoteRule(
    .warning, "too-fast", "failures that show after a day are not seen by a schedule of hours")
  static let neverFull = NoteRule(
    .warning, "never-full", "a rollout that stops below 100% keeps two versions alive for good")
  static let vagueCohort = NoteRule(.warning, "vague-cohort", "a cohort in prose cannot be written into a flag")
  static let cohortFields = NoteRule(
    .warning, "cohort-fields", "where schedule and cohort fields disagree, the schedule is what happens")
  static let presetStage = NoteRule(
    .warning, "preset-stage", "a preset's stage without its cohort is left out or widened")
  static let impliedSchedule = NoteRule(
    .warning, "implied-schedule", "a schedule that the note does not spell out surprises whoever reads it")

  // MARK: Who

  static let badSelector = NoteRule(
    .error, "bad-selector", "a selector that is not understood would let in the wrong people")
  static let personalData = NoteRule(
    .error, "personal-data",
    "flag rules are copied to every client and log: targeting by personal data is a compliance risk")
  static let negationOnly = NoteRule(
    .warning, "negation-only",
    "a selector that only says who is out lets in every request that does not carry the attribute")

  // MARK: Gates

  static let badTrigger = NoteRule(.error, "bad-trigger", "a trigger that is not understood never fires")
  static let unmeasuredTrigger = NoteRule(
    .error, "unmeasured-trigger", "a trigger on something that nothing measures holds forever and never fires")
  static let noKillTrigger = NoteRule(
    .warning, "no-kill-trigger", "manual kill switches are necessary but not sufficient: costs run away at night")
  static let proseMetric = NoteRule(
    .warning, "prose-metric",
    "a definition in prose cannot be computed; the usual field for the name is measured instead")
  static let badMetric = NoteRule(.error, "bad-metric", "a definition that is not understood measures nothing")
  static let badEvidence = NoteRule(
    .error, "bad-evidence", "a source that is not understood is looked for under a wrong name, and its gates hold")
  static let evaluation = NoteRule(
    .warning, "evaluation", "an evaluation that is not measured, or cannot be, lets a change meet traffic on trust")
  static let badVariants = NoteRule(
    .error, "bad-variants", "readers of the flag reject a file with variants they cannot read")

  package static let all: [NoteRule] = [
    notText, unclosedBlock, unknownField, noEffect, duplicateField, duplicateName, badValue, placeholder,
    noCohortRule, noMonitoringQuery, noRollbackTrigger, noOwner, noVersionLabel,
    noFlag, flagKey, noTier, noTimeZone, versionUnchanged, versionField, noFallback, noRunbook, runbookMissing,
    runbookFlag,
    badSchedule, badShare, badSoak, tooManyStages, undefinedCohort, notRising, canaryTooBig, tooFast, neverFull,
    vagueCohort, cohortFields, presetStage, impliedSchedule,
    badSelector, personalData, negationOnly,
    badTrigger, unmeasuredTrigger, noKillTrigger, proseMetric, badMetric, badEvidence, evaluation,
    badVariants,
  ]
}
