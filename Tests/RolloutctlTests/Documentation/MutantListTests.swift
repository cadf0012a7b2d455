import Foundation
import Testing

/// The list of mistakes that `Tests/Long/mutants` plays must fit the code as it stands, or it would show nothing.
@Suite(.enabled(if: Tool.python.isWanted, "python3 is not installed here")) struct MutantListTests {
  @Test func theTextOfEachMutantStandsInItsFileOnce() throws {
    let outcome = try Tool.python.run([Repository.root.path + "/Tests/Long/mutants", "--check"])
    #expect(outcome.status == 0, "\(outcome)")
  }
}
