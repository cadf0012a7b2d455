/// One look at a flag.
package struct FlagReading: Sendable {
  package let key: FlagKey
  package let flag: Flag?
  /// Whatever the store needs to notice that this look is stale.
  package let version: String
  /// The flag as the store spells it, for the journal when somebody else's work is replaced.
  package let spelled: String?
  /// Why running readers may not follow what stands in the store now: they reject the file for this.
  package let trouble: StoreTrouble?
  /// Other flags that it depends on: whom they keep out, it keeps out too, whatever it says itself.
  package let parents: [String]

  package init(
    key: FlagKey, flag: Flag?, version: String, spelled: String?, trouble: StoreTrouble? = nil, parents: [String] = []
  ) {
    (self.key, self.flag, self.version, self.spelled, self.trouble) = (key, flag, version, spelled, trouble)
    self.parents = parents
  }
}

package struct ListedFlag: Hashable, Sendable {
  package let key: FlagKey
  package let mark: Flag.Mark?
}
