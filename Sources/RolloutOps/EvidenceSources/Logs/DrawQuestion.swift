/// Which records of logs to draw, and how many: a sample that somebody wants to look at.
package struct DrawQuestion: Sendable {
  /// How many records come from each stratum.
  package enum Allocation: Hashable, Sendable {
    /// So many in all, an equal share from each; what a small stratum cannot give comes from the others.
    case inAll(Int)
    case ofEach(Int)
  }

  /// Only records with one of these labels; empty: whatever they are labelled.
  package var versions: [VersionLabel] = []
  /// Fields by whose values the records are told apart.
  package var strata: [String] = []
  /// Only records that it selects count.
  package var filter: Selector?
  package var since: Instant?
  package var until: Instant?
  package var allocation = Allocation.inAll(200)
  package var seed: UInt64 = 0
  package var names = FieldNames()

  package init() {}
}

/// What was drawn, with all that was not.
package struct DrawAnswer: Sendable {
  package struct Stratum: Sendable {
    /// By field; nil where the records do not have it.
    package let values: [String?]
    package let seen: Int
    /// In the order of the logs.
    package let drawn: [Record]
    /// All records of strata beyond those that can be told apart.
    package let isRest: Bool
  }

  package struct Record: Sendable {
    /// Which log.
    package let log: Int
    /// From 1.
    package let line: Int
    /// Its bytes as they stand, without the line break.
    package let text: [UInt8]
    /// Of a file of cells.
    package let layout: SeparatedLayout?
  }

  package var strata: [Stratum] = []
  package var logs: [TraceEvidence.Log] = []
  package var records = 0
  package var filteredOut = 0
  package var withOtherLabels = 0
  package var withoutTime = 0
  package var outsideTime = 0
  /// Of what counted.
  package var first: Instant?
  package var last: Instant?

  package var seen: Int { strata.reduce(0) { $0 + $1.seen } }
  package var drawn: Int { strata.reduce(0) { $0 + $1.drawn.count } }
}

/// The number that decides whether a record is drawn: made from the seed and the place where the record stands, and from
/// nothing else, so that neither threads nor machines matter. The lowest numbers of a stratum are its sample, and all
/// samples of that size are equally likely.
struct DrawNumber: Hashable, Comparable, Sendable {
  let value: UInt64
  let log: Int
  let offset: Int

  init(_ seed: UInt64, log: Int, offset: Int) {
    (self.log, self.offset) = (log, offset)
    let stream = Self.mixed(seed &+ Self.step &* UInt64(truncatingIfNeeded: log &+ 1))
    value = Self.mixed(stream &+ Self.step &* UInt64(truncatingIfNeeded: offset &+ 1))
  }

  /// Equal numbers of two records are as good as impossible; then the first record counts as the lower one.
  static func < (left: Self, right: Self) -> Bool {
    (left.value, left.log, left.offset) < (right.value, right.log, right.offset)
  }

  private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// The output function of SplitMix64 (G. Steele, D. Lea and C. Flood, 2014).
  private static func mixed(_ value: UInt64) -> UInt64 {
    var mixed = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
