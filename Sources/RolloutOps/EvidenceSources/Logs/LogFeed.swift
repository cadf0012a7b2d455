/// Logs cut into pieces of whole lines, one log after another.
///
/// A file of JSON lines is cut by position, and whoever works on a piece reads it; rows of cells and streams are read in
/// order, because only that tells where a row begins.
struct LogFeed: Sendable {
  /// What the next piece is.
  enum Piece: Sendable {
    /// Lines that begin in that part of the file, which is not read yet.
    case part(any Input, Range<Int>, size: Int)
    /// Text that stands in the buffer.
    case text(Range<Int>, SeparatedLayout?, isLast: Bool)
    /// A line that is longer than any record may be, and was left out.
    case longLine(isLast: Bool)
    /// A log that is none.
    case strange(String)
  }

  static let pieceSize = 1 << 18
  /// Beyond a prompt and an answer of any model; a longer line is broken.
  static let longestLine = 16 << 20
  static let longLineReason = "it is longer than 16 MiB"

  private let inputs: any Inputs
  private let map: FieldMap
  private var paths: ArraySlice<String>
  private(set) var log = -1
  private var open: Open?

  private struct Open: Sendable {
    let input: any Input
    /// For a file that is cut by position.
    var size: Int?
    var layout: SeparatedLayout?
    var offset = 0
    /// What was read of a stream and begins a piece that is still to come.
    var carried: [UInt8] = []
    var isAtEnd = false
    var isInLongLine = false
  }

  init(_ inputs: any Inputs, _ paths: [String], _ map: FieldMap) {
    (self.inputs, self.map, self.paths) = (inputs, map, paths[...])
  }

  /// Nothing for a second thread to do.
  var isSmall: Bool { paths.isEmpty && open == nil }

  /// The next piece, and the number of the log that it is from.
  mutating func next(_ buffer: inout PaddedBuffer) throws(FileTrouble) -> (piece: Piece, log: Int)? {
    if open == nil {
      guard let path = paths.popFirst() else { return nil }
      log += 1
      if let strange = try begin(path, &buffer) { return (.strange(strange), log) }
    }
    guard var open else { return nil }
    if let size = open.size {
      let range = open.offset..<min(open.offset + Self.pieceSize, size)
      open.offset = range.upperBound
      self.open = range.upperBound == size ? nil : open
      return (.part(open.input, range, size: size), log)
    }
    let piece = try stream(&open, &buffer)
    self.open = open.isAtEnd && open.carried.isEmpty ? nil : open
    return (piece, log)
  }

  // MARK: Beginning

  private mutating func begin(_ path: String, _ buffer: inout PaddedBuffer) throws(FileTrouble) -> String? {
    let input = try inputs.open(path)
    var open = Open(input: input)
    buffer.reserve(Self.pieceSize)
    let count = try buffer.fill(from: input, at: 0, into: 0..<(input.size == nil ? Self.pieceSize : 1 << 16))
    buffer.close(at: count)
    let text = UnsafeBufferPointer(start: buffer.text, count: count)
    let mark = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let first = text.dropFirst(mark).first { $0 > 0x20 }
    if input.size == nil {
      (open.offset, open.isAtEnd) = (count, count < Self.pieceSize)
      if text.starts(with: [0x1F, 0x8B]) { return "it is gzip data; unpack it on the way: zcat FILE | rolloutctl …" }
    } else if first == UInt8(ascii: "{") || first == nil {
      open.size = input.size
    }
    if first == UInt8(ascii: "[") {
      self.open = nil
      return "it is one JSON array; a log has one object a line (jq -c '.[]' makes them)"
    }
    if first != UInt8(ascii: "{"), first != nil {
      let line = PlainValue.lineEnd(buffer.text, mark, count)
      let end = line > mark && buffer.text[line - 1] == 0x0D ? line - 1 : line
      open.layout = SeparatedLayout(UnsafeBufferPointer(rebasing: text[mark..<end]), map)
      // What is neither is read as lines: each of them is broken then, and is said to be.
      if open.layout == nil, input.size != nil { open.size = input.size }
      if open.layout != nil, input.size != nil {
        open.offset = min(line + 1, count)
      } else if open.layout != nil {
        open.carried = Array(text[min(line + 1, count)...])
      }
    }
    if input.size == nil, open.layout == nil { open.carried = Array(text[mark...]) }
    self.open = open
    return nil
  }

  // MARK: Streams

  private func stream(_ open: inout Open, _ buffer: inout PaddedBuffer) throws(FileTrouble) -> Piece {
    while true {
      let carried = open.carried.count
      let room = carried < Self.pieceSize ? Self.pieceSize : min(carried * 2, Self.longestLine)
      buffer.reserve(room)
      buffer.put(open.carried)
      var count = carried
      if !open.isAtEnd {
        let read = try buffer.fill(from: open.input, at: open.offset, into: carried..<room)
        open.offset += read
        count += read
        open.isAtEnd = count < room
      }
      buffer.close(at: count)
      let text = UnsafeBufferPointer(start: buffer.text, count: count)
      if open.isInLongLine {
        let end = PlainValue.lineEnd(buffer.text, 0, count)
        open.carried = end < count ? Array(text[(end + 1)...]) : []
        if end == count, !open.isAtEnd { continue }
        open.isInLongLine = false
        return .longLine(isLast: false)
      }
      open.carried = []
      if open.isAtEnd { return .text(0..<count, open.layout, isLast: true) }
      let end =
        if let layout = open.layout {
          SeparatedRow.lastRowEnd(buffer.text, count, layout.separator)
        } else {
          (text.lastIndex(of: 0x0A) ?? -1) + 1
        }
      open.carried = Array(text[end...])
      if end > 0 { return .text(0..<end, open.layout, isLast: false) }
      if count >= Self.longestLine {
        // The rest of the line goes; in a file of cells a quotation mark that is never closed ends here too.
        let line = PlainValue.lineEnd(buffer.text, 0, count)
        open.isInLongLine = line == count
        open.carried = line < count ? Array(text[(line + 1)...]) : []
        if line < count { return .longLine(isLast: false) }
      }
    }
  }
}
