/// What a log is asked: which records belong to which arm, and what to measure on them.
package struct TraceQuestion: Hashable, Sendable {
  /// A version of what is rolled out, by the values that the label has for it.
  package struct Arm: Hashable, Sendable {
    package let name: String
    package let values: [String]

    package init(_ name: String, values: [String]) {
      (self.name, self.values) = (name, values)
    }
  }

  package enum Periods: Hashable, Sendable {
    case whole
    /// Period 0 lies before the first of these rising moments, the last one behind the last.
    case between([Instant])
    /// Buckets of that many seconds, numbered from 1970 on.
    case every(TimeSpan)
  }

  /// What is taken from each record; which quantile, or whether the mean or the sum, is asked of the sample.
  package enum Measure: Hashable, Sendable {
    /// The share of records in which the field's event happened; how many they were, too.
    case rate(String)
    case share(String, of: String)
    case mean(String)
    case quantile(String)

    package var field: String {
      switch self {
      case .rate(let field), .mean(let field), .quantile(let field), .share(let field, _): field
      }
    }

    var kind: Sample.Kind {
      switch self {
      case .rate, .share: .rate
      case .mean: .mean
      case .quantile: .quantile
      }
    }
  }

  /// Scores in files of their own, joined by `trace_id`.
  package struct Scores: Hashable, Sendable {
    package let paths: [String]
    /// The fields that are looked for there, and not in the log.
    package var fields: [String]
    /// Whether a field that no score has is looked for in the log after all.
    package let yields: Bool

    package init(_ paths: [String], fields: [String], yields: Bool = false) {
      (self.paths, self.fields, self.yields) = (paths, fields, yields)
    }
  }

  /// The arms of a question about two versions.
  static let (canary, control) = (0, 1)

  package var label: String
  package var arms: [Arm]
  /// Whose records belong together: `tenant`, `user`.
  package var unit: String?
  package var periods: Periods
  /// Fields by each of which the records are told apart once more.
  package var segments: [String]
  /// Only records that it selects count.
  package var filter: Selector?
  package var measures: [Measure]
  package var names: FieldNames
  package var scores: Scores?

  package init(
    label: String, arms: [Arm], unit: String? = nil, periods: Periods = .whole, segments: [String] = [],
    filter: Selector? = nil, measures: [Measure], names: FieldNames = FieldNames(), scores: Scores? = nil
  ) {
    (self.label, self.arms, self.unit, self.periods) = (label, arms, unit, periods)
    (self.segments, self.filter, self.measures, self.names) = (segments, filter, measures, names)
    self.scores = scores
  }
}
