/// Whether a kill would work: each member is asked about itself, the cluster for a reading that takes a majority, and the
/// rights by a transaction whose condition never holds.
extension EtcdStore {
  package func examine() -> [DoctorCheck] {
    let members = door.members.clients
    let asked = Crew(threads: members.count).each(members) { (place: $0.base.place, visit: visit($0)) }
    var checks = asked.flatMap { one in one.visit.checks.map { named($0, one.place, isOnly: asked.count == 1) } }
    let states = asked.filter { $0.visit.answer?.isSuccess == true }
    checks += states.compactMap { leader($0.visit.json, $0.place) }
    checks += states.filter { $0.visit.json["isLearner"] == true }.map { learner($0.place) }
    let alarms = alarms(states.map(\.visit.json))
    checks += alarms
    let majority = quorum()
    checks.append(majority)
    // A member that is away keeps no kill from the others.
    guard majority.state != .failed else { return checks }
    checks = checks.map {
      $0.name == "reachable" && $0.state == .failed ? DoctorCheck($0.name, .warning, $0.sentence) : $0
    }
    // Where there is no room nothing can be written at all, whoever asks.
    guard alarms.isEmpty else { return checks }
    let flags = rights(name(FlagKey("rolloutctl-doctor")), of: "flags")
    return checks + [flags, journals(besides: flags)]
  }

  private func visit(_ member: StoreClient) -> DoctorCall {
    let clock = member.context.clock
    let start = clock.now()
    do throws(StoreTrouble) {
      let answer = try door.members.status(of: member, within: TimeSpan(seconds: 3))
      let isKnown = ![400, 401, 403].contains(answer.status)
      return isKnown ? DoctorCall(member, answer, from: start, to: clock.now()) : DoctorCall(member, reachedBut: [])
    } catch {
      if case .refused(let refusal) = error, refusal.reason == .learner {
        return DoctorCall(member, reachedBut: [learner(member.base.place)])
      }
      guard let check = login(error) else { return DoctorCall(member, failing: error) }
      return DoctorCall(member, reachedBut: [check])
    }
  }

  /// It was reached, and does not know who asks: that is no fault of the network.
  private func login(_ trouble: StoreTrouble) -> DoctorCheck? {
    guard case .refused(let refusal) = trouble else { return nil }
    switch refusal.reason {
    case .wrongPassword, .noToken:
      return DoctorCheck("login", .failed, Sentences.refusal(refusal).joined(separator: "; "))
    default: return nil
    }
  }

  /// Of several members each says the same of its clock; it is told with its name then.
  private func named(_ check: DoctorCheck, _ place: String, isOnly: Bool) -> DoctorCheck {
    isOnly || check.sentence.contains(place)
      ? check : DoctorCheck(check.name, check.state, "\(place): \(check.sentence)")
  }

  private func leader(_ status: JSON, _ place: String) -> DoctorCheck? {
    guard ["0", nil].contains(status["leader"]?.text) else { return nil }
    return DoctorCheck("leader", .warning, "\(place) knows no leader; see the cluster's health")
  }

  private func learner(_ place: String) -> DoctorCheck {
    DoctorCheck(
      "learner", .warning,
      "\(place) is a learner and answers no kill; name members that vote, or promote it (etcdctl member promote)")
  }

  /// The members' own words for what keeps them from taking writes.
  private func alarms(_ states: [JSON]) -> [DoctorCheck] {
    let told = states.flatMap { $0["errors"]?.items?.compactMap(\.text) ?? [] }
    var checks: [DoctorCheck] = []
    if told.contains(where: { $0.contains("NOSPACE") }) {
      checks.append(
        DoctorCheck(
          "space", .warning,
          "etcd is out of space and takes deletions alone, so a kill can only delete the flag; make room: "
            + "etcdctl compaction REVISION, etcdctl defrag --cluster, etcdctl alarm disarm"))
    }
    if told.contains(where: { $0.contains("CORRUPT") }) {
      checks.append(
        DoctorCheck("space", .failed, "etcd says that the data of a member is corrupt; replace that member"))
    }
    return checks
  }

  /// Where a leader has just gone away the others elect one, which takes about a second: that is no failure.
  private func quorum() -> DoctorCheck {
    guard let clock = door.members.clients.first?.context.clock else {
      return DoctorCheck("quorum", .failed, "no member is named")
    }
    let start = clock.now()
    var told: StoreTrouble?
    while true {
      let begun = clock.now()
      do throws(StoreTrouble) {
        _ = try door.get(name(FlagKey("rolloutctl-doctor")))
        let milliseconds = max(0, clock.now().microseconds - begun.microseconds) / 1000
        return DoctorCheck("quorum", .fine, "a majority of the members answered in \(milliseconds) ms")
      } catch {
        if let check = login(error) { return check }
        // Asked as one who may not read it, the cluster has answered all the same.
        if case .refused(let refusal) = error, case .forbidden = refusal.reason {
          let why = Sentences.refusal(refusal).joined(separator: "; ")
          return DoctorCheck("rights", .failed, "flags may not be read: \(why)")
        }
        // A try that had no time left says nothing about the cluster; the one before it does.
        let trouble = error.isCutShort ? told ?? error : error
        told = trouble
        guard clock.now() < start + Self.election, door.members.isInTime else {
          return DoctorCheck("quorum", .failed, Sentences.store(trouble).joined(separator: "; "))
        }
        clock.pause(microseconds: 200_000)
      }
    }
  }

  private static let election = TimeSpan(seconds: 3)

  /// A kill goes without its entry where only the journals are out of reach.
  private func journals(besides flags: DoctorCheck) -> DoctorCheck {
    let check = rights("\(prefix).rollout/doctor", of: "journals")
    guard check.state == .failed, flags.state == .fine else { return check }
    return DoctorCheck(check.name, .warning, check.sentence + " (a kill goes through, and leaves no entry)")
  }

  private func rights(_ key: String, of what: String) -> DoctorCheck {
    do throws(StoreTrouble) {
      try door.checkPut(key)
      return DoctorCheck("rights", .fine, "\(what) may be written, as \(key)")
    } catch {
      return DoctorCheck("rights", .failed, "\(what), as \(key): " + Sentences.store(error).joined(separator: "; "))
    }
  }

  /// A role may be for single keys.
  package func examine(_ key: FlagKey) -> [DoctorCheck] { [rights(name(key), of: "it")] }
}
