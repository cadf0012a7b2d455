/// What a gate's evidence says, as data: numbers and a kind of reason. Sentences are made of it elsewhere.
package struct Finding: Hashable, Sendable {
  package var verdict: Verdict
  package var reason: Reason
  package var canary: Arm
  /// Nil where the canary was held against a number.
  package var control: Arm?
  /// Canary minus control, or minus the number; compared stratum by stratum where there are several.
  package var difference: Double?
  /// The difference as a share of the control's value.
  package var relative: Double?
  /// What `threshold`, `interval` and `smallestVisible` are measured in.
  package var scale: Scale
  package var threshold: Double
  /// All that the test would not have rejected, at its alpha on each side, at every look at once.
  package var interval: Interval?
  package var pValue: Double?
  /// The mildest value beyond the threshold that these samples could have shown.
  package var smallestVisible: Double?
  package var method: Method
  /// Strata that could not take part.
  package var unusedStrata = 0
  /// How many records are worth one, because records of a unit resemble each other; 1 where they do not.
  package var designEffect = 1.0

  package struct Arm: Hashable, Sendable {
    package var count: Int
    /// Nil where records carry no unit.
    package var units: Int?
    package var missing: Int
    /// Nil where nothing could be estimated. With several strata weighted alike in both arms, so that the two can be
    /// compared.
    package var value: Double?
  }

  package enum Scale: String, Sendable {
    /// The metric's own value.
    case level
    /// A change as a share of the control.
    case relative
    /// A change in the metric's own unit.
    case points
    /// A multiple of the control.
    case multiple
  }

  package enum Method: String, Sendable {
    /// A number without spread, or a total: taken as it is.
    case plain
    /// Counted events, exactly.
    case events
    /// Two proportions with a pooled variance.
    case pooled
    /// A mean against a number, two means by Welch's variance or the joint one.
    case mean, means
    /// The share of values beyond an absolute limit.
    case share
    /// Two quantiles by their outer intervals.
    case quantiles
  }

  package enum Reason: Hashable, Sendable {
    // Pass.
    case inside
    case provenInside
    /// Past an absolute line, and so is the control, no better.
    case likeControl
    // Breach.
    case beyond
    case firstEvent
    // Hold.
    /// The estimate lies beyond the threshold, but chance explains it.
    case beyondByChance
    /// Alone it would be a breach; among this many tests of one look it is not.
    case beyondUncorrected(tests: Int)
    /// Inside, but the note asks for proof.
    case insideUnproven
    case tooFewSamples(have: Int, need: Int)
    case noCanary
    case noControl
    /// Both arms have values, but never in the same stratum, or too few in each.
    case nothingComparable
    /// Every value is the same: there is nothing to measure a difference by.
    case noSpread
    case controlIsZero
    /// One unit shows how that unit fares, not the version.
    case singleUnit
    case notANumber
    /// More events than records, a variance below zero, or a count of what was not counted.
    case impossible
  }
}
