/// A file that was opened and read. What its name leads to may change; this one stays to be asked.
package protocol OpenedFile: Sendable {
  /// As they were read.
  var bytes: [UInt8] { get }
  var facts: FileFacts { get }
  /// The bytes that are in it now: somebody may have written into it since.
  func reread() throws(FileTrouble) -> [UInt8]
  /// Whoever watches the file learns that it went only when nobody has it open any more.
  func close()
}

/// Tells what happens to the names in a folder, from the moment at which it was made.
package protocol FolderWatch: Sendable {
  /// Whether anything happened to this name: it was given away, taken away, or its file was written.
  func hasHappened(to name: String) -> Bool
  /// Whether somebody gave this name to another file, or took it away, before `temporary` got it.
  func wasReplaced(_ name: String, before temporary: String) -> Bool
}

/// What happened to one name.
struct FolderEvent: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case written
    /// The name leads to another file, or to none.
    case replaced
    /// A file got this name, or lost it, by a move; both ends of one move have the same number.
    case arrived(UInt32)
    case left(UInt32)
  }

  let name: String
  let kind: Kind
}

extension [FolderEvent] {
  func hasHappened(to name: String) -> Bool { contains { $0.name == name } }

  func wasReplaced(_ name: String, before temporary: String) -> Bool {
    let ours = Set(
      compactMap { event -> UInt32? in
        if case .left(let number) = event.kind, event.name == temporary { number } else { nil }
      })
    for event in self where event.name == name {
      switch event.kind {
      case .written: continue
      case .arrived(let number): return !ours.contains(number)
      case .replaced, .left: return true
      }
    }
    return false
  }
}
