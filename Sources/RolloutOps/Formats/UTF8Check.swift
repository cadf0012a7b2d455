/// UTF-8 by the letter of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
package enum UTF8Check {
  /// The length of the character of two or more bytes that starts at `start`; nil when it is not one.
  package static func length(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) -> Int? {
    func tail(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
      start + offset < bytes.count && range.contains(bytes[start + offset])
    }
    switch bytes[start] {
    case 0xC2...0xDF: return tail(1) ? 2 : nil
    case 0xE0: return tail(1, 0xA0...0xBF) && tail(2) ? 3 : nil
    case 0xED: return tail(1, 0x80...0x9F) && tail(2) ? 3 : nil
    case 0xE1...0xEF: return tail(1) && tail(2) ? 3 : nil
    case 0xF0: return tail(1, 0x90...0xBF) && tail(2) && tail(3) ? 4 : nil
    case 0xF4: return tail(1, 0x80...0x8F) && tail(2) && tail(3) ? 4 : nil
    case 0xF1...0xF3: return tail(1) && tail(2) && tail(3) ? 4 : nil
    default: return nil
    }
  }

  /// The offset of the first byte that is not UTF-8.
  package static func firstFault(in bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBufferPointer { buffer in
      var at = 0
      while at < buffer.count {
        if buffer[at] < 0x80 {
          at += 1
        } else if let length = length(buffer, at: at) {
          at += length
        } else {
          return at
        }
      }
      return nil
    }
  }
}
