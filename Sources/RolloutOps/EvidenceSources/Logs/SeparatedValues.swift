/// What the first row of a file of cells says: the separator, how many cells a row has, and which are wanted.
package struct SeparatedLayout: Sendable {
  let separator: UInt8
  let names: [String]
  /// The row itself, without its line break.
  let header: [UInt8]
  /// By column.
  let targets: [[FieldMap.Target]]

  /// Nil where the row names nothing that is wanted, which is no header then.
  init?(_ header: UnsafeBufferPointer<UInt8>, _ map: FieldMap) {
    let candidates: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";")]
    var best: (names: [String], separator: UInt8, wanted: Int) = ([], 0, 0)
    for separator in candidates {
      let names = Self.cells(header, separator)
      let wanted = names.count { map.targets[$0] != nil }
      if wanted > best.wanted { best = (names, separator, wanted) }
    }
    guard best.wanted > 0 else { return nil }
    (names, separator, self.header) = (best.names, best.separator, Array(header))
    targets = names.map { map.targets[$0] ?? [] }
  }

  func hasColumn(of wanted: [String]) -> Bool { names.contains { wanted.contains($0) } }

  private static func cells(_ row: UnsafeBufferPointer<UInt8>, _ separator: UInt8) -> [String] {
    row.split(separator: separator, omittingEmptySubsequences: false).map { cell in
      var cell = NumberText.trimmed(UnsafeBufferPointer(rebasing: cell))
      if cell.count >= 2, cell.first == UInt8(ascii: "\""), cell.last == UInt8(ascii: "\"") {
        cell = UnsafeBufferPointer(rebasing: cell.dropFirst().dropLast())
      }
      return String(decoding: cell, as: UTF8.self)
    }
  }
}

/// Reads one row of cells (RFC 4180): a cell in quotation marks may hold separators, line breaks, and doubled quotation
/// marks. An empty cell is no value.
struct SeparatedRow: ~Copyable {
  enum Reading {
    case record, empty
    case broken(String)
  }

  private var scratch: [UInt8] = []

  /// The row that starts at `start`, how many lines it takes, and where the next one starts: beyond `end` where no line
  /// break ends it.
  mutating func read(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ layout: SeparatedLayout, _ rows: borrowing RowTable,
    _ codes: inout TextCodes
  ) -> (reading: Reading, next: Int, lines: Int) {
    var at = start
    var (column, lines) = (0, 1)
    var fault: String?
    while true {
      let cell: UnsafeBufferPointer<UInt8>
      if text[at] == UInt8(ascii: "\""), at < end {
        guard let quoted = Self.quoted(text, at, end) else {
          return (.broken("a quotation mark is never closed"), end + 1, lines + Self.breaks(text, at..<end))
        }
        cell = UnsafeBufferPointer(start: text + at + 1, count: quoted.end - at - 2)
        lines += quoted.breaks
        at = quoted.end
        if !Self.ends(text, at, end, layout.separator) { fault = "something follows a closing quotation mark" }
        while !Self.ends(text, at, end, layout.separator) { at += 1 }
        if column < layout.targets.count, fault == nil {
          if !Self.isText(cell) { fault = "a cell is not UTF-8, or has a zero byte" }
          store(cell, hasQuotes: quoted.doubled, layout.targets[column], rows, &codes)
        }
      } else {
        let begin = at
        var bits: UInt8 = 0
        while !Self.ends(text, at, end, layout.separator) {
          bits |= text[at] == 0 ? 0x80 : text[at]
          at += 1
        }
        cell = UnsafeBufferPointer(start: text + begin, count: at - begin)
        if bits >= 0x80, !Self.isText(cell) { fault = "a cell is not UTF-8, or has a zero byte" }
        if column < layout.targets.count { store(cell, hasQuotes: false, layout.targets[column], rows, &codes) }
        if column == 0, cell.isEmpty, at >= end || text[at] != layout.separator {
          return (.empty, Self.behind(text, at, end), 1)
        }
      }
      column += 1
      guard at < end, text[at] == layout.separator else { break }
      at += 1
    }
    if fault == nil, column != layout.targets.count {
      fault = "it has \(column) cells where the header has \(layout.targets.count)"
    }
    return (fault.map(Reading.broken) ?? .record, Self.behind(text, at, end), lines)
  }

  private mutating func store(
    _ cell: UnsafeBufferPointer<UInt8>, hasQuotes: Bool, _ targets: [FieldMap.Target], _ rows: borrowing RowTable,
    _ codes: inout TextCodes
  ) {
    guard !targets.isEmpty else { return }
    guard hasQuotes else {
      let value = cell.isEmpty ? FieldValue.null : .text(cell)
      for target in targets { value.store(target, in: rows, &codes) }
      return
    }
    scratch.removeAll(keepingCapacity: true)
    var wasQuote = false
    for byte in cell {
      wasQuote = byte == UInt8(ascii: "\"") && !wasQuote
      if !wasQuote { scratch.append(byte) }
    }
    let count = scratch.count
    scratch.append(contentsOf: repeatElement(0, count: 8))
    scratch.withUnsafeBufferPointer { padded in
      let text = UnsafeBufferPointer(rebasing: padded[..<count])
      for target in targets { FieldValue.text(text).store(target, in: rows, &codes) }
    }
  }

  // MARK: Marks

  @inline(__always)
  private static func ends(_ text: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ separator: UInt8) -> Bool {
    at >= end || text[at] == separator || text[at] == 0x0A
      || (text[at] == 0x0D && (at + 1 >= end || text[at + 1] == 0x0A))
  }

  private static func behind(_ text: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> Int {
    guard at < end else { return end + 1 }
    return text[at] == 0x0D ? min(at + 2, end + 1) : at + 1
  }

  /// From the opening quotation mark to behind the closing one.
  private static func quoted(
    _ text: UnsafePointer<UInt8>, _ start: Int, _ end: Int
  ) -> (end: Int, doubled: Bool, breaks: Int)? {
    var at = start + 1
    var (doubled, breaks) = (false, 0)
    while at < end {
      if text[at] == UInt8(ascii: "\"") {
        guard at + 1 < end, text[at + 1] == UInt8(ascii: "\"") else { return (at + 1, doubled, breaks) }
        doubled = true
        at += 1
      } else if text[at] == 0x0A {
        breaks += 1
      }
      at += 1
    }
    return nil
  }

  private static func breaks(_ text: UnsafePointer<UInt8>, _ range: Range<Int>) -> Int {
    range.reduce(0) { $0 + (text[$1] == 0x0A ? 1 : 0) }
  }

  private static func isText(_ cell: UnsafeBufferPointer<UInt8>) -> Bool {
    var at = 0
    while at < cell.count {
      if cell[at] == 0 { return false }
      if cell[at] < 0x80 {
        at += 1
      } else if let length = UTF8Check.length(cell, at: at) {
        at += length
      } else {
        return false
      }
    }
    return true
  }

  /// Behind the last whole row of a text that starts with a row; 0 where there is none.
  static func lastRowEnd(_ text: UnsafePointer<UInt8>, _ end: Int, _ separator: UInt8) -> Int {
    var (at, found) = (0, 0)
    while at < end {
      if text[at] == UInt8(ascii: "\"") {
        guard let quoted = quoted(text, at, end), quoted.end < end else { return found }
        at = quoted.end
      }
      while at < end, text[at] != separator, text[at] != 0x0A { at += 1 }
      if at < end, text[at] == 0x0A { found = at + 1 }
      at += 1
    }
    return found
  }
}
