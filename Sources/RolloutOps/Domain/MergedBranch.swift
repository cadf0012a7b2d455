/// Entries of one journal that were written beside those of another: two people worked in two copies of a folder. The
/// entry that brings both together keeps their lines as they stood, so that each still shows its own seal.
package struct MergedBranch: Hashable, Sendable {
  /// Its last entry.
  package let head: JournalHead
  /// How many entries it has in common with the journal that it was taken into.
  package let common: Int
  /// Its own lines, oldest first, without their line feeds; those that are kept already are not among them.
  package let lines: [String]

  package init(head: JournalHead, common: Int, lines: [String]) {
    (self.head, self.common, self.lines) = (head, common, lines)
  }

  init?(_ json: JSON) {
    guard let head = JournalHead(json["head"]?.text), let common = json["common"]?.integer,
      let lines = json["entries"]?.items?.compactMap(\.text)
    else { return nil }
    self.init(head: head, common: common, lines: lines)
  }

  package var json: JSON {
    ["head": .string(head.description), "common": .number(common), "entries": .strings(lines)]
  }
}
