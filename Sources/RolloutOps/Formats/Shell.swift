/// Text as a word of a shell's line, to be pasted as it is: nothing in it is a variable, a pattern or a command.
package enum Shell {
  package static func word(_ text: some StringProtocol) -> String {
    let text = String(text)
    if !text.isEmpty, text.utf8.allSatisfy(isPlain) { return text }
    // What a terminal would obey or hide cannot be pasted; bash, zsh and ksh spell it in a quotation of their own.
    guard Terminal.plain(text) == text else { return spelled(text) }
    var out = Array("'".utf8)
    // By bytes: an apostrophe under an accent is one character with it, and ends the quotation all the same.
    for byte in text.utf8 { out += byte == UInt8(ascii: "'") ? Array(#"'\''"#.utf8) : [byte] }
    return String(decoding: out, as: UTF8.self) + "'"
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    let letter = byte | 0x20
    return (0x61...0x7A).contains(letter) || (0x30...0x39).contains(byte) || "/._-:,+@".utf8.contains(byte)
  }

  private static func spelled(_ text: String) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var out = Array("$'".utf8)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
      case 0x20..<0x7F: out.append(byte)
      default: out += Array("\\x".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self) + "'"
  }
}
