/// All strata of a draw, with the records that may still be in the sample.
///
/// A stratum keeps its lowest numbers. How many it needs is known only at the end, when it is known how many strata there
/// are and how large; but the share of each can only fall while more is seen, so whatever is beyond the present share is
/// given away, and memory never holds much more than the sample.
struct DrawTally: Sendable {
  struct Candidate: Sendable {
    let number: DrawNumber
    let line: Int
    let text: [UInt8]
    let layout: SeparatedLayout?
  }

  struct Stratum: Sendable {
    let values: [String?]
    var seen = 0
    var kept: [Candidate] = []
    var isRest = false
  }

  /// What one piece of a log adds.
  struct Part: Sendable {
    var log = 0
    var lines: LineCounts?
    var strata: [Stratum] = []
    var filteredOut = 0
    var withOtherLabels = 0
    var withoutTime = 0
    var outsideTime = 0
    var earliest = Int64.max
    var latest = Int64.min
  }

  /// A field with a value of its own for every record tells nothing apart.
  static let mostStrata = 10_000

  private let allocation: DrawQuestion.Allocation
  private let fields: Int
  private let mostStrata: Int
  private var strata: [Stratum] = []
  private var index: [[String?]: Int] = [:]
  private var rest: Int?
  private var kept = 0
  private var answer = DrawAnswer()
  private var (earliest, latest) = (Int64.max, Int64.min)

  init(_ question: DrawQuestion, _ paths: [String], mostStrata: Int = mostStrata) {
    (allocation, fields, self.mostStrata) = (question.allocation, question.strata.count, mostStrata)
    answer.logs = paths.map(TraceEvidence.Log.init)
  }

  mutating func add(_ part: Part) {
    var before = 0
    if let lines = part.lines, answer.logs.indices.contains(part.log) { before = answer.logs[part.log].add(lines) }
    answer.filteredOut += part.filteredOut
    answer.withOtherLabels += part.withOtherLabels
    answer.withoutTime += part.withoutTime
    answer.outsideTime += part.outsideTime
    (earliest, latest) = (min(earliest, part.earliest), max(latest, part.latest))
    for stratum in part.strata {
      let at = place(of: stratum.values)
      strata[at].seen += stratum.seen
      kept += stratum.kept.count
      for candidate in stratum.kept {
        // Lines were counted within the piece.
        strata[at].kept.append(
          Candidate(
            number: candidate.number, line: before + candidate.line + 1, text: candidate.text, layout: candidate.layout)
        )
      }
    }
    if kept > room { trim() }
  }

  private mutating func place(of values: [String?]) -> Int {
    if let known = index[values] { return known }
    if strata.count < mostStrata {
      index[values] = strata.count
      strata.append(Stratum(values: values))
      return strata.count - 1
    }
    if let rest { return rest }
    rest = strata.count
    strata.append(Stratum(values: Array(repeating: nil, count: fields), isRest: true))
    return strata.count - 1
  }

  // MARK: Shares

  private var room: Int {
    switch allocation {
    case .inAll(let size): 2 * (size + strata.count) + 64
    case .ofEach(let size): 2 * (size + 32) * max(strata.count, 1)
    }
  }

  private mutating func trim() {
    let share = share
    kept = 0
    for at in strata.indices {
      // One more, for what is left over when all have their share.
      if strata[at].kept.count > share + 1 {
        strata[at].kept.sort { $0.number < $1.number }
        strata[at].kept.removeSubrange((share + 1)...)
      }
      kept += strata[at].kept.count
    }
  }

  private var share: Int {
    switch allocation {
    case .ofEach(let size): size
    case .inAll(let size): Self.share(of: strata.map(\.seen), size)
    }
  }

  /// The largest number that every stratum, if it has so many, can give without all of them giving more than `size`.
  static func share(of seen: [Int], _ size: Int) -> Int {
    var (low, high) = (0, size)
    while low < high {
      let middle = (low + high + 1) / 2
      // Adding stops before it can overflow.
      var sum = 0
      for count in seen where sum <= size { sum += min(count, middle) }
      if sum <= size { low = middle } else { high = middle - 1 }
    }
    return low
  }

  // MARK: The sample

  func result() -> DrawAnswer {
    var answer = answer
    let share = share
    var taken = strata.map { stratum in stratum.kept.sorted { $0.number < $1.number } }
    if case .inAll(let size) = allocation {
      let sum = taken.reduce(0) { $0 + min($1.count, share) }
      // What is left goes to those whose next record has the lowest number.
      let next = taken.indices.filter { taken[$0].count > share }
        .sorted { taken[$0][share].number < taken[$1][share].number }.prefix(size - sum)
      let favoured = Set(next)
      for at in taken.indices { taken[at] = Array(taken[at].prefix(favoured.contains(at) ? share + 1 : share)) }
    } else {
      for at in taken.indices { taken[at] = Array(taken[at].prefix(share)) }
    }
    answer.records = answer.logs.reduce(0) { $0 + $1.records }
    answer.strata = zip(strata, taken).map { stratum, candidates in
      let ordered = candidates.sorted { ($0.number.log, $0.number.offset) < ($1.number.log, $1.number.offset) }
      return DrawAnswer.Stratum(
        values: stratum.values, seen: stratum.seen,
        drawn: ordered.map { .init(log: $0.number.log, line: $0.line, text: $0.text, layout: $0.layout) },
        isRest: stratum.isRest)
    }.sorted { $0.precedes($1) }
    if earliest <= latest {
      (answer.first, answer.last) = (Instant(microseconds: earliest), Instant(microseconds: latest))
    }
    return answer
  }
}

extension DrawAnswer.Stratum {
  /// By their values, those without one behind the others.
  fileprivate func precedes(_ other: Self) -> Bool {
    if isRest != other.isRest { return other.isRest }
    for (own, others) in zip(values, other.values) where own != others {
      guard let own, let others else { return own != nil }
      return own.unicodeScalars.lexicographicallyPrecedes(others.unicodeScalars)
    }
    return false
  }
}
