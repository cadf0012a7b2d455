/// What was read from a piece of a log: a column of machine words per request, a row per record.
///
/// A log carries few of the fields that may be asked for. So a column is only written where a record has a value: it
/// lags behind until the next value comes, and one that no record of the piece has costs nothing at all.
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

  private struct Column {
    var words: UnsafeMutablePointer<UInt64>
    /// Rows that were written; all later ones are `empty`.
    var filled = 0
    let empty: UInt64
    /// Nothing was written but values that can be used.
    var isFull = true
    /// Of the name that gave the value of the last row written.
    var rank = RowTable.unranked
  }

  let width: Int
  /// Rows that are kept; the current one comes behind them.
  private(set) var count = 0
  private var room = 1024
  private let columns: UnsafeMutablePointer<Column>
  private static let unranked = UInt8.max

  init(_ requests: [FieldRequest]) {
    width = requests.count
    columns = .allocate(capacity: max(width, 1))
    for (index, request) in requests.enumerated() {
      (columns + index).initialize(
        to: Column(words: .allocate(capacity: room), empty: Self.absent(request.kind)))
    }
  }

  deinit {
    for column in 0..<width { columns[column].words.deallocate() }
    columns.deallocate()
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

  // MARK: Rows

  mutating func removeAll() {
    count = 0
    for column in 0..<width { (columns[column].filled, columns[column].isFull) = (0, true) }
  }

  /// Keeps the current row and begins the next.
  @inline(__always)
  mutating func keepRow() {
    count &+= 1
    if count == room { grow() }
  }

  /// Empties the current row.
  mutating func dropRow() {
    for column in 0..<width where columns[column].filled > count { columns[column].filled = count }
  }

  private mutating func grow() {
    for column in 0..<width {
      let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: room * 2)
      larger.update(from: columns[column].words, count: columns[column].filled)
      columns[column].words.deallocate()
      columns[column].words = larger
    }
    room *= 2
  }

  // MARK: Values

  subscript(row: Int, column: Int) -> UInt64 {
    row < columns[column].filled ? columns[column].words[row] : columns[column].empty
  }

  /// One column of all kept rows, valid until the table changes.
  func column(_ column: Int) -> RowColumn {
    let column = columns + column
    guard column.pointee.filled > 0 else { return RowColumn(words: nil, empty: column.pointee.empty, isFull: false) }
    fill(column)
    return RowColumn(words: column.pointee.words, empty: column.pointee.empty, isFull: column.pointee.isFull)
  }

  /// There is something where a value should be, but none that can be used.
  func storeUnreadable(_ kind: FieldRequest.Kind, _ column: Int, rank: UInt8) {
    columns[column].isFull = false
    store(Self.unreadable(kind), column, rank: rank)
  }

  /// Takes a value unless a better name has given one; of one name the last counts.
  @inline(__always)
  func store(_ word: UInt64, _ column: Int, rank: UInt8) {
    let column = columns + column
    guard column.pointee.filled == count else { return storeRarely(word, column, rank) }
    column.pointee.words[count] = word
    column.pointee.rank = rank
    column.pointee.filled = count &+ 1
  }

  /// The column lags behind, or another name or the same once more has given a value.
  @inline(never)
  private func storeRarely(_ word: UInt64, _ column: UnsafeMutablePointer<Column>, _ rank: UInt8) {
    if column.pointee.filled > count {
      guard rank <= column.pointee.rank else { return }
    } else {
      fill(column)
      column.pointee.filled = count + 1
    }
    column.pointee.words[count] = word
    column.pointee.rank = rank
  }

  /// Null is no value, so that another name may still give one; but for an event it says that nothing happened.
  func storeNull(_ kind: FieldRequest.Kind, _ column: Int, rank: UInt8) {
    let column = columns + column
    column.pointee.isFull = false
    if column.pointee.filled > count {
      guard column.pointee.rank == Self.unranked || column.pointee.rank == rank else { return }
    } else {
      fill(column)
      column.pointee.filled = count + 1
    }
    column.pointee.words[count] = kind == .event ? Absence.noEvent : column.pointee.empty
    column.pointee.rank = Self.unranked
  }

  /// Writes the empty word into the rows before the current one that have no value.
  private func fill(_ column: UnsafeMutablePointer<Column>) {
    if column.pointee.filled < count { column.pointee.isFull = false }
    while column.pointee.filled < count {
      column.pointee.words[column.pointee.filled] = column.pointee.empty
      column.pointee.filled += 1
    }
  }
}

/// The words of one column.
struct RowColumn {
  fileprivate let words: UnsafeMutablePointer<UInt64>?
  fileprivate let empty: UInt64
  /// Every row has a value that can be used.
  let isFull: Bool

  /// No row has a value.
  var isEmpty: Bool { words == nil }

  @inline(__always)
  subscript(row: Int) -> UInt64 {
    guard let words else { return empty }
    return words[row]
  }
}
