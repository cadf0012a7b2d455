import Testing

@testable import RolloutOps

@Suite struct ExitStatusTests {
  @Test func worstOfSeveralTargetsFollowsTheDocumentedOrder() {
    #expect(ExitStatus.worst([.done, .hold, .badNote]) == .badNote)
    #expect(ExitStatus.worst([.conflict, .inconclusive]) == .conflict)
    #expect(ExitStatus.worst([.rollback, .kill]) == .kill)
    #expect(ExitStatus.worst([]) == .done)
    #expect(Set(ExitStatus.worstFirst) == Set(ExitStatus.allCases))
  }
}
