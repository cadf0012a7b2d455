/// A store's address with who names it, and the folder that its relative path is read from.
struct NamedStore: Hashable {
  /// What a configuration file calls it.
  let name: String?
  let origin: String
  let address: String
  let base: String

  init(name: String?, origin: String, address: String, base: String) {
    (self.name, self.origin, self.address, self.base) = (name, origin, address, base)
  }

  /// As `origin` writes it: a name of a configuration file stands for its address.
  init(_ origin: String, _ text: String, _ base: @autoclosure () -> String, _ known: Listed) {
    if let one = known.byName[text] {
      self.init(name: text, origin: origin, address: one.address, base: one.base)
    } else {
      let plain = NamedStore(name: nil, origin: origin, address: text, base: base())
      let name = known.byPlace.isEmpty ? nil : known.byPlace[plain.place]?.name
      self.init(name: name, origin: origin, address: text, base: plain.base)
    }
  }

  /// What configuration files list, found by name and by place; of several the first.
  struct Listed {
    let all: [NamedStore]
    let byName: [String: NamedStore]
    let byPlace: [String: NamedStore]

    init(_ all: [NamedStore]) {
      self.all = all
      byName = Dictionary(all.compactMap { store in store.name.map { ($0, store) } }) { first, _ in first }
      byPlace = Dictionary(all.map { ($0.place, $0) }) { first, _ in first }
    }
  }

  /// For people: its name, where it has one, with the address.
  var shown: String { name.map { "\($0) (\(plainAddress))" } ?? plainAddress }

  /// The same, short.
  var title: String { name ?? plainAddress }

  /// As the store itself says it, in results.
  var plainAddress: String { AddressText.shown(address) }

  /// Its address with the real place of a file that is read from another folder than this.
  func placed(seenFrom here: String) -> String {
    guard let path, base != here, !Path.isAbsolute(AddressText.withoutScheme(address)) else { return plainAddress }
    return "file:\(path)"
  }

  /// Whether a configuration file names it.
  var isConfigured: Bool { Path.name(of: origin) == Configuration.name }

  /// The path of a flag file; nil for a server.
  var path: String? {
    guard let path = (try? StoreAddress(address))?.path else { return nil }
    return Path.tidied(Path.joined(base, path))
  }

  /// The same for two spellings of one place.
  var place: String { path ?? address }
}
