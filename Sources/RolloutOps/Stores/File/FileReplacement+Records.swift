/// What is kept beside a file while it is written in place, and how a file that a crash tore is mended from it.
extension FileReplacement {
  /// In the folder of lock and journals, or where nothing can be made there beside the file.
  var recordStems: [String] { ["\(path).rollout/in-place-", "\(path).rollout-in-place-"] }

  /// The record's path; nil where there is no room for one, and no kill waits for that.
  func keep(_ new: [UInt8], over file: any OpenedFile, _ urgency: Urgency) -> String? {
    guard let record = InPlaceRecord(new, over: file.bytes, isKill: urgency.isKill) else { return nil }
    var facts = file.facts
    facts.attributes = nil
    for stem in recordStems {
      for attempt in 0..<Self.tries {
        let place = "\(stem)\(context.surroundings.process)-\(attempt)"
        do throws(FileTrouble) {
          try context.files.create(place, record.text, like: facts)
        } catch {
          if error.reason == .exists { continue }
          guard error.reason == .diskFull, spared(record.text, at: place, like: facts) else { break }
        }
        // Without its name the record is of no use after a power cut.
        try? context.files.syncFolder(Path.folder(of: place))
        return place
      }
    }
    return nil
  }

  struct Mended {
    let bytes: [UInt8]
    let isKilled: Bool
    let record: String
  }

  /// What a crash left in the file, put together again; nil where that is not certain.
  func mended(_ found: [UInt8]) -> Mended? {
    for (place, _) in left(by: recordStems) {
      guard let text = try? context.files.read(place, limit: 2 * FileStore.sizeLimit + 1024),
        let record = InPlaceRecord(text), let bytes = record.mended(found), (try? JSON.parse(bytes)) != nil
      else { continue }
      return Mended(bytes: bytes, isKilled: record.isKill, record: place)
    }
    return nil
  }
}
