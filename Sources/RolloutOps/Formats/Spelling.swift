/// Swift takes two texts for equal that look the same, as `é` in one character or as `e` with an accent behind it. To
/// everybody else who reads flags they are two.
extension String {
  func isSpelled(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension Hasher {
  mutating func combine(spelling text: String) {
    var text = text
    text.withUTF8 { combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
