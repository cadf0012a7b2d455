import Testing

@testable import RolloutOps

/// A page with every part, as each format spells it.
@Suite struct PageTests {
  private func page(isSpaced: Bool = false) -> Page {
    Page(
      "ai-*summary*", "v6 → v7", facts: ["from *here*"], remarks: ["a remark of more words than fit"],
      conclusions: [
        Page.Conclusion(text: "v7 is worse in a|b", tone: .bad), Page.Conclusion(text: "better", tone: .good),
        Page.Conclusion(text: "that is all"),
      ], isSpaced: isSpaced)
  }

  @Test func forEyesRemarksHangAndConclusionsHaveTheirColour() {
    #expect(
      page().text(["body"], .none, 19).split(separator: "\n", omittingEmptySubsequences: false) == [
        "ai-*summary*   v6 → v7", "from *here*", "body", "· a remark of more", "  words than fit", "→ v7 is worse in",
        "  a|b", "→ better", "→ that is all",
      ])
    #expect(
      page(isSpaced: true).text(["body"], .none, 80).split(separator: "\n", omittingEmptySubsequences: false) == [
        "ai-*summary*   v6 → v7", "from *here*", "body", "", "· a remark of more words than fit", "",
        "→ v7 is worse in a|b", "→ better", "→ that is all",
      ])
    let painted = page().text([], Ink(isOn: true), 80)
    let ink = Ink(isOn: true)
    #expect(painted.contains(ink.bad("→ v7 is worse in a|b")) && painted.contains(ink.good("→ better")))
    #expect(painted.contains(ink.dim("· a remark of more words than fit")) && painted.hasSuffix("\n→ that is all"))
  }

  @Test func markdownHoldsTextInWhichNothingIsMarkup() {
    #expect(
      page().markdown(["| body |", ""]).split(separator: "\n", omittingEmptySubsequences: false) == [
        #"## ai-\*summary\*: v6 → v7"#, "", #"- from \*here\*"#, "", "| body |", "",
        "- a remark of more words than fit",
        "", #"**v7 is worse in a\|b**"#, "**better**", "**that is all**",
      ])
    // Spaces for eyes are none of its own, and where there is nothing there is no empty line.
    let bare = Page("a", "b", remarks: [], conclusions: [Page.Conclusion(text: "c")], isSpaced: true)
    #expect(bare.markdown([]) == "## a: b\n\n**c**" && bare.text([], .none, 80) == "a   b\n\n→ c")
  }
}
