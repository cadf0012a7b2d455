/// Somebody who answers what a note's triggers ask about a stage: trace logs, or a metrics server.
///
/// It looks and tells, once for each measurement; what follows from it is decided elsewhere. A new one is a folder below
/// EvidenceSources and a row of its table.
package protocol EvidenceSource: Sendable {
  /// Whether the note names one: what is not named is not asked.
  var isNamed: Bool { get }

  /// Whether this measure is put to it.
  func measures(_ measure: Measure) -> Bool

  /// Reads what all triggers of the question need at once, where that is how it reads, and tells how far its evidence can
  /// be trusted as a whole.
  mutating func ask(_ question: StageQuestion, telling evidence: inout StageEvidence)

  /// What its answers mean for a trigger.
  mutating func row(_ trigger: MeasuredTrigger) -> StageEvidence.Row

  /// The same for a healthy band; nil where the evidence does not carry its signal.
  mutating func row(band: MeasuredTrigger) -> StageEvidence.Row?

  /// What there is to say once all triggers were judged. `isAlone` where the note names no other source.
  func close(_ triggers: [MeasuredTrigger], isAlone: Bool, telling evidence: inout StageEvidence)
}

/// Why evidence that a note names cannot be asked, in a sentence.
package struct SourceTrouble: Error, Hashable, Sendable {
  package let sentence: String

  package init(_ sentence: String) { self.sentence = sentence }
}
