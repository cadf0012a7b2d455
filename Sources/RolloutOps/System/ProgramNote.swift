import Glibc

/// What the linker put beside the code of this program: notes, each of an owner and of a kind.
package struct ProgramNote: Equatable {
  package let owner: String
  package let kind: UInt32
  package let content: [UInt8]

  /// The notes of the running program, as the loader put them into memory: a stripped program keeps them, and no file
  /// is opened.
  package static func ofProcess() -> [ProgramNote] {
    guard let ask = dlsym(nil, "getauxval").map({ unsafeBitCast($0, to: Auxiliary.self) }),
      let table = UnsafeRawPointer(bitPattern: ask(Kernel.table))
    else { return [] }
    let count = Int(ask(Kernel.count)), size = Int(ask(Kernel.size))
    guard size >= Segment.size else { return [] }
    let segments = (0..<count).map { Segment(at: table + $0 * size) }
    // The table says where it was meant to be itself; everything is moved by as much.
    guard let own = segments.first(where: { $0.kind == Segment.ofTable }) else { return [] }
    return segments.filter { $0.kind == Segment.ofNotes }.flatMap { segment in
      let start = table - own.address + segment.address
      return read([UInt8](UnsafeRawBufferPointer(start: start, count: segment.length)), alignment: segment.alignment)
    }
  }

  /// The notes of one segment. What is cut short ends them.
  package static func read(_ bytes: [UInt8], alignment: Int) -> [ProgramNote] {
    let step = alignment == 8 ? 8 : 4
    func upward(_ length: Int) -> Int { (length + step - 1) / step * step }
    func number(_ at: Int) -> UInt32 { bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    var notes: [ProgramNote] = [], at = 0
    while at + 12 <= bytes.count {
      let name = at + 12, content = at + upward(12 + Int(number(at))), end = content + Int(number(at + 4))
      guard end <= bytes.count, name + Int(number(at)) <= content else { break }
      let owner = bytes[name..<name + Int(number(at))].prefix { $0 != 0 }
      notes.append(
        ProgramNote(
          owner: String(decoding: owner, as: UTF8.self), kind: number(at + 8), content: [UInt8](bytes[content..<end])))
      at = upward(end)
    }
    return notes
  }

  /// glibc's, which Swift's module of glibc leaves out.
  private typealias Auxiliary = @convention(c) (UInt) -> UInt

  /// Where the kernel put the table of segments, as `AT_PHDR`, `AT_PHENT` and `AT_PHNUM` in `elf.h`.
  private enum Kernel {
    static let (table, size, count): (UInt, UInt, UInt) = (3, 4, 5)
  }

  /// A row of the table of segments of a 64-bit program.
  private struct Segment {
    static let size = 56
    /// `PT_NOTE` and `PT_PHDR`.
    static let (ofNotes, ofTable): (UInt32, UInt32) = (4, 6)

    let kind: UInt32
    let address: Int
    let length: Int
    let alignment: Int

    init(at start: UnsafeRawPointer) {
      kind = start.loadUnaligned(as: UInt32.self)
      address = Int(start.loadUnaligned(fromByteOffset: 16, as: UInt.self))
      length = Int(start.loadUnaligned(fromByteOffset: 40, as: UInt.self))
      alignment = Int(start.loadUnaligned(fromByteOffset: 48, as: UInt.self))
    }
  }
}
