/// Where flags live, as operators write it: `file:flags.json`, a bare path, or the address of a server or platform.
package struct StoreAddress: Sendable {
  /// As it was written.
  package let text: String
  let site: any StoreSite

  package init(_ text: String) throws(StoreTrouble) {
    self.text = text
    do throws(AddressText.Fault) {
      site = try Self.site(text)
    } catch {
      throw .badAddress(AddressText.shown(text), why: error.why)
    }
  }

  private static func site(_ text: String) throws(AddressText.Fault) -> any StoreSite {
    guard let scheme = AddressText.scheme(of: text) else { return try FileSite.kind.site(text) }
    if let kind = StoreKinds.all.first(where: { $0.schemes.contains(scheme) }) { return try kind.site(text) }
    guard text.contains("://") else {
      throw AddressText.Fault(
        "there is no store \"\(scheme):\"; a path that has a colon is written as ./\(AddressText.shown(text))")
    }
    let marks = StoreKinds.all.map(\.mark)
    throw AddressText.Fault(
      "there is no store \"\(scheme):\"; stores are \(marks.dropLast().joined(separator: ", ")) and \(marks.last ?? "")"
    )
  }
}

extension StoreAddress {
  /// The store behind it; a relative path is looked up from `folder`.
  package func opening(from folder: String, _ terms: StoreTerms, _ context: Context) -> any FlagStore {
    site.store(text, from: folder, terms, context)
  }

  /// The folder of journals behind it.
  package func folder(_ terms: StoreTerms, _ context: Context) throws(StoreTrouble) -> Folder {
    if let folder = site.folder(terms, context) { return folder }
    throw .badAddress(
      AddressText.shown(text), why: "journals are kept in a folder, or in etcd: etcd+https://host:2379/journals")
  }

  /// The flag file's path, perhaps relative; nil for a server.
  package var path: String? { site.path }
}
