/// A member's or cell's value on its way into a row, where it is not as plain as most.
enum FieldValue {
  /// What a text says, without quotation marks and escapes; at least eight readable bytes follow it.
  case text(UnsafeBufferPointer<UInt8>)
  /// The spelling of a number.
  case number(UnsafeBufferPointer<UInt8>)
  case truth(Bool)
  case null
  /// An object or array.
  case nested(isEmpty: Bool)

  func store(_ target: FieldMap.Target, in rows: borrowing RowTable, _ codes: inout TextCodes) {
    switch self {
    case .null: return rows.storeNull(target.kind, target.request, rank: target.rank)
    // An empty text says as little as none.
    case .text(let text) where target.kind == .text && text.isEmpty:
      return rows.storeNull(target.kind, target.request, rank: target.rank)
    default: break
    }
    let word: UInt64? =
      switch target.kind {
      case .time: time.map { UInt64(bitPattern: $0) }
      case .number: number?.bitPattern
      case .event: happened ? RowTable.Absence.event : RowTable.Absence.noEvent
      case .text:
        switch self {
        case .text(let text): Self.code(text, isBare: false, &codes)
        case .number(let text): Self.code(text, isBare: true, &codes)
        case .truth(let truth): Self.code(truth, &codes)
        case .null, .nested: nil
        }
      }
    if let word {
      rows.store(word, target.request, rank: target.rank)
    } else {
      rows.storeUnreadable(target.kind, target.request, rank: target.rank)
    }
  }

  private var time: Int64? {
    switch self {
    case .text(let text), .number(let text): TimeText.read(text)
    case .truth, .null, .nested: nil
    }
  }

  private var number: Double? {
    switch self {
    case .text(let text), .number(let text): NumberText.read(text)
    case .truth(let truth): truth ? 1 : 0
    case .null, .nested: nil
    }
  }

  private var happened: Bool {
    switch self {
    case .text(let text): Self.says(NumberText.trimmed(text))
    case .number(let text): NumberText.read(text) != 0
    case .truth(let truth): truth
    case .null: false
    case .nested(let isEmpty): !isEmpty
    }
  }

  private static let denials = ["false", "no", "none", "null", "off", "n", "f", "nan"].map { Array($0.utf8) }

  private static func says(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard !text.isEmpty else { return false }
    if let number = NumberText.read(text) { return number != 0 }
    guard text.count <= 5 else { return true }
    return !denials.contains { $0.count == text.count && zip(text, $0).allSatisfy { $0 | 0x20 == $1 } }
  }

  static func code(_ text: UnsafeBufferPointer<UInt8>, isBare: Bool, _ codes: inout TextCodes) -> UInt64? {
    guard let start = text.baseAddress else { return RowTable.Absence.text }
    return UInt64(codes.code(of: start, text.count, isBare: isBare) + RowTable.Absence.firstText)
  }

  @inline(never)
  static func code(_ truth: Bool, _ codes: inout TextCodes) -> UInt64? {
    // Padded to be read a word at a time.
    let spelling: StaticString = truth ? "true\0\0\0\0\0\0\0\0" : "false\0\0\0\0\0\0\0\0"
    return code(UnsafeBufferPointer(start: spelling.utf8Start, count: truth ? 4 : 5), isBare: true, &codes)
  }
}
