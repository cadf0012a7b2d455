/// What it means that etcd's gateway does not do something. The same refusal has another status in each version, and one
/// status stands for many refusals, so its own words tell.
enum EtcdRefusal {
  static func refusal(_ answer: HTTPAnswer, of member: StoreClient, user: String, both: String) -> ServerRefusal {
    let usual = member.refusal(answer)
    return ServerRefusal(
      usual.place, status: usual.status, reason(answer, usual, user: user, both: both), said: usual.said,
      rest: usual.rest)
  }

  private static func reason(
    _ answer: HTTPAnswer, _ usual: ServerRefusal, user: String, both: String
  ) -> ServerRefusal.Reason {
    let said = answer.text
    if said.contains("not supported for learner") { return .learner }
    if said.contains("database space exceeded") { return .outOfSpace }
    // A request over etcd's own limit, or over that of the protocol behind its gateway, or over a proxy's.
    if said.contains("request is too large") || said.contains("message larger than max") || answer.status == 413 {
      return .tooLarge
    }
    // Somebody changed users or roles in this very moment, and will not do so for long.
    if isOfAnOldToken(answer) { return .fault }
    if said.contains("user name is empty") { return .noToken(variable: both) }
    if said.contains("permission denied") { return .forbidden(user: user) }
    // Whatever else is in the way answers in words of its own, and says nothing about the cluster.
    guard !said.contains("\"code\"") else { return usual.reason }
    return switch usual.reason {
    case .rejected: .unexpected("this is no answer of etcd's")
    case .noToken, .credentials: .credentials(variable: both)
    default: usual.reason
    }
  }

  /// A token that was given before users or roles changed.
  static func isOfAnOldToken(_ answer: HTTPAnswer) -> Bool {
    answer.status == 400 && answer.text.contains("revision of auth store is old")
  }

  static func isCompacted(_ trouble: StoreTrouble) -> Bool {
    guard case .refused(let refusal) = trouble else { return false }
    return refusal.said?.contains("required revision has been compacted") == true
  }
}
