/// What a kill says of one flag in one store, where it could not turn it off.
extension KillCase {
  func switchRemark(_ target: KillCourse.Target) -> [String] {
    guard target.isBlind else { return [] }
    return [
      "its switch was thrown before anybody could read it: everybody gets what the flag serves when it is off"
    ]
  }

  var title: String { named.title(of: store) }

  /// How much was asked in vain.
  func asked(_ target: KillCourse.Target, _ tried: Double) -> [String] {
    let time = KillReport.spelled(tried)
    if target.answers == 0, target.requests > 0, store.isRemote, target.told?.mayPass ?? true {
      return target.requests == 1
        ? ["1 request in \(time)\(until), not answered"]
        : ["\(target.requests) requests in \(time)\(until), none answered as it should be"]
    }
    return target.tries > 1 ? ["\(target.tries) tries in \(time)\(until)"] : []
  }

  /// For whoever tells of it afterwards.
  private var until: String {
    let day = ISO8601.string(kill.context.clock.now())
    return " until " + day.drop { $0 != "T" }.dropFirst().prefix(8) + " UTC"
  }

  func glass(_ target: KillCourse.Target) -> [String] {
    switch target.glass {
    case .untried, .none, .underWay: []
    case .done: ["its trigger was called and answered well, but nobody could read the flag back as off: look at it"]
    case .failed(let trouble): Sentences.store(trouble)
    }
  }

  var byHand: [String] {
    let way = store.byHand(key, serving: serving)
    // Where it is told in words, the commands stand below them.
    return ["by hand: \(way.sentence)"] + (way.words == nil ? [] : ["or paste: \(way.oneLine)"])
  }
}
