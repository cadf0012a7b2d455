/// A word left where the journal of a flag would usually be: where it is instead.
///
/// Whoever knows only the flag's key has no note that could say so. The pointer is a text file of one path, so that a
/// person can follow it too; a path below the folder of the flag file is kept relative, since a checkout may move.
package struct JournalPointer: Sendable {
  package let path: String
  let files: any Files

  static let suffix = ".journal-at"
  /// Longer than any path that a file system takes.
  static let longest = 1 << 13

  package enum Answer: Equatable, Sendable {
    /// No pointer: the journal is in the usual place.
    case none
    case journal(at: String)
    /// In a store that keeps journals.
    case address(String)
    /// Why it leads nowhere.
    case broken(String)
  }

  private var base: String { Path.folder(of: Path.folder(of: path)) }

  package func answer() -> Answer {
    let bytes: [UInt8]
    do throws(FileTrouble) {
      bytes = try files.read(path, limit: Self.longest)
    } catch {
      return error.reason == .missing ? .none : .broken("it cannot be read")
    }
    var text = String(decoding: bytes, as: UTF8.self)
    if text.hasSuffix("\n") { text.removeLast() }
    guard !text.isEmpty, !text.utf8.contains(0), text.utf8.elementsEqual(bytes.prefix(text.utf8.count)) else {
      return .broken("it names no file")
    }
    if text.contains("://") { return .address(text) }
    let target = Path.joined(base, text)
    guard let facts = try? files.facts(target), facts.kind == .file else {
      return .broken("there is no journal at \(target)")
    }
    return .journal(at: target)
  }

  /// Makes it lead to that journal, in one step.
  package func lead(to journal: Journal) throws(JournalTrouble) {
    let folder = (try? journal.files.realPath(Path.folder(of: journal.path))) ?? Path.folder(of: journal.path)
    let target = Path.joined(folder, Path.name(of: journal.path))
    let bytes = Array("\(Path.shortened(target, from: base))\n".utf8)
    do throws(FileTrouble) {
      if (try? files.read(path, limit: Self.longest)) == bytes { return }
      try files.makeFolder(Path.folder(of: path))
      try files.put(path, bytes, by: "\(path).new", like: nil)
      try files.syncFolder(Path.folder(of: path))
    } catch {
      throw .file(error)
    }
  }
}
