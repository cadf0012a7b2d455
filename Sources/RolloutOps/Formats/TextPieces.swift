/// Pieces of a text that somebody wrote, as readers of it take them and messages quote them.
extension Character {
  /// Said at once of ASCII, which notes mostly are.
  var isLetterOrNumber: Bool {
    guard let byte = asciiValue else { return isLetter || isNumber }
    return (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }
}

extension Substring {
  /// Without blanks of any kind before it; mostly there are none.
  var afterSpace: Substring {
    guard let first = utf8.first, first <= 0x20 || first >= 0x80 else { return self }
    return drop(while: \.isWhitespace)
  }

  /// With every run of blanks as one space.
  var collapsed: String {
    var last: UInt8 = 0x20
    let isPlain = utf8.allSatisfy { byte in
      defer { last = byte }
      return byte >= 0x20 && byte < 0x80 && (byte != 0x20 || last != 0x20)
    }
    if isPlain, last != 0x20 { return String(self) }
    return split { $0 == " " || $0 == "\t" || $0.isNewline || $0 == "\u{A0}" }.joined(separator: " ")
  }
}

extension StringProtocol {
  /// As a message quotes it: in backticks, on one line, cut where it gets long.
  var quoted: String {
    let line = Substring(prefix(61)).collapsed
    return line.count > 60 ? "`\(line.prefix(59))…`" : "`\(line)`"
  }
}
