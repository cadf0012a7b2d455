@testable import RolloutOps

/// What a log says by its rows, as texts that can be compared.
struct LogReading: Equatable {
  var rows: [[String]] = []
  var broken: [Int] = []
  var reasons: [String] = []
  var isUnfinished = false
  /// Columns that claim a value in every row and lack one.
  var falselyFull: [Int] = []

  /// Reads lines as a piece of a file would be; `carefully` by the slow way alone.
  static func objects(_ text: [UInt8], _ requests: [FieldRequest], carefully: Bool = false) -> LogReading {
    var scan = LogScan(requests, FieldMap(requests))
    scan.begin()
    if carefully { scan.walksFast = false }
    let padded = text + [UInt8](repeating: 0, count: LineWalk.padding)
    padded.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      scan.readObjects(base, 0..<text.count, isLast: true)
    }
    return LogReading(scan, requests)
  }

  static func objects(_ text: String, _ requests: [FieldRequest], carefully: Bool = false) -> LogReading {
    objects(Array(text.utf8), requests, carefully: carefully)
  }

  /// Reads rows of cells; nil where the first line is no header.
  static func cells(_ text: String, _ requests: [FieldRequest]) -> LogReading? {
    let map = FieldMap(requests)
    var scan = LogScan(requests, map)
    scan.begin()
    let bytes = Array(text.utf8)
    let padded = bytes + [UInt8](repeating: 0, count: LineWalk.padding)
    let header = text.prefix { !$0.isNewline }.utf8.count
    return padded.withUnsafeBufferPointer { buffer -> LogReading? in
      guard let base = buffer.baseAddress,
        let layout = SeparatedLayout(UnsafeBufferPointer(start: base, count: header), map)
      else { return nil }
      let start = bytes[header...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
      scan.readCells(base, start..<bytes.count, layout, isLast: true)
      return LogReading(scan, requests)
    }
  }

  init(_ scan: borrowing LogScan, _ requests: [FieldRequest]) {
    for row in 0..<scan.rows.count {
      var cells: [String] = []
      for (column, request) in requests.enumerated() { cells.append(Self.cell(scan, row, column, request.kind)) }
      rows.append(cells)
    }
    broken = scan.faults.map(\.line)
    reasons = scan.faults.map(\.reason)
    isUnfinished = scan.isUnfinished
    falselyFull = requests.indices.filter { column in
      scan.rows.column(column).isFull && rows.contains { $0[column] == "-" || $0[column] == "?" }
    }
  }

  init(rows: [[String]]) { self.rows = rows }

  private static func cell(
    _ scan: borrowing LogScan, _ row: Int, _ column: Int, _ kind: FieldRequest.Kind
  ) -> String {
    let word = scan.rows[row, column]
    if word == RowTable.absent(kind) { return "-" }
    switch kind {
    case .event: return word == 1 ? "yes" : "no"
    case _ where word == RowTable.unreadable(kind): return "?"
    case .number: return "\(Double(bitPattern: word))"
    case .time: return "\(Int64(bitPattern: word))"
    case .text:
      let code = Int(word) - RowTable.Absence.firstText
      return (scan.codes.entry(code).isBare ? "bare " : "") + scan.codes.text(code)
    }
  }
}
