import Testing

@testable import RolloutOps

@Suite struct ProgramNoteTests {
  static func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }

  /// A note as a linker of this machine lays it out.
  static func laidOut(_ owner: String, _ kind: UInt32, _ content: [UInt8], alignment: Int = 4) -> [UInt8] {
    func filled(_ bytes: [UInt8]) -> [UInt8] {
      bytes + [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
    }
    let name = Array(owner.utf8) + [0]
    let head = number(UInt32(name.count)) + number(UInt32(content.count)) + number(kind) + name
    return filled(filled(head) + content)
  }

  @Test(arguments: [4, 8]) func everyNoteOfASegmentIsRead(alignment: Int) {
    let bytes =
      Self.laidOut("GNU", 3, [1, 2, 3, 4, 5], alignment: alignment) + Self.laidOut("FDO", 9, [], alignment: alignment)
      + Self.laidOut("Linux", 6, [7], alignment: alignment)
    #expect(
      ProgramNote.read(bytes, alignment: alignment) == [
        ProgramNote(owner: "GNU", kind: 3, content: [1, 2, 3, 4, 5]), ProgramNote(owner: "FDO", kind: 9, content: []),
        ProgramNote(owner: "Linux", kind: 6, content: [7]),
      ])
  }

  @Test func whatIsCutShortIsNoNote() {
    let first = Self.laidOut("GNU", 1, [1, 2, 3, 4]), second = Self.laidOut("FDO", 2, [5, 6, 7, 8])
    for length in first.count..<(first + second).count {
      let notes = ProgramNote.read(Array((first + second).prefix(length)), alignment: 4)
      #expect(notes == [ProgramNote(owner: "GNU", kind: 1, content: [1, 2, 3, 4])], "\(length)")
    }
    #expect(ProgramNote.read(Array(repeating: 0xFF, count: 64), alignment: 4) == [])
  }

  /// Every program that is linked with glibc says which kernel it needs.
  @Test func theRunningProgramHasNotes() throws {
    let tag = try #require(ProgramNote.ofProcess().first { $0.owner == "GNU" && $0.kind == 1 })
    #expect(tag.content.count == 16)
  }
}
