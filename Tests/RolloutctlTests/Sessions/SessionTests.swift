import Foundation
import Testing

@testable import RolloutOps

/// What is printed and what is left behind by every verb in every state, after a crash at every effect, after every kind
/// of drift, by every override, by kills on bad nights: `Tests/Fixtures/sessions`. Whoever changes a word that an
/// operator reads, an exit status, the order of the effects, or a byte of a flag or a journal, sees it there.
///
/// `ROLLOUTCTL_REGENERATE=1 swift test --filter SessionTests` writes them anew.
@Suite struct SessionTests {
  private static let golden = Golden("sessions", of: "SessionTests")

  private static let names: [String] = {
    var names = ["file/overrides.txt"]
    for store in Session.Store.allCases {
      let states = SessionStates.all.map(\.name).filter { SessionStates.isFor(store, $0) }
      names += (states + ["crashes", "kills"]).map { "\(store)/\($0).txt" }
    }
    return names.sorted()
  }()

  private static func text(_ name: String) throws -> String {
    let parts = name.dropLast(".txt".count).split(separator: "/").map(String.init)
    let store = try #require(Session.Store(rawValue: parts[0]))
    return switch parts[1] {
    case "crashes": try SessionCrashes.text(in: store)
    case "kills": try SessionKills.text(in: store)
    case "overrides": try SessionOverrides.text()
    default: try SessionStates.text(parts[1], in: store)
    }
  }

  @Test(.disabled(if: Golden.isWritten)) func regenerate() throws { try Self.golden.write(Self.names, Self.text) }

  @Test(.enabled(if: Golden.isWritten), arguments: names)
  func everythingIsSaidAndDoneAsItIsWritten(name: String) throws {
    Self.golden.expect(try Self.text(name), in: name) { $0.contains("$ rolloutctl") || $0.hasPrefix("before") }
  }

  @Test(.enabled(if: Golden.isWritten)) func nothingElseIsThere() throws { try Self.golden.expectOnly(Self.names) }
}
