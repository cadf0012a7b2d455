/// What a comparison found: for eyes, for scripts and for a pull request.
package struct ComparisonReport: Sendable {
  package struct Row: Sendable {
    package let metric: ComparedMetric
    package let canary: String
    package let comparison: Comparison
    /// Holm's, over all tests of its family.
    package var adjusted: Double?

    package init(_ metric: ComparedMetric, _ canary: String, _ comparison: Comparison) {
      (self.metric, self.canary, self.comparison) = (metric, canary, comparison)
    }

    package enum Outcome: String, Sendable { case worse, better, differs }

    /// Nil where chance explains the difference.
    package var outcome: Outcome? {
      guard let adjusted, adjusted <= ComparisonReport.alpha, let difference = comparison.difference,
        difference != 0
      else { return nil }
      switch metric.worse {
      case .up: return difference > 0 ? .worse : .better
      case .down: return difference < 0 ? .worse : .better
      case .either, nil: return .differs
      }
    }
  }

  package struct Segment: Sendable {
    package let value: String
    package let records: Int
    package var rows: [Row]

    package init(_ value: String, records: Int, rows: [Row]) {
      (self.value, self.records, self.rows) = (value, records, rows)
    }
  }

  package struct Arm: Sendable {
    package let version: String
    package let records: Int
    /// Nil where records carry no unit.
    package let units: Int?

    package init(_ version: String, records: Int, units: Int?) {
      (self.version, self.records, self.units) = (version, records, units)
    }
  }

  package struct SampleRatio: Sendable {
    /// The control first.
    package let arms: [Arm]
    /// Nil where nobody said what they should be.
    package let shares: [Double]?
    package let statistic: Double?
    package let pValue: Double?

    package init(_ arms: [Arm], shares: [Double]?, tested: (statistic: Double, pValue: Double)?) {
      (self.arms, self.shares, statistic, pValue) = (arms, shares, tested?.statistic, tested?.pValue)
    }

    /// A split that chance brings about less often than this is no accident.
    package static let alpha = 0.001
    package var isOff: Bool { pValue.map { $0 < Self.alpha } ?? false }
    /// Whether each arm's units are known, and so what was split.
    package var countsUnits: Bool { arms.allSatisfy { $0.units != nil } }
  }

  package static let alpha = 0.05

  package var label: String
  package var control: String
  package var canaries: [String]
  package var looks = Looks.once
  package var unit: String?
  package var rows: [Row] = []
  package var segmentField: String?
  package var segments: [Segment] = []
  package var smallSegments = 0
  package var ratio: SampleRatio
  package var first: Instant?
  package var last: Instant?
  package var calendar: LocalCalendar
  package var remarks: [String] = []
  /// Why there is nothing to compare; empty where there is.
  package var reasons: [String] = []

  package init(label: String, control: String, canaries: [String], ratio: SampleRatio, calendar: LocalCalendar) {
    (self.label, self.control, self.canaries) = (label, control, canaries)
    (self.ratio, self.calendar) = (ratio, calendar)
  }

  package var status: ExitStatus { reasons.isEmpty ? .done : .hold }

  /// Corrects the p-values over all that is shown: the whole is one family, its segments are another.
  package mutating func correct() {
    let whole = Corrections.holm(rows.map(\.comparison.pValue))
    for index in rows.indices { rows[index].adjusted = whole[index] }
    var parts = Corrections.holm(segments.flatMap { $0.rows.map(\.comparison.pValue) })[...]
    for segment in segments.indices {
      for index in segments[segment].rows.indices { segments[segment].rows[index].adjusted = parts.removeFirst() }
    }
  }

  package var tests: Int { rows.count { $0.comparison.pValue != nil } }
  package var segmentTests: Int { segments.reduce(0) { $0 + $1.rows.count { $0.comparison.pValue != nil } } }

  /// The segments in which something got worse, with what.
  package var worseSegments: [(segment: Segment, rows: [Row])] {
    segments.compactMap { segment in
      let rows = segment.rows.filter { $0.outcome == .worse }
      return rows.isEmpty ? nil : (segment, rows)
    }
  }
}
