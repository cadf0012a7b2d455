/// Writes a note from the template. It never overwrites one.
package struct Starting: Sendable {
  package let context: Context

  package init(context: Context) { self.context = context }

  /// The path that was written, as given.
  package func write(_ answers: NoteAnswers, to path: String) throws(Trouble) -> String {
    let full = Path.tidied(Path.joined(context.surroundings.workingFolder, path))
    let text = NoteTemplate.text(answers)
    do throws(FileTrouble) {
      try context.files.makeFolder(Path.folder(of: full))
      try context.files.create(full, Array(text.utf8), like: nil)
    } catch {
      if error.reason == .exists { throw .usage("\(path) exists already; init never overwrites a note") }
      throw .file(error)
    }
    return path
  }
}
