/// The codes of short texts that were looked up before, found by what they say in one word: a store in front of
/// `TextCodes` for one piece of a log.
struct RecentTexts: ~Copyable {
  private struct Slot {
    var text: UInt64 = 0
    var code = 0
  }

  private static let bits: UInt64 = 9
  private let places: UnsafeMutablePointer<Slot>

  init() {
    places = .allocate(capacity: 1 << Self.bits)
    removeAll()
  }

  deinit { places.deallocate() }

  func removeAll() { places.initialize(repeating: Slot(), count: 1 << Self.bits) }

  /// For texts without zero bytes, which no JSON text has unless it is escaped.
  @inline(__always)
  func code(of text: UnsafePointer<UInt8>, _ length: Int, _ codes: inout TextCodes) -> Int {
    guard length <= 8 else { return long(text, length, &codes) }
    let word = TextCodes.word(text) & TextCodes.mask(length)
    let place = places + Int(truncatingIfNeeded: (word &* 0x9E37_79B9_7F4A_7C15) &>> (64 &- Self.bits))
    return place.pointee.text == word ? place.pointee.code : learn(word, place, text, length, &codes)
  }

  @inline(never)
  private func learn(
    _ word: UInt64, _ place: UnsafeMutablePointer<Slot>, _ text: UnsafePointer<UInt8>, _ length: Int,
    _ codes: inout TextCodes
  ) -> Int {
    place.pointee = Slot(text: word, code: codes.code(of: text, length))
    return place.pointee.code
  }

  @inline(never)
  private func long(_ text: UnsafePointer<UInt8>, _ length: Int, _ codes: inout TextCodes) -> Int {
    codes.code(of: text, length)
  }
}
