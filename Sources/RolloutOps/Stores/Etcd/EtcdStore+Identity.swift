/// Which cluster a rollout was started on. A cluster has a number of its own, which every answer tells; its members come
/// and go, and are named in any order.
extension EtcdStore {
  /// The address, and behind it the cluster's number as etcdctl prints it: `etcd+http://one:2379/prod#cdf818194e3a8c32`.
  package var lasting: String {
    door.members.cluster.map { "\(identity)#\(String($0, radix: 16))" } ?? identity
  }

  package func isMeant(by kept: String, keepingItsJournal: Bool) -> Bool {
    guard let kept = Kept(kept, prefix: prefix) else { return false }
    let isAtSamePlace = !kept.places.isDisjoint(with: door.members.clients.map(\.base.place))
    if let then = kept.cluster, let now = door.members.cluster {
      // A cluster that was made anew from a backup has another number, and the same flags, journals and places. A
      // journal elsewhere is no witness for that: another cluster may be behind the same address now.
      return then == now || keepingItsJournal && isAtSamePlace
    }
    if isAtSamePlace { return true }
    // Older journals know places alone, and these may have been all of its other members.
    return !kept.places.isDisjoint(with: (try? door.members.places()) ?? [])
  }

  private struct Kept {
    let places: Set<String>
    let cluster: UInt64?

    init?(_ text: String, prefix: String) {
      let parts = text.split(separator: "#", maxSplits: 1)
      guard let address = parts.first, address.hasPrefix("etcd+"), address.hasSuffix(prefix) else { return nil }
      let all = address.dropFirst("etcd+".count).dropLast(prefix.count).split(separator: ",")
      places = Set(all.map(String.init))
      cluster = parts.count > 1 ? UInt64(parts[1], radix: 16) : nil
    }
  }
}
