/// Requests that tell whether a flag is served as it stands: one for each cohort that is let in, one for each exclusion,
/// and one for everybody else.
extension Split {
  /// `hashes` are those that readers of the store may use, and none where the store deals by a hash of its own: then of
  /// a share some units are asked, and nothing is expected of any of them.
  package func probes(of flag: FlagKey, hashes: [FlagHash]) -> [Probe] {
    var probes: [Probe] = []
    for grant in exposure.grants {
      let who = Exposure(grants: [grant]).description
      if grant.share.isWhole {
        if let found = candidate(for: grant.cohort, where: { membership($0, flag, .v3) == .cohort(grant) }) {
          probes.append(found.probe(who, canary, .new(canary, always: true)))
        }
      } else if hashes.isEmpty {
        var units: Set<String> = []
        let strangers = candidates(for: grant.cohort).prefix(Self.strangers).filter { units.insert($0.unit).inserted }
        probes += strangers.map { $0.probe(who, nil, .new(canary, always: false)) }
      } else {
        // Readers of another version of the hash let in another unit.
        for hash in hashes {
          let isIn = { (candidate: Candidate) -> Bool in
            guard Bucket(flag: flag, unit: candidate.unit, version: hash).isWithin(grant.share),
              case .share(grant, _) = membership(candidate, flag, hash)
            else { return false }
            return true
          }
          if let found = candidate(for: grant.cohort, where: isIn) {
            probes.append(found.probe(who, hashes.count == 1 ? canary : nil, .new(canary, always: false)))
          }
        }
      }
    }
    for exclusion in exposure.exclusions {
      if let found = candidate(for: exclusion, where: { membership($0, flag, .v3) == .excluded(exclusion) }) {
        probes.append(found.probe("\(exclusion), who is excluded", control))
      }
    }
    if let other = outsider(of: flag, hashes) { probes.append(other.probe("everybody else", control)) }
    return probes
  }

  /// A request that is let in by nothing, where there is one that every reader keeps out.
  private func outsider(of flag: FlagKey, _ hashes: [FlagHash]) -> Candidate? {
    let open = exposure.grants.first { $0.cohort == nil }
    guard let open else {
      return candidate(for: nil) { if case .noCohort = membership($0, flag, .v3) { true } else { false } }
    }
    guard !open.share.isWhole, !hashes.isEmpty else { return nil }
    return candidate(for: nil) { candidate in hashes.allSatisfy { !membership(candidate, flag, $0).isIn } }
  }

  /// How many units of a share are asked where nobody can tell which of them are in.
  private static let strangers = 10
  /// Enough to find one of a thousandth nearly always; who is let in by less is not asked for.
  private static let most = 4000

  private struct Candidate {
    let attributes: JSON
    let unit: String

    func probe(_ who: String, _ expected: String?, _ before: Probe.Before = .old) -> Probe {
      Probe(who: who, attributes: attributes, unit: unit, expected: expected, before: before)
    }
  }

  private func membership(_ candidate: Candidate, _ flag: FlagKey, _ hash: FlagHash) -> Membership {
    Membership(of: candidate.attributes, in: self, flag: flag, hash: hash)
  }

  private func candidate(for cohort: Selector?, where isFit: (Candidate) -> Bool) -> Candidate? {
    candidates(for: cohort).first(where: isFit)
  }

  /// Requests that the cohort meets, each of another unit where the cohort leaves that open.
  private func candidates(for cohort: Selector?) -> some Sequence<Candidate> {
    (1...Self.most).lazy.compactMap { number -> Candidate? in
      var attributes = JSON.object([])
      cohort?.describe(number, in: &attributes)
      if attributes.attribute(unit) == nil {
        attributes = attributes.setting(unit.split(separator: ".")[...], to: .string("rolloutctl-probe-\(number)"))
      }
      guard let value = attributes.attribute(unit)?.text, cohort?.matches(attributes) ?? true else { return nil }
      return Candidate(attributes: attributes, unit: value)
    }
  }
}

extension Selector {
  /// Gives a request the attributes that the selector asks for; of several values the one that the number falls on.
  fileprivate func describe(_ number: Int, in attributes: inout JSON) {
    switch self {
    case .equals(let attribute, let value):
      attributes = attributes.setting(attribute.split(separator: ".")[...], to: .string(value.text))
    case .oneOf(let attribute, let values):
      guard !values.isEmpty else { return }
      let value = values[(number - 1) % values.count]
      attributes = attributes.setting(attribute.split(separator: ".")[...], to: .string(value.text))
    case .not: return
    case .all(let parts): for part in parts { part.describe(number, in: &attributes) }
    }
  }
}

extension JSON {
  /// The attribute of that path, in objects that are made where there are none.
  fileprivate func setting(_ path: ArraySlice<Substring>, to value: JSON) -> JSON {
    guard let name = path.first else { return value }
    let object: JSON = if case .object = self { self } else { .object([]) }
    let inner = object[String(name)] ?? .object([])
    return object.setting(String(name), to: inner.setting(path.dropFirst(), to: value))
  }
}
