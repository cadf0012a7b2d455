/// `file:flags.json`, or a bare path.
struct FileSite: StoreSite {
  private let named: String

  static let kind = StoreKind(
    schemes: ["file"], mark: "file:", form: "file:flags.json",
    summary: "a flag file in flagd's format, or its bare path; OpenFeature SDKs read it as it is. No server is needed.",
    site: { (text) throws(AddressText.Fault) in
      let isSaid = text.lowercased().hasPrefix("file:")
      return FileSite(named: try path(isSaid ? local(text.dropFirst("file:".count)) : text))
    })

  var path: String? { named }

  func store(_ address: String, from folder: String, _ terms: StoreTerms, _ context: Context) -> any FlagStore {
    FileStore(
      path: named.hasPrefix("/") ? named : "\(folder)/\(named)", address: address, context: context,
      staysInPlace: terms.staysInPlace, isLive: terms.isLive, readers: terms.readers)
  }

  func folder(_ terms: StoreTerms, _ context: Context) -> Folder? { Folder(path: named, files: context.files) }

  private static func local(_ path: Substring) throws(AddressText.Fault) -> String {
    guard path.hasPrefix("//") else { return String(path) }
    guard path.hasPrefix("///") else {
      throw AddressText.Fault("a flag file is on this machine: file:/path, without a host")
    }
    return String(path.dropFirst(2))
  }

  private static func path(_ path: String) throws(AddressText.Fault) -> String {
    guard !path.isEmpty else { throw AddressText.Fault("the path is missing") }
    guard !path.utf8.contains(0) else { throw AddressText.Fault("a path cannot hold a zero byte") }
    guard !path.hasSuffix("/") else { throw AddressText.Fault("this is a folder; name the flag file in it") }
    return path
  }
}
