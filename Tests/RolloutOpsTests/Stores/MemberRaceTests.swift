import Testing

@testable import RolloutOps

/// Whom of a cluster's members to ask next: by value, without a thread or a clock.
@Suite struct MemberRaceTests {
  private func unanswered(_ reason: HTTPTrouble.Reason, sent: Bool = false) -> StoreTrouble {
    .unanswered(HTTPTrouble("POST", "http://one", reason, maybeSent: sent))
  }

  private func refused(_ reason: ServerRefusal.Reason) -> StoreTrouble {
    .refused(ServerRefusal("http://one", status: 400, reason))
  }

  private func race(_ repeats: MemberRace.Repeats, begun: Int = 1) -> MemberRace {
    var race = MemberRace(members: 3, repeats: repeats)
    for _ in 0..<begun { race.begin() }
    return race
  }

  @Test func aSlowReadIsAskedBesideSoonAndAChangeLater() {
    #expect(race(.harmless).pause == 250 && race(.harmless, begun: 2).pause == 250)
    #expect(race(.underConditions).pause == 500)
    #expect(race(.never).pause == nil, "it could be done twice")
    // All were asked and say nothing: all of them again, more and more seldom.
    #expect((3...6).map { race(.harmless, begun: $0).pause } == [1000, 250, 250, 2000])
    #expect([9, 11, 12].map { race(.harmless, begun: $0).pause } == [4000, 250, nil])
  }

  @Test func aMemberThatAnswersNobodyIsPassedOver() {
    for trouble in [
      unanswered(.unreachable("refused")), unanswered(.cut("reset"), sent: true), unanswered(.tls("expired")),
      refused(.learner), refused(.fault), refused(.tooOften), refused(.unexpected("a page")), refused(.elsewhere("x")),
      refused(.credentials(variable: "X")),
    ] {
      var race = race(.harmless)
      #expect(race.fail(trouble) == .askNext, "\(trouble)")
    }
  }

  @Test func whatTheClusterHasDecidedIsAskedOfNobodyElse() {
    for trouble in [
      refused(.forbidden(user: "X")), refused(.tooLarge), refused(.outOfSpace), refused(.rejected),
      refused(.wrongPassword(variables: "X")), refused(.noToken(variable: "X")),
    ] {
      var race = race(.harmless, begun: 2)
      #expect(race.fail(trouble) == .end(trouble), "the other one may hang")
    }
  }

  @Test func whatCouldBeDoneTwiceIsNotSentAgainOnceItMayHaveArrived() {
    for trouble in [unanswered(.cut("reset"), sent: true), refused(.fault), refused(.unexpected("a page"))] {
      var race = race(.never)
      #expect(race.fail(trouble) == .end(trouble))
    }
    for trouble in [unanswered(.unreachable("refused")), refused(.learner), refused(.tooOften)] {
      var race = race(.never)
      #expect(race.fail(trouble) == .askNext)
    }
  }

  @Test func whoeverIsUnderWayIsWaitedForAndTheMostTellingFailureIsTold() {
    var race = race(.harmless, begun: 3)
    #expect(race.fail(unanswered(.unreachable("refused"))) == .wait)
    #expect(race.fail(refused(.fault)) == .wait)
    #expect(race.fail(refused(.learner)) == .end(refused(.fault)))
    // A change that may be in force is told before anything else.
    var change = self.race(.underConditions, begun: 2)
    #expect(change.fail(unanswered(.timeout(milliseconds: 1), sent: true)) == .askNext)
    change.begin()
    #expect(change.fail(refused(.learner)) == .wait)
    #expect(change.fail(unanswered(.unreachable("refused"))) == .end(unanswered(.timeout(milliseconds: 1), sent: true)))
  }

  @Test func aLostConditionIsDoubtfulOnlyWhereAnotherCopyMayHaveWon() {
    #expect(!race(.underConditions).isDoubtful)
    #expect(race(.underConditions, begun: 2).isDoubtful, "one is still under way")
    #expect(!race(.harmless, begun: 2).isDoubtful)
    var refused = race(.underConditions)
    _ = refused.fail(self.refused(.learner))
    refused.begin()
    #expect(!refused.isDoubtful, "a learner did nothing")
    var lost = race(.underConditions)
    _ = lost.fail(unanswered(.cut("reset"), sent: true))
    lost.begin()
    #expect(lost.isDoubtful)
  }
}
