/// JSON text in another length: spaces are put in, or taken out again, where they mean nothing.
///
/// A text that is as long as the one before it can take its place in one write, of which only the part that differs is
/// written: whoever reads the file meanwhile never finds the end of the old one behind the new one.
enum JSONSpacing {
  /// So many spaces in a row nobody but us leaves before the end of a value.
  private static let shortestRun = 64

  /// As long as `size` where spaces can do that; else as it is. What is put in stands behind the byte at `start`, before
  /// the next value ends.
  static func fitted(_ text: [UInt8], to size: Int, from start: Int) -> [UInt8] {
    text.count < size ? filled(text, size - text.count, from: start) : shortened(text, text.count - size)
  }

  private static func filled(_ text: [UInt8], _ count: Int, from start: Int) -> [UInt8] {
    var ends = Ends(text)
    while let end = ends.next() {
      guard end >= start else { continue }
      return text[..<end] + Array(repeating: UInt8(ascii: " "), count: count) + text[end...]
    }
    return text
  }

  private static func shortened(_ text: [UInt8], _ count: Int) -> [UInt8] {
    var (ends, kept, from, left) = (Ends(text), [UInt8](), 0, count)
    while left > 0, let end = ends.next() {
      let run = text[from..<end].reversed().prefix { $0 == UInt8(ascii: " ") }.count
      guard run >= shortestRun else { continue }
      let gone = min(run, left)
      kept += text[from..<(end - gone)]
      (from, left) = (end, left - gone)
    }
    return kept + text[from...]
  }

  /// The same without as many blanks and line ends as are too many for `size`, from `start` on and then before it; nil where
  /// there are too few. For a text that must fit where there is no more room: it looks worse, and says the same.
  static func squeezed(_ text: [UInt8], to size: Int, from start: Int) -> [UInt8]? {
    guard text.count > size else { return text }
    var blanks: [Int] = []
    var (at, isInside) = (0, false)
    while at < text.count {
      switch text[at] {
      case UInt8(ascii: "\\") where isInside: at += 1
      case UInt8(ascii: "\""): isInside.toggle()
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        if !isInside { blanks.append(at) }
      default: break
      }
      at += 1
    }
    let near = blanks.drop { $0 < start }
    let gone = (near + blanks.prefix(blanks.count - near.count)).prefix(text.count - size)
    guard gone.count == text.count - size else { return nil }
    let places = Set(gone)
    return text.indices.filter { !places.contains($0) }.map { text[$0] }
  }

  /// Where a value ends: the commas and closing brackets outside of texts.
  private struct Ends: IteratorProtocol {
    private let text: [UInt8]
    private var at = 0
    private var isInside = false

    init(_ text: [UInt8]) { self.text = text }

    mutating func next() -> Int? {
      while at < text.count {
        let byte = text[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\\") where isInside: at += 1
        case UInt8(ascii: "\""): isInside.toggle()
        case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"): if !isInside { return at - 1 }
        default: break
        }
      }
      return nil
    }
  }
}

extension [UInt8] {
  /// The bytes that differ from those of another text of the same length; nil for none.
  func difference(from other: [UInt8]) -> Range<Int>? {
    guard let first = zip(self, other).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return nil }
    var end = count
    while end > first + 1, self[end - 1] == other[end - 1] { end -= 1 }
    return first..<end
  }

  /// Where the two begin to differ.
  func firstDifference(from other: [UInt8]) -> Int {
    zip(self, other).enumerated().first { $1.0 != $1.1 }?.offset ?? Swift.min(count, other.count)
  }
}
