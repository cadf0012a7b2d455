/// A folder, with the door that leads to it: on this machine, or in a store that keeps files of its own.
package struct Folder: Sendable {
  package let path: String
  package let files: any Files
  /// What the paths of notes that are written down in it are relative to: the folder around it, on this machine, so
  /// that a checkout may move.
  package let base: String

  /// `base` is the folder around it where none is given.
  package init(path: String, files: any Files, base: String? = nil) {
    (self.path, self.files, self.base) = (path, files, base ?? Path.folder(of: path))
  }
}
