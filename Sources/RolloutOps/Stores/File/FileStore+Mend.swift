/// A flag file that a crash tore while it was written in place.
extension FileStore {
  /// How long whoever may be in the middle of a write is waited for before a file is called torn: microseconds.
  private static let pause = 20_000

  private func mended(_ bytes: [UInt8]) -> FileReplacement.Mended? {
    FileReplacement(path: real, context: context).mended(bytes)
  }

  /// The trouble with these bytes, by its own name where it can be mended.
  func named(_ trouble: StoreTrouble, _ bytes: [UInt8]) -> StoreTrouble {
    guard case .malformed(let path, let position, let why) = trouble, mended(bytes) != nil else { return trouble }
    context.clock.pause(microseconds: Self.pause)
    guard (try? context.files.holds(self.path, bytes)) == true else { return .changedMeanwhile(path: path) }
    return .torn(path: path, position, why)
  }

  package func mend(_ urgency: Urgency) throws(StoreTrouble) -> String? {
    var found: FileReplacement.Mended?
    _ = try replace(urgency) { (bytes) throws(StoreTrouble) in
      let isWhole = (try? FlagDocument.list(bytes, path: path)) != nil
      found = isWhole ? nil : mended(bytes)
      return found?.bytes ?? bytes
    }
    guard let found else { return nil }
    try? context.files.remove(found.record)
    let sentence = Sentences.mended(path, toKilled: found.isKilled)
    losses.change { $0.append(sentence) }
    return sentence
  }
}
