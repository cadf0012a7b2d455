/// The thorough way to read one line: any JSON object, with escapes, nesting and blanks, or the reason why it is none.
struct CarefulLine: ~Copyable {
  private let map: FieldMap
  /// Unescaped text, with room behind it to be read a word at a time.
  private var scratch: [UInt8] = []

  init(_ map: FieldMap) { self.map = map }

  mutating func read(
    _ line: UnsafeBufferPointer<UInt8>, into rows: borrowing RowTable, _ codes: inout TextCodes
  ) throws(JSONError) {
    var reader = JSONReader(line)
    try object(&reader, inside: "", rows, &codes)
    try reader.end()
  }

  private mutating func object(
    _ reader: inout JSONReader, inside path: String, _ rows: borrowing RowTable, _ codes: inout TextCodes
  ) throws(JSONError) {
    var more = try reader.openObject()
    while more {
      let name = try reader.name()
      let text = path + reader.text(of: name)
      let first = reader.peek()
      let start = reader.position
      let opens = first == UInt8(ascii: "{")
      let isParent = map.parents.contains(text)
      if opens, isParent {
        try object(&reader, inside: text + ".", rows, &codes)
      } else if first == UInt8(ascii: "["), text == FieldMap.envelope {
        try pairs(&reader, rows, &codes)
      } else {
        try reader.skipValue()
      }
      if let targets = map.targets[text] { store(reader, start, targets, rows, &codes) }
      more = try reader.nextMember()
    }
  }

  private mutating func store(
    _ reader: JSONReader, _ start: Int, _ targets: [FieldMap.Target], _ rows: borrowing RowTable,
    _ codes: inout TextCodes
  ) {
    let raw = UnsafeBufferPointer(rebasing: reader.bytes[start..<reader.position])
    switch raw.first {
    case UInt8(ascii: "\""):
      var inside = JSONReader(reader.bytes, at: start)
      guard let text = try? inside.string() else { return }
      scratch.removeAll(keepingCapacity: true)
      scratch.append(contentsOf: text.utf8)
      let count = scratch.count
      scratch.append(contentsOf: repeatElement(0, count: 8))
      scratch.withUnsafeBufferPointer { padded in
        let text = UnsafeBufferPointer(rebasing: padded[..<count])
        for target in targets { FieldValue.text(text).store(target, in: rows, &codes) }
      }
    case UInt8(ascii: "t"), UInt8(ascii: "f"):
      for target in targets { FieldValue.truth(raw.count == 4).store(target, in: rows, &codes) }
    case UInt8(ascii: "n"):
      for target in targets { FieldValue.null.store(target, in: rows, &codes) }
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      // Blanks inside do not make an object full.
      let isEmpty = raw.dropFirst().dropLast().allSatisfy { $0 <= 0x20 }
      for target in targets { FieldValue.nested(isEmpty: isEmpty).store(target, in: rows, &codes) }
    default:
      for target in targets { FieldValue.number(raw).store(target, in: rows, &codes) }
    }
  }

  /// `[{"key": "error.type", "value": {"stringValue": "timeout"}}]`, the way in which OpenTelemetry's JSON writes
  /// attributes.
  private mutating func pairs(
    _ reader: inout JSONReader, _ rows: borrowing RowTable, _ codes: inout TextCodes
  ) throws(JSONError) {
    let start = reader.position
    try reader.skipValue()
    var inside = JSONReader(
      UnsafeBufferPointer(rebasing: reader.bytes[..<reader.position]), at: start, lastWins: true)
    guard let items = try inside.value().items else { return }
    for item in items {
      guard let key = item["key"]?.text, let value = item["value"]?.members?.first?.value,
        let targets = map.targets[key]
      else { continue }
      let spelling = Array(value.written(.compact).utf8) + [UInt8](repeating: 0, count: 8)
      spelling.withUnsafeBufferPointer { padded in
        let line = UnsafeBufferPointer(rebasing: padded.dropLast(8))
        var reader = JSONReader(line)
        if (try? reader.skipValue()) != nil { store(reader, 0, targets, rows, &codes) }
      }
    }
  }
}
