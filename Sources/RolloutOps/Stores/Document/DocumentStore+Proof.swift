/// Whether the server guards changes at all. A strong ETag alone says nothing of that: there are servers that send one and
/// take every PUT all the same, and proxies that leave the condition out. What proves it is a change that must be refused.
extension DocumentStore {
  /// No document has it.
  static let strangeTag = "\"rolloutctl-no-such-tag\""

  /// The look that an ordinary change may start from; a trouble where nothing would guard it. Who says that nobody else
  /// writes the document needs no guard.
  func guarded(_ look: Look) throws(StoreTrouble) -> Look {
    guard look.isGuarded else {
      if client.terms.hasSingleWriter { return look }
      throw unguarded("the document has no strong ETag, so a change could overwrite somebody else's")
    }
    if memory.now.keepsConditions == nil, let known = kept()?.keepsConditions, known || client.terms.hasSingleWriter {
      memory.with { $0.keepsConditions = known }
    }
    // One that did not guard is asked again: it may have been mended since.
    if memory.now.keepsConditions != true, !client.terms.hasSingleWriter { try prove(look) }
    guard memory.now.keepsConditions == false else { return look }
    if client.terms.hasSingleWriter { return look }
    keepLook()
    throw unguarded(
      "\(client.base.place) takes a change that depends on another state of the document, so a change could overwrite "
        + "somebody else's")
  }

  private func unguarded(_ why: String) -> StoreTrouble {
    .refused(ServerRefusal(client.base.place, status: 200, .unguarded(why)))
  }

  /// The same bytes with a tag that no document has. Who keeps conditions answers 412 and changes nothing; who does not
  /// writes what stands there already. Any other answer leaves it unknown, and the change itself will get the same.
  func prove(_ look: Look) throws(StoreTrouble) {
    let answer = try put(look.bytes, if: Self.strangeTag)
    if answer.status == 412 { memory.with { $0.keepsConditions = true } }
    guard answer.isSuccess, !isPage(answer) else { return }
    memory.with { facts in
      facts.keepsConditions = false
      // It was written anew, so its tag may be another one.
      if facts.last == look { facts.last = nil }
    }
  }

  /// Why the last change may have overwritten somebody else's; nil where it was guarded, or needed no guard.
  package var lapse: String? {
    let facts = memory.now
    guard facts.hasChanged, !client.terms.hasSingleWriter else { return nil }
    if facts.wasUnguarded {
      return
        "the change was not guarded, since \(place) came without a strong ETag: what somebody else saved in the same "
        + "moment is lost"
    }
    switch facts.keepsConditions {
    case true?: return nil
    case false?:
      return
        "the change was not guarded, since \(client.base.place) takes changes over any state of the document: what "
        + "somebody else saved in the same moment is lost"
    case nil:
      return
        "whether \(client.base.place) guards changes is not known here (rolloutctl doctor --prove): if it does not, "
        + "what somebody else saved in the same moment is lost"
    }
  }
}
