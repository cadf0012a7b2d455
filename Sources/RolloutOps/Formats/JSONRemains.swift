/// What can still be read of a text that breaks somewhere.
extension JSON {
  /// Everything up to the place where it breaks, members of nested objects included. A value that is cut is left out,
  /// since nobody knows how it would go on. Of members with one name all are kept. Nil where not even a value begins.
  package static func remains(of bytes: [UInt8]) -> JSON? {
    bytes.withUnsafeBufferPointer { buffer in
      // A byte order mark is refused by strict readers, and hides nothing of what follows.
      var reader = JSONReader(buffer, at: buffer.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
      return remains(&reader).value
    }
  }

  private static func remains(_ reader: inout JSONReader) -> (value: JSON?, isWhole: Bool) {
    guard reader.peek() == UInt8(ascii: "{") else {
      let value = try? reader.value()
      // A number at the very end may have had more digits.
      if case .spelled = value, reader.position == reader.bytes.count { return (nil, false) }
      return (value, value != nil)
    }
    var members: [Member] = []
    do throws(JSONError) {
      try reader.object { (reader, name) throws(JSONError) in
        let start = reader.position
        let (value, isWhole) = remains(&reader)
        if let value { members.append(Member(name, value)) }
        // The walk over this object ends where the one inside ended.
        if !isWhole { throw JSONError(.trailing, at: start) }
      }
      return (.object(members), true)
    } catch {
      return (.object(members), false)
    }
  }
}
