import RolloutOps

/// `help stores`: which readers of flag files agree on who is in at a share.
extension StoreGuide {
  /// As measured with each of them; who was in at a smaller share is in at a larger one with all of them.
  static var hashes: [Block] {
    [
      .paragraph(
        """
        Readers of flag files deal units by one of three hashes. Services that read the same flag by different ones \
        disagree on who is in at a share, and an upgrade that brings another hash deals everybody anew; whole cohorts, \
        exclusions and kills are the same for all. `Flag hash: v2, v3` in a note says which there are: then \
        `rolloutctl plan` and `rolloutctl doctor` say how many they disagree on.
        """),
      .entries([
        Entry(
          "v1", "Java's flagd provider (0.11.15) and others from before 2025, as Python's openfeature-flagd-core 1"),
        Entry(
          "v2",
          """
          flagd (0.16.1), the providers of Go (August 2026) and Node (0.16.1, which takes units with other letters than \
          those of ASCII otherwise than the rest)
          """),
        Entry("v3", "the providers of Python (0.6.1) and Rust (0.3.0)"),
      ]),
    ]
  }
}
