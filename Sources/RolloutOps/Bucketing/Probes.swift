/// Requests that tell whether a flag is served as it stands: one for each cohort that is let in, one for each exclusion,
/// and one for everybody else.
extension Split {
  /// Readers of a flag file deal by one of several hashes, and whoever answers tells by which: of a share those
  /// units are asked that tell the hashes apart. Where the store deals by a hash
  /// of its own, some units are asked, and nothing is expected of any of them.
  package func probes(of flag: FlagKey, byFlagHash: Bool) -> [Probe] {
    var probes: [Probe] = []
    for grant in exposure.grants {
      let who = Exposure(grants: [grant]).description
      if grant.share.isWhole {
        if let found = candidate(for: grant.cohort, where: { membership($0, flag, .v3) == .cohort(grant) }) {
          probes.append(found.probe(who, canary, nil, .new(canary, always: true)))
        }
      } else if !byFlagHash {
        var units: Set<String> = []
        let strangers = candidates(for: grant.cohort).prefix(Self.strangers).filter { units.insert($0.unit).inserted }
        probes += strangers.map { $0.probe(who, nil, nil, .new(canary, always: false)) }
      } else {
        probes += dealt(grant, of: flag).map { candidate, letsIn in
          candidate.probe(
            who, canary, Probe.Dealing(canary: canary, control: control, letsIn: letsIn), .new(canary, always: false))
        }
      }
    }
    for exclusion in exposure.exclusions {
      if let found = candidate(for: exclusion, where: { membership($0, flag, .v3) == .excluded(exclusion) }) {
        probes.append(found.probe("\(exclusion), who is excluded", control))
      }
    }
    if let other = outsider(of: flag, byFlagHash) { probes.append(other.probe("everybody else", control)) }
    return probes
  }

  /// Units that tell every two hashes apart, and one at least that each of them lets in, as far as there are such.
  private func dealt(_ grant: Grant, of flag: FlagKey) -> [(candidate: Candidate, letsIn: Set<FlagHash>)] {
    var found: [(candidate: Candidate, letsIn: Set<FlagHash>)] = []
    var unmet = Set(FlagHash.allCases)
    var alike = Set(
      FlagHash.allCases.flatMap { one in FlagHash.allCases.map { [one, $0] as Set } }.filter { $0.count == 2 })
    for (number, candidate) in candidates(for: grant.cohort).enumerated() {
      if unmet.isEmpty, alike.isEmpty || number >= Self.picky { break }
      let letsIn = Set(FlagHash.allCases.filter { isDealt(candidate, by: grant, flag, $0) })
      let told = alike.filter { $0.intersection(letsIn).count == 1 }
      guard !letsIn.isEmpty, !told.isEmpty || !unmet.isDisjoint(with: letsIn) else { continue }
      found.append((candidate, letsIn))
      unmet.subtract(letsIn)
      alike.subtract(told)
    }
    return found
  }

  private func isDealt(_ candidate: Candidate, by grant: Grant, _ flag: FlagKey, _ hash: FlagHash) -> Bool {
    // The bucket first: what the attributes say takes longer.
    guard Bucket(flag: flag, unit: candidate.unit, version: hash).isWithin(grant.share),
      case .share(grant, _) = membership(candidate, flag, hash)
    else { return false }
    return true
  }

  /// A request that is let in by nothing, where there is one that every reader keeps out.
  private func outsider(of flag: FlagKey, _ byFlagHash: Bool) -> Candidate? {
    let open = exposure.grants.first { $0.cohort == nil }
    guard let open else {
      return candidate(for: nil) { if case .noCohort = membership($0, flag, .v3) { true } else { false } }
    }
    guard !open.share.isWhole, byFlagHash else { return nil }
    return candidate(for: nil) { candidate in FlagHash.allCases.allSatisfy { !membership(candidate, flag, $0).isIn } }
  }

  /// How many units of a share are asked where nobody can tell which of them are in.
  private static let strangers = 10
  /// How many are looked at to tell hashes apart: of nearly everybody there is hardly one that does.
  private static let picky = 1000
  /// Enough to find one of a thousandth nearly always; who is let in by less is not asked for.
  private static let most = 4000

  private struct Candidate {
    let attributes: JSON
    let unit: String

    func probe(
      _ who: String, _ expected: String?, _ dealing: Probe.Dealing? = nil, _ before: Probe.Before = .old
    ) -> Probe {
      Probe(who: who, attributes: attributes, unit: unit, expected: expected, dealing: dealing, before: before)
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
