/// The file system, one method per effect: a crash test stops the world between any two of them.
///
/// Paths are absolute. Every failure says what was being done to which path.
package protocol Files: Sendable {
  /// The whole file; refused when it is longer than `limit` or no regular file.
  func read(_ path: String, limit: Int) throws(FileTrouble) -> [UInt8]
  /// The same, and the file stays open.
  func open(_ path: String, limit: Int) throws(FileTrouble) -> any OpenedFile
  /// Tells from now on what happens to the names in a folder; nil where nobody can.
  func watch(_ folder: String) -> (any FolderWatch)?
  /// Whether the file is exactly these bytes; cheaper than reading it.
  func holds(_ path: String, _ bytes: [UInt8]) throws(FileTrouble) -> Bool
  /// Whether that is cheaper indeed.
  var comparesCheaply: Bool { get }
  /// Follows symbolic links; nil when nothing is there.
  func facts(_ path: String) throws(FileTrouble) -> FileFacts?
  /// The path with every symbolic link resolved; what does not exist yet stays as it is.
  func realPath(_ path: String) throws(FileTrouble) -> String
  /// The names in a folder, sorted; empty when there is no such folder.
  func names(in folder: String) throws(FileTrouble) -> [String]

  /// The folder and those above it, each of them lasting through a power cut; nothing when it is there.
  func makeFolder(_ path: String) throws(FileTrouble)
  /// Whether a file could be made there, as its keeper tells without making one; false where only a try can tell.
  func allowsFile(_ path: String) throws(FileTrouble) -> Bool
  /// A new file with these bytes on the disk (synced), with the mode and owner of `model` where one is given; refused
  /// when the path exists.
  func create(_ path: String, _ bytes: [UInt8], like model: FileFacts?) throws(FileTrouble)
  /// Keeps room for so many bytes: a file without any of its own, which nobody can take it from.
  func reserve(_ path: String, _ size: Int) throws(FileTrouble)
  /// Writes into the file that keeps room, synced, with the mode and owner of `model`.
  func fill(_ path: String, _ bytes: [UInt8], like model: FileFacts) throws(FileTrouble)
  func setModified(_ path: String, _ time: Instant) throws(FileTrouble)
  /// The target's name leads to the file at the path from then on, in one step.
  func rename(_ path: String, to target: String) throws(FileTrouble)
  /// Adds to the end and syncs; refused when the file is not `size` bytes long. A missing file is one of 0 bytes.
  func append(_ path: String, _ bytes: [UInt8], at size: Int) throws(FileTrouble)
  /// Writes into the file itself, synced: not in one step, so only for what cannot be replaced. Where the new bytes are as
  /// many as the `old` ones, only those that differ are written.
  func overwrite(_ path: String, _ bytes: [UInt8], over old: [UInt8]) throws(FileTrouble)
  /// Cuts the file off behind that many bytes, synced.
  func truncate(_ path: String, to size: Int) throws(FileTrouble)
  func remove(_ path: String) throws(FileTrouble)
  /// Makes what happened to the folder's names last through a power cut.
  func syncFolder(_ path: String) throws(FileTrouble)

  /// An exclusive lock on the file (made when missing) until the value is released or the process ends; `holder` is
  /// written into it, and what has more than one line stays there. When it is not free within `patience` the trouble names who holds it.
  func lock(_ path: String, holder: String, patience: TimeSpan) throws(FileTrouble) -> any FileLock
}

extension Files {
  package var comparesCheaply: Bool { true }

  package func watch(_ folder: String) -> (any FolderWatch)? { nil }

  package func allowsFile(_ path: String) throws(FileTrouble) -> Bool { false }

  package func reserve(_ path: String, _ size: Int) throws(FileTrouble) {}

  package func fill(_ path: String, _ bytes: [UInt8], like model: FileFacts) throws(FileTrouble) {
    throw FileTrouble(.creating, path, .missing)
  }

  /// Puts a file in the place of another, or where none is, in one step. `fresh` is its name until then; what a crash left
  /// there goes.
  func put(_ path: String, _ bytes: [UInt8], by fresh: String, like model: FileFacts?) throws(FileTrouble) {
    do throws(FileTrouble) { try remove(fresh) } catch { guard error.reason == .missing else { throw error } }
    try create(fresh, bytes, like: model)
    do throws(FileTrouble) {
      try rename(fresh, to: path)
    } catch {
      try? remove(fresh)
      throw error
    }
  }

  package func holds(_ path: String, _ bytes: [UInt8]) throws(FileTrouble) -> Bool {
    try read(path, limit: .max) == bytes
  }
}

package protocol FileLock: Sendable {
  func release()
  /// Whether its file still stands where others look for it. Somebody may have tidied the folder.
  var isFound: Bool { get }
}

extension FileLock {
  package var isFound: Bool { true }
}

package struct FileFacts: Hashable, Sendable {
  package enum Kind: Hashable, Sendable { case file, folder, other }

  package var kind: Kind
  package var size: Int
  package var modified: Instant
  /// When anything of it changed last, its rights and names too. Nobody can set that.
  package var changed: Instant
  package var mode: UInt32
  package var owner: UInt32
  package var group: UInt32
  package var identity: Identity
  /// Known only of a file that was opened to be replaced, and where the file system tells.
  package var attributes: [FileAttribute]?

  /// Which file it is, whatever its name.
  package struct Identity: Hashable, Sendable {
    package let device: UInt64
    package let inode: UInt64
  }

  package init(
    kind: Kind, size: Int, modified: Instant, changed: Instant? = nil, mode: UInt32, owner: UInt32, group: UInt32,
    identity: Identity
  ) {
    (self.kind, self.size, self.modified, self.mode) = (kind, size, modified, mode)
    self.changed = changed ?? modified
    (self.owner, self.group, self.identity) = (owner, group, identity)
  }
}
