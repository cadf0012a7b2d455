/// `etcd+https://host:2379/prefix`
struct EtcdSite: StoreSite {
  private let members: [WebAddress]
  private let prefix: String

  static let kind = StoreKind(
    schemes: ["etcd+http", "etcd+https"], mark: "etcd+https://", form: "etcd+https://host:2379/prefix",
    summary: """
      a key for each flag in etcd, with the flagd flag as its value, and the journals beside them. Several members stand \
      with commas between them: `etcd+https://one:2379,two:2379/prefix`. `ETCD_USERNAME`, `ETCD_PASSWORD`
      """,
    variables: [
      StoreKind.Variable(
        name: "ETCD_USERNAME", meaning: "who asks etcd, where it wants to know; with `ETCD_PASSWORD`"),
      StoreKind.Variable(name: "ETCD_PASSWORD", meaning: "that user's password"),
    ], site: { (text) throws(AddressText.Fault) in try read(text) })

  /// `etcd+https://one:2379,two:2379/prefix`: any member will do, and the next one where the first is away.
  private static func read(_ text: String) throws(AddressText.Fault) -> EtcdSite {
    let rest = text.dropFirst("etcd+".count)
    let scheme = rest.prefix { $0 != ":" }
    let hosts = rest.dropFirst(scheme.count + 3).prefix { $0 != "/" }
    let path = rest[hosts.endIndex...]
    guard path.count > 1, !path.hasSuffix("/"), !path.contains(where: { "?#@%".contains($0) }) else {
      throw AddressText.Fault(
        "behind the host stands what the flags' keys begin with: etcd+\(scheme)://\(hosts)/flags")
    }
    var members: [WebAddress] = []
    for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
      members.append(try AddressText.web("\(scheme)://\(host)"))
    }
    return EtcdSite(members: members, prefix: String(path))
  }

  func store(_ address: String, from folder: String, _ terms: StoreTerms, _ context: Context) -> any FlagStore {
    EtcdStore(members, prefix: prefix, address: address, terms, context)
  }

  func folder(_ terms: StoreTerms, _ context: Context) -> Folder? {
    EtcdStore.folder(members, prefix: prefix, terms, context)
  }
}
