import Testing

@testable import RolloutOps

/// What the environment asks of whoever prints.
@Suite struct TerminalRulesTests {
  private func rules(_ variables: [String: String]) -> TerminalRules { TerminalRules { variables[$0] } }

  @Test(
    arguments: [
      ([:], false, true), (["NO_COLOR": "1"], false, false), (["NO_COLOR": ""], false, true),
      (["NO_COLOR": "0", "CLICOLOR_FORCE": "1"], false, false), (["CLICOLOR_FORCE": "1"], true, true),
      (["CLICOLOR_FORCE": "0"], false, true), (["CLICOLOR_FORCE": ""], false, true),
      (["CLICOLOR_FORCE": "yes", "CLICOLOR": "0", "TERM": "dumb"], true, true), (["CLICOLOR": "0"], false, false),
      (["CLICOLOR": "1"], false, true), (["TERM": "dumb"], false, false),
      (["TERM": "xterm", "CI": "true"], false, true),
    ] as [([String: String], Bool, Bool)])
  func coloursHaveAnOrder(variables: [String: String], inPipe: Bool, atTerminal: Bool) {
    #expect(rules(variables).paints(isTerminal: false) == inPipe, "\(variables)")
    #expect(rules(variables).paints(isTerminal: true) == atTerminal, "\(variables)")
  }

  @Test(
    arguments: [
      (["TERM": "xterm"], true, "less"), (["TERM": "xterm", "NO_COLOR": "1"], true, "less"), ([:], false, nil),
      (["TERM": "dumb", "PAGER": "more"], false, nil), (["TERM": "xterm", "CI": "true"], false, nil),
      (["TERM": "xterm", "CI": "false"], true, "less"), (["TERM": "xterm", "PAGER": "cat"], true, nil),
      (["TERM": "xterm", "PAGER": "more -s"], true, "more -s"), (["TERM": "xterm", "PAGER": " "], true, nil),
      (["TERM": "xterm", "PAGER": "more", "ROLLOUTCTL_PAGER": "most"], true, "most"),
    ] as [([String: String], Bool, String?)])
  func linksAndPagesNeedATerminalThatIsKnown(variables: [String: String], links: Bool, pager: String?) {
    #expect(rules(variables).links(isTerminal: true) == links, "\(variables)")
    #expect(!rules(variables).links(isTerminal: false))
    #expect(rules(variables).pager == pager, "\(variables)")
  }

  @Test func columnsAreANumber() {
    #expect(rules(["COLUMNS": "72"]).columns == 72)
    for text in ["", "0", "-5", "wide"] { #expect(rules(["COLUMNS": text]).columns == nil) }
  }
}
