/// What one metric showed in one arm of one stratum. A reader of evidence fills it, one record at a time; everything
/// else in this folder only reads it.
///
/// Records of one unit (a tenant, a user) resemble each other, so each sample keeps the totals of its units: without
/// them every interval would be too narrow, with them it can be widened by as much as the records repeat each other.
package struct Sample: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Something happened in a record or it did not.
    case rate
    /// A number per record.
    case mean
    /// A number per record, each of them kept, with the unit it came from.
    case quantile
  }

  package let kind: Kind
  /// Records that had the metric's field.
  package private(set) var count = 0
  /// Of those, the ones in which it happened; 0 unless it is a rate.
  package private(set) var events = 0
  /// Records that should have had the field and had none, or a value that is no number.
  package var missing = 0
  /// By the unit's position, as given to `add`. A position that no record used has a count of 0.
  package private(set) var totals: [UnitTotal] = []
  /// Who is at each position: the same number in two samples is the same unit. Empty: the position is the number.
  package var unitNumbers: [UInt32] = []
  /// Every value, and the position of its unit, for quantiles alone.
  package private(set) var values: [Double] = []
  package var owners: [UInt32] {
    keptOwners.isEmpty ? Array(repeating: Self.noUnit, count: values.count) : keptOwners
  }
  /// None at all where no value has a unit.
  private var keptOwners: [UInt32] = []

  private var added = Moments()

  package init(_ kind: Kind) { self.kind = kind }

  /// The moments of the values; for a rate those of its ones and zeros.
  package var moments: Moments {
    guard kind == .rate, count > 0 else { return added }
    let share = Double(events) / Double(count)
    return Moments(count: count, mean: share, squares: Double(events) * (1 - share))
  }

  // MARK: Filling

  /// For records whose unit is unknown. A sample in which only some have one counts as one without units: give the
  /// others a position of their own each instead.
  package static let noUnit = UInt32.max

  @inline(__always)
  package mutating func add(event: Bool, unit: UInt32 = noUnit) {
    count += 1
    if event { events += 1 }
    if unit != Self.noUnit { addToUnit(unit, event ? 1 : 0) }
  }

  /// A value that is not finite is a missing one.
  @inline(__always)
  package mutating func add(_ value: Double, unit: UInt32 = noUnit) {
    guard value.isFinite else {
      missing += 1
      return
    }
    count += 1
    added.add(value)
    if unit != Self.noUnit { addToUnit(unit, value) }
    if kind == .quantile {
      if unit != Self.noUnit { nameOwners() }
      values.append(value)
      if unit != Self.noUnit || !keptOwners.isEmpty { keptOwners.append(unit) }
    }
  }

  @inline(__always)
  private mutating func addToUnit(_ unit: UInt32, _ value: Double) {
    let position = Int(unit)
    if position >= totals.count { extend(to: position) }
    totals[position].count += 1
    totals[position].sum += value
  }

  /// Before the first value that has a unit.
  private mutating func nameOwners() {
    if keptOwners.isEmpty { keptOwners = owners }
  }

  @inline(never)
  private mutating func extend(to position: Int) {
    totals.append(contentsOf: repeatElement(UnitTotal(), count: position + 1 - totals.count))
  }

  /// Takes in what was read elsewhere, for instance from another part of the file, with the same numbering of units.
  package mutating func merge(_ other: Sample) {
    count += other.count
    events += other.events
    missing += other.missing
    added.merge(other.added)
    if other.totals.count > totals.count { extend(to: other.totals.count - 1) }
    for (position, total) in other.totals.enumerated() where total.count > 0 {
      totals[position].count += total.count
      totals[position].sum += total.sum
    }
    if !other.keptOwners.isEmpty { nameOwners() }
    values += other.values
    if !keptOwners.isEmpty || !other.keptOwners.isEmpty { keptOwners += other.owners }
    if other.unitNumbers.count > unitNumbers.count { unitNumbers = other.unitNumbers }
  }

  /// Takes in a sample whose units are numbered otherwise: position p there is `positions[p]` here. Units at `noUnit` stay
  /// out; then means and quantiles can only come from a sample that kept its values.
  package mutating func merge(_ other: Sample, at positions: [UInt32]) {
    guard !positions.contains(Self.noUnit) else { return mergePart(other, positions) }
    count += other.count
    events += other.events
    missing += other.missing
    added.merge(other.added)
    for (position, total) in other.totals.enumerated() where total.count > 0 { add(total, at: positions[position]) }
    guard kind == .quantile else { return }
    if !other.keptOwners.isEmpty { nameOwners() }
    values += other.values
    guard !keptOwners.isEmpty || !other.keptOwners.isEmpty else { return }
    for owner in other.owners { keptOwners.append(owner == Self.noUnit ? owner : positions[Int(owner)]) }
  }

  private mutating func mergePart(_ other: Sample, _ positions: [UInt32]) {
    switch kind {
    case .rate:
      for (position, total) in other.totals.enumerated() where total.count > 0 && positions[position] != Self.noUnit {
        count += total.count
        events += Int(total.sum)
        add(total, at: positions[position])
      }
    case .mean, .quantile:
      for (value, owner) in zip(other.values, other.owners) where owner != Self.noUnit {
        let position = positions[Int(owner)]
        if position != Self.noUnit { add(value, unit: position) }
      }
    }
  }

  private mutating func add(_ total: UnitTotal, at unit: UInt32) {
    let position = Int(unit)
    if position >= totals.count { extend(to: position) }
    totals[position].count += total.count
    totals[position].sum += total.sum
  }

  /// What a reader has added up on its own, record by record, as `add` would have. Owners may be left out where there
  /// are no units.
  package init(
    _ kind: Kind, count: Int, events: Int, missing: Int, moments: Moments, totals: [UnitTotal],
    unitNumbers: [UInt32], values: [Double], owners: [UInt32]
  ) {
    self.init(kind)
    (self.count, self.events, self.missing, added) = (count, events, missing, moments)
    (self.totals, self.unitNumbers, self.values) = (totals, unitNumbers, values)
    keptOwners = owners
  }

  // MARK: From totals

  /// What is left when a source knows sums alone, as two counters of a metrics server are.
  package init(events: Int, of count: Int) {
    self.init(.rate)
    (self.events, self.count) = (events, count)
  }

  package init(_ moments: Moments) {
    self.init(.mean)
    (added, count) = (moments, moments.count)
  }

  package init(_ values: [Double], kind: Kind = .mean) {
    self.init(kind)
    for value in values { add(value) }
  }

  /// The same records, each for itself. A segment that is one single unit is judged so: its own records are then the
  /// draws.
  package var withoutUnits: Sample {
    var copy = self
    (copy.totals, copy.unitNumbers) = ([], [])
    copy.keptOwners = []
    return copy
  }
}

/// What one unit adds to a sample.
package struct UnitTotal: Hashable, Sendable {
  package var count: Int
  package var sum: Double

  package init(count: Int = 0, sum: Double = 0) { (self.count, self.sum) = (count, sum) }
}

/// Records that may be compared as they are: one period of one segment, in which the canary's share did not change.
/// Samples of different strata are never added up.
package struct Stratum: Hashable, Sendable {
  package var name: String
  package var canary: Sample
  /// Nil where there is nothing to compare with.
  package var control: Sample?

  package init(_ name: String = "", canary: Sample, control: Sample?) {
    (self.name, self.canary, self.control) = (name, canary, control)
  }
}
