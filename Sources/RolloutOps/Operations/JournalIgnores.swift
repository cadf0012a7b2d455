extension WorkingCopy {
  /// Locks and what is about this machine alone are for no commit. Written once, with the first journal of a folder: whoever
  /// takes it away wants it so.
  static func leaveIgnores(in journals: String, _ files: any Files) {
    guard WorkingCopy(around: journals, files) != nil else { return }
    let lines = ["# Journals and what leads to them are for committing; locks are not.", "*", "!.gitignore"]
    let kept = ["!*\(JournalFolder.suffix)", "!*\(JournalPointer.suffix)"]
    let text = (lines + kept).joined(separator: "\n") + "\n"
    try? files.create(Path.joined(journals, ".gitignore"), Array(text.utf8), like: nil)
  }
}
