/// What was read from a piece of a log: a row of machine words per record, a column per request.
struct RowTable: ~Copyable {
  /// What a word says where it says no value.
  enum Absence {
    /// For numbers: two of the many spellings of NaN.
    static let number: UInt64 = 0x7FF8_0000_0000_0001
    static let noNumber: UInt64 = 0x7FF8_0000_0000_0002
    /// For times: before any that can be read.
    static let time = UInt64(bitPattern: Int64.min)
    static let noTime = UInt64(bitPattern: Int64.min + 1)
    /// For texts: codes of texts start behind them.
    static let text: UInt64 = 0
    static let noText: UInt64 = 1
    static let firstText = 2
    /// For events.
    static let noEvent: UInt64 = 0
    static let event: UInt64 = 1
    static let eventMissing: UInt64 = 2
  }

  let width: Int
  private(set) var count = 0
  private(set) var words: UnsafeMutablePointer<UInt64>
  private var room = 1024
  /// The rank of the name that gave each value of the current row.
  let ranks: UnsafeMutablePointer<UInt8>
  private let empty: UnsafeMutablePointer<UInt64>
  static let unranked = UInt8.max

  init(_ requests: [FieldRequest]) {
    width = requests.count
    words = .allocate(capacity: room * max(width, 1))
    ranks = .allocate(capacity: width + 8)
    ranks.update(repeating: Self.unranked, count: width + 8)
    empty = .allocate(capacity: max(width, 1))
    for (index, request) in requests.enumerated() { empty[index] = Self.absent(request.kind) }
    beginRow()
  }

  deinit {
    words.deallocate()
    ranks.deallocate()
    empty.deallocate()
  }

  static func absent(_ kind: FieldRequest.Kind) -> UInt64 {
    switch kind {
    case .time: Absence.time
    case .number: Absence.number
    case .event: Absence.eventMissing
    case .text: Absence.text
    }
  }

  static func unreadable(_ kind: FieldRequest.Kind) -> UInt64 {
    switch kind {
    case .time: Absence.noTime
    case .number: Absence.noNumber
    case .event: Absence.event
    case .text: Absence.noText
    }
  }

  mutating func removeAll() {
    count = 0
    beginRow()
  }

  /// Keeps the current row and begins the next.
  @inline(__always)
  mutating func keepRow() {
    count &+= 1
    if count == room { grow() }
    beginRow()
  }

  /// Empties the current row.
  @inline(__always)
  mutating func beginRow() {
    let row = words + count &* width
    for column in 0..<width {
      row[column] = empty[column]
      ranks[column] = Self.unranked
    }
  }

  @inline(__always)
  subscript(row: Int, column: Int) -> UInt64 { words[row &* width &+ column] }

  /// Takes a value unless a better name has given one; of one name the last counts.
  @inline(__always)
  func store(_ word: UInt64, _ column: Int, rank: UInt8) {
    guard rank <= ranks[column] else { return }
    ranks[column] = rank
    words[count &* width &+ column] = word
  }

  /// Null is no value, so that another name may still give one; but for an event it says that nothing happened.
  @inline(__always)
  func storeNull(_ kind: FieldRequest.Kind, _ column: Int, rank: UInt8) {
    guard ranks[column] == Self.unranked || ranks[column] == rank else { return }
    ranks[column] = Self.unranked
    words[count &* width &+ column] = kind == .event ? Absence.noEvent : empty[column]
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: room * 2 * max(width, 1))
    larger.update(from: words, count: count * width)
    words.deallocate()
    (words, room) = (larger, room * 2)
  }
}
