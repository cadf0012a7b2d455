/// What logs say, cut into short times of one width. Played again from its beginning, it shows at every moment what was
/// there by then.
struct EvidenceTape: Sendable {
  /// Records of one version in one of these times, of all segments or of one.
  struct Piece: Sendable {
    let arm: Int
    let segment: Int
    let samples: [Sample]
    let records: Int
    /// Who is at each position of the samples: across all pieces, and among the units of the segment alone.
    let numbers: [UInt32]
    let places: [UInt32]
  }

  /// In the order of time, each with its number since 1970.
  private(set) var times: [(number: Int, pieces: [Piece])] = []
  /// Nil is the view of all records.
  private(set) var segments: [TraceEvidence.Cell.Segment?] = [nil]
  let width: TimeSpan

  /// Of an answer in periods of that width; times outside the bounds are left out.
  init(_ evidence: TraceEvidence, width: TimeSpan, from first: Int? = nil, to last: Int? = nil) {
    self.width = width
    var index: [TraceEvidence.Cell.Segment: Int] = [:]
    var places: [[UInt32: UInt32]] = [[:]]
    var found: [Int: [Piece]] = [:]
    for cell in evidence.cells where cell.key.period >= first ?? .min && cell.key.period <= last ?? .max {
      var segment = 0
      if let named = cell.key.segment {
        segment = index[named] ?? segments.count
        if segment == segments.count {
          index[named] = segment
          segments.append(named)
          places.append([:])
        }
      }
      let numbers = cell.samples.first?.unitNumbers ?? []
      let own = numbers.map { number in
        let next = UInt32(places[segment].count)
        return { (place: inout UInt32?) -> UInt32 in
          if place == nil { place = next }
          return place ?? next
        }(&places[segment][number])
      }
      found[cell.key.period, default: []].append(
        Piece(
          arm: cell.key.arm, segment: segment, samples: cell.samples, records: cell.records, numbers: numbers,
          places: own))
    }
    times = found.map { (number: $0.key, pieces: $0.value) }.sorted { $0.number < $1.number }
  }

  func start(of number: Int) -> Instant { Instant(seconds: number * width.seconds) }

  /// From the beginning of the first time to the end of the last.
  var span: (start: Instant, end: Instant)? {
    guard let first = times.first, let last = times.last else { return nil }
    return (start(of: first.number), start(of: last.number + 1))
  }

  /// Units of that version, wherever they were seen.
  func units(of arm: Int) -> Set<UInt32> {
    var units: Set<UInt32> = []
    for time in times {
      for piece in time.pieces where piece.arm == arm && piece.segment == 0 { units.formUnion(piece.numbers) }
    }
    return units
  }

  func records(of arm: Int) -> Int {
    times.reduce(0) { sum, time in
      sum + time.pieces.reduce(0) { $0 + ($1.arm == arm && $1.segment == 0 ? $1.records : 0) }
    }
  }
}

/// Pieces of a tape put together again.
struct GatheredEvidence {
  private let kinds: [Sample.Kind]
  /// For each measure, the measure of the tape that it comes from.
  private let sources: [Int]
  private let segments: [TraceEvidence.Cell.Segment?]
  /// By version and segment.
  private var pools: [Pool?]

  private struct Pool {
    var records = 0
    var samples: [Sample]
  }

  static let arms = 2

  init(_ tape: EvidenceTape, kinds: [Sample.Kind], from sources: [Int]) {
    (self.kinds, self.sources, segments) = (kinds, sources, tape.segments)
    pools = Array(repeating: nil, count: tape.segments.count * Self.arms)
  }

  mutating func add(_ piece: EvidenceTape.Piece) {
    add(piece, as: piece.arm, records: piece.records, places: piece.places)
  }

  /// As one of two versions, into which its units are split: those whose number is in go to the first.
  mutating func add(_ piece: EvidenceTape.Piece, splitBy isIn: (UInt32) -> Bool) {
    var (one, other) = (piece.places, piece.places)
    for (position, number) in piece.numbers.enumerated() {
      if isIn(number) { other[position] = Sample.noUnit } else { one[position] = Sample.noUnit }
    }
    add(piece, as: 0, records: nil, places: one)
    add(piece, as: 1, records: nil, places: other)
  }

  /// Where only some units of the piece count, as many records as the measure has that most of them carry.
  private mutating func add(_ piece: EvidenceTape.Piece, as arm: Int, records: Int?, places: [UInt32]) {
    guard records != nil || places.contains(where: { $0 != Sample.noUnit }) else { return }
    let at = piece.segment * Self.arms + arm
    var pool = pools[at] ?? Pool(samples: kinds.map { Sample($0) })
    // Held in one place only, so that adding copies nothing.
    pools[at] = nil
    var most = 0
    for (index, source) in sources.enumerated() {
      let before = pool.samples[index].count
      pool.samples[index].merge(piece.samples[source], at: places)
      most = max(most, pool.samples[index].count - before)
    }
    pool.records += records ?? most
    pools[at] = pool
  }

  /// As one answer about one period.
  func cells(period: Int) -> [TraceEvidence.Cell] {
    pools.enumerated().compactMap { at, pool in
      guard let pool else { return nil }
      let key = TraceEvidence.Cell.Key(arm: at % Self.arms, period: period, segment: segments[at / Self.arms])
      return TraceEvidence.Cell(key: key, records: pool.records, samples: pool.samples, units: nil)
    }
  }
}
