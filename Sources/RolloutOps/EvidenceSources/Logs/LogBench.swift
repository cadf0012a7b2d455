/// One thread's place at a log: a piece's text, and what is read from it.
struct LogBench: ~Copyable {
  var buffer = PaddedBuffer()
  var scan: LogScan
  var piece = LogFeed.Piece.text(0..<0, nil, isLast: true)
  var log = 0

  init(_ requests: [FieldRequest], _ map: FieldMap) { scan = LogScan(requests, map) }

  mutating func claim(_ feed: inout LogFeed) throws(FileTrouble) -> Bool {
    guard let next = try feed.next(&buffer) else { return false }
    (piece, log) = (next.piece, next.log)
    return true
  }

  /// Reads what was claimed into the scan's rows.
  mutating func read() throws(FileTrouble) {
    scan.begin()
    switch piece {
    case .part(let input, let range, let size): try readPart(input, range, size)
    case .text(let range, nil, let isLast): scan.readObjects(buffer.text, range, isLast: isLast)
    case .text(let range, let layout?, let isLast): scan.readCells(buffer.text, range, layout, isLast: isLast)
    case .longLine: scan.breakLine(LogFeed.longLineReason)
    case .strange(let reason): scan.breakLine(reason)
    }
  }

  /// Lines that begin in the range; the last of them may end behind it.
  private mutating func readPart(_ input: any Input, _ range: Range<Int>, _ size: Int) throws(FileTrouble) {
    // One byte more in front tells whether a line begins at the start.
    let offset = max(range.lowerBound - 1, 0)
    var count = try buffer.fill(from: input, at: offset, into: 0..<(range.upperBound - offset))
    var isAtEnd = offset + count >= size || offset + count < range.upperBound
    buffer.close(at: count)
    var start = 0
    if range.lowerBound > 0 {
      start = PlainValue.lineEnd(buffer.text, 0, count) + 1
      guard start < count || (start == count && count > 0 && buffer.text[count - 1] == 0x0A) else { return }
    } else if count >= 3, buffer.text[0] == 0xEF, buffer.text[1] == 0xBB, buffer.text[2] == 0xBF {
      start = 3
    }
    guard start < count else { return }
    var step = 1 << 12
    let lastStart = (UnsafeBufferPointer(start: buffer.text, count: count).lastIndex(of: 0x0A) ?? -1) + 1
    var isLong = false
    if lastStart < count {
      while !isAtEnd {
        let more = min(step, size - offset - count)
        buffer.reserve(count + more)
        let read = try buffer.fill(from: input, at: offset + count, into: count..<(count + more))
        buffer.close(at: count + read)
        let end = PlainValue.lineEnd(buffer.text, count, count + read)
        if end < count + read {
          count = end + 1
          break
        }
        count += read
        isAtEnd = read < more || offset + count >= size
        isLong = count - max(lastStart, start) > LogFeed.longestLine
        if isLong { break }
        step *= 4
      }
    }
    // The long line is left out; it is the last one that begins here.
    scan.readObjects(buffer.text, start..<(isLong ? max(lastStart, start) : count), isLast: isAtEnd && !isLong)
    if isLong { scan.breakLine(LogFeed.longLineReason) }
  }
}
