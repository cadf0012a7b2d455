/// A note's text with its lines, and the way back from any piece of it to line and column.
///
/// Everything above passes pieces around as substrings of `base`; where a piece stands is worked out only when a
/// problem is reported there, so that a good note pays nothing for it.
struct NoteText {
  let base: String
  /// Without their line ends.
  let lines: [Substring]

  /// A place where the text cannot be read on, and why.
  struct Fault: Error {
    let rule: NoteRule
    let message: String
    let position: Position
  }

  /// Bytes to text: a byte order mark is dropped, HTML comments become blanks. Nothing but text gets through.
  init(_ bytes: [UInt8]) throws(Fault) {
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    try Self.refuseBinary(bytes, from: start)
    var clean = start == 0 ? bytes : Array(bytes[start...])
    if let open = Self.blankComments(&clean) {
      throw Fault(
        rule: .unclosedBlock,
        message: "this comment is never closed, so the rest of the note would be ignored; end it with `-->`",
        position: Self.position(in: bytes, of: open + start, from: start))
    }
    base = String(decoding: clean, as: UTF8.self)
    lines = Self.lines(of: base)
  }

  private static func lines(of base: String) -> [Substring] {
    base.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { bytes in
      let line = Substring(bytes)
      return bytes.last == 0x0D ? line[..<bytes.index(before: bytes.endIndex)] : line
    }
  }

  /// Line and column of a place in `base`.
  func position(of index: String.Index) -> Position {
    var low = 0
    var high = lines.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lines[middle].startIndex <= index { low = middle } else { high = middle }
    }
    guard low < lines.count else { return Position(line: 1, column: 1) }
    let start = lines[low].startIndex
    guard start < index else { return Position(line: low + 1, column: 1) }
    let before = base.utf8[start..<index]
    let isASCII = before.allSatisfy { $0 < 0x80 }
    return Position(line: low + 1, column: (isASCII ? before.count : base[start..<index].count) + 1)
  }
}

// MARK: - Bytes

extension NoteText {
  /// Control characters other than tabs and line ends have no business in a note, and none may reach a terminal.
  private static func refuseBinary(_ bytes: [UInt8], from start: Int) throws(Fault) {
    for (at, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x7F {
      guard byte != 0x09, byte != 0x0A, byte != 0x0D else { continue }
      let code = byte == 0 ? "NUL" : "0x" + String(byte, radix: 16)
      throw Fault(
        rule: .notText,
        message: "this is not text: it has the control character \(code) here; a note is a Markdown file",
        position: position(in: bytes, of: at, from: start))
    }
    if let at = UTF8Check.firstFault(in: bytes) {
      throw Fault(
        rule: .notText, message: "the bytes from here on are not UTF-8; save the note as UTF-8",
        position: position(in: bytes, of: at, from: start))
    }
    for at in bytes.indices.dropLast() where bytes[at] == 0xC2 && bytes[at + 1] < 0xA0 {
      throw Fault(
        rule: .notText, message: "this is not text: it has a control character here; a note is a Markdown file",
        position: position(in: bytes, of: at, from: start))
    }
  }

  private static func position(in bytes: [UInt8], of offset: Int, from start: Int) -> Position {
    let before = bytes[min(start, offset)..<offset]
    let line = before.reduce(into: 1) { count, byte in count += byte == 0x0A ? 1 : 0 }
    let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? before.startIndex
    return Position(line: line, column: String(decoding: bytes[lineStart..<offset], as: UTF8.self).count + 1)
  }

  /// Turns HTML comments outside code blocks into blanks of the same width; the offset of one that never ends.
  private static func blankComments(_ bytes: inout [UInt8]) -> Int? {
    let opener = Array("<!--".utf8)
    let closer = Array("-->".utf8)
    guard find(opener, in: bytes, from: 0, to: bytes.count) != nil else { return nil }
    var comments: [Range<Int>] = []
    var fence: UInt8?
    var (at, end) = (0, -1)
    while at < bytes.count {
      // One line may hold many comments: its end is looked for once.
      if end < at { end = bytes[at...].firstIndex(of: 0x0A) ?? bytes.count }
      let first = bytes[at..<end].firstIndex { $0 != 0x20 && $0 != 0x09 } ?? end
      let mark = first + 3 <= end && Set(bytes[first..<first + 3]).count == 1 ? bytes[first] : 0
      if mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~"), fence == nil || fence == mark {
        fence = fence == nil ? mark : nil
      } else if fence == nil, let open = find(opener, in: bytes, from: at, to: end) {
        guard let close = find(closer, in: bytes, from: open + 4, to: bytes.count) else { return open }
        comments.append(open..<close + 3)
        at = close + 3
        continue
      }
      at = end + 1
    }
    var clean: [UInt8] = []
    clean.reserveCapacity(bytes.count)
    var kept = 0
    for comment in comments {
      clean += bytes[kept..<comment.lowerBound]
      // One blank per character, so that columns after the comment stay true.
      clean += bytes[comment].lazy.filter { $0 & 0xC0 != 0x80 }.map { $0 == 0x0A || $0 == 0x0D ? $0 : 0x20 }
      kept = comment.upperBound
    }
    bytes = clean + bytes[kept...]
    return nil
  }

  private static func find(_ wanted: [UInt8], in bytes: [UInt8], from start: Int, to end: Int) -> Int? {
    guard end - start >= wanted.count else { return nil }
    return (start...(end - wanted.count)).first { at in
      bytes[at] == wanted[0] && bytes[at..<at + wanted.count].elementsEqual(wanted)
    }
  }
}

// MARK: - Pieces

extension Substring {
  /// Without the blanks around it: spaces, tabs, line ends and the no-break space that text editors paste.
  var trimmed: Substring {
    var piece = self
    while let first = piece.utf8.first {
      if first == 0x20 || first == 0x09 || first == 0x0A || first == 0x0D {
        piece = piece[piece.utf8.index(after: piece.startIndex)...]
      } else if first == 0xC2, piece.first == "\u{A0}" {
        piece = piece.dropFirst()
      } else {
        break
      }
    }
    while let last = piece.utf8.last {
      if last == 0x20 || last == 0x09 || last == 0x0A || last == 0x0D {
        piece = piece[..<piece.utf8.index(before: piece.endIndex)]
      } else if last == 0xA0, piece.last == "\u{A0}" {
        piece = piece.dropLast()
      } else {
        break
      }
    }
    return piece
  }

  /// Without Markdown's wrapping around a whole value: `` `x` ``, `**x**`, `<https://…>`.
  var unwrapped: Substring {
    var piece = trimmed
    guard let first = piece.utf8.first, "*`<\"".utf8.contains(first) else { return piece }
    for (open, close) in [("**", "**"), ("`", "`"), ("<", ">"), ("\"", "\"")]
    where piece.count > open.count + close.count && piece.hasPrefix(open) && piece.hasSuffix(close) {
      let inner = piece.dropFirst(open.count).dropLast(close.count)
      if !inner.contains(open) { piece = inner }
    }
    return piece
  }
}
