/// Turns the text of a piece of a log into rows, and keeps count of what could not be read.
struct LogScan: ~Copyable {
  /// A line that is no record.
  struct Fault: Hashable, Sendable {
    /// Counted from 0 within the piece.
    let line: Int
    let reason: String
  }

  /// Where a row stands in the text.
  struct Line: Sendable {
    let range: Range<Int>
    /// Counted from 0 within the piece.
    let line: Int
  }

  static let keptFaults = 5

  var rows: RowTable
  var codes = TextCodes()
  /// Lines that began in this piece, empty ones among them.
  private(set) var lines = 0
  private(set) var broken = 0
  private(set) var faults: [Fault] = []
  /// The log ends in the middle of a line: whoever writes it has not come to its end.
  private(set) var isUnfinished = false
  /// Off, every line is read the slow way, which must say the same.
  var walksFast = true
  /// On, the place of every row is kept too: for whoever wants the text itself.
  var keepsPlaces = false
  private(set) var places: [Line] = []
  /// Nil where nobody asks whether records stand there twice.
  var repeated: RepeatedLines?
  /// What was read are rows below a header, which is a line of the log too.
  private(set) var isBelowHeader = false
  private var walk: LineWalk
  private var careful: CarefulLine
  private var cells: SeparatedRow

  init(_ requests: [FieldRequest], _ map: FieldMap) {
    rows = RowTable(requests)
    walk = LineWalk(map)
    careful = CarefulLine(map)
    cells = SeparatedRow()
  }

  mutating func begin() {
    rows.removeAll()
    codes.removeAll()
    walk.begin()
    places.removeAll(keepingCapacity: true)
    repeated?.begin()
    (lines, broken, faults, isUnfinished, isBelowHeader) = (0, 0, [], false, false)
  }

  mutating func breakLine(_ reason: String) {
    broken += 1
    if faults.count < Self.keptFaults { faults.append(Fault(line: lines, reason: reason)) }
    lines += 1
  }

  /// JSON objects, one a line. The text is followed by `LineWalk.padding` zero bytes; `isLast` where the log ends with it.
  mutating func readObjects(_ text: UnsafePointer<UInt8>, _ range: Range<Int>, isLast: Bool) {
    var at = range.lowerBound
    let end = range.upperBound
    while at < end {
      if walksFast, case .record(let next) = walk.read(text, at, end: end, into: rows, &codes) {
        keepRow(text, at..<next)
        lines &+= 1
        at = next
      } else {
        rows.dropRow()
        at = readCarefully(text, at, end, isLast)
      }
    }
  }

  @inline(__always)
  private mutating func keepRow(_ text: UnsafePointer<UInt8>, _ range: Range<Int>) {
    rows.keepRow()
    if keepsPlaces { places.append(Line(range: range, line: lines)) }
    repeated?.see(text, range)
  }

  @inline(never)
  private mutating func readCarefully(_ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ isLast: Bool) -> Int {
    let stop = PlainValue.lineEnd(text, start, end)
    var line = UnsafeBufferPointer(start: text + start, count: stop - start)
    while let last = line.last, last == 0x20 || last == 0x09 || last == 0x0D {
      line = UnsafeBufferPointer(rebasing: line.dropLast())
    }
    if line.isEmpty {
      lines += 1
      return stop + 1
    }
    do throws(JSONError) {
      try careful.read(line, into: rows, &codes)
      keepRow(text, start..<stop)
      lines += 1
    } catch {
      rows.dropRow()
      if isLast, stop == end {
        isUnfinished = true
        lines += 1
      } else {
        breakLine(line.first == UInt8(ascii: "{") ? error.sentence : "it is no JSON object")
      }
    }
    return stop + 1
  }

  /// Rows of cells. The text ends with a whole row, or with the log.
  mutating func readCells(_ text: UnsafePointer<UInt8>, _ range: Range<Int>, _ layout: SeparatedLayout, isLast: Bool) {
    isBelowHeader = true
    var at = range.lowerBound
    while at < range.upperBound {
      let outcome = cells.read(text, at, range.upperBound, layout, rows, &codes)
      switch outcome.reading {
      case .record:
        rows.keepRow()
        let place = at..<min(outcome.next, range.upperBound)
        if keepsPlaces { places.append(Line(range: place, line: lines)) }
        repeated?.see(text, place, below: layout)
      case .empty: rows.dropRow()
      case .broken(let reason):
        rows.dropRow()
        if isLast, outcome.next > range.upperBound {
          isUnfinished = true
        } else {
          breakLine(reason)
          lines -= 1
        }
      }
      lines += outcome.lines
      at = outcome.next
    }
  }
}
