/// What is known of hosted platforms' SDKs that read some flags otherwise than others, in sentences: `check` says it before
/// a rollout, `doctor` of a flag that stands, a change of what it just wrote.
package enum PlatformReaders {
  package static func isWholePercent(_ share: Percentage) -> Bool { share.micro % 1_000_000 == 0 }

  /// PostHog's SDK for Go took shares as whole numbers until it did not; a document with another is not read at all.
  package static func fraction(_ share: Percentage) -> String {
    "PostHog's older SDKs for Go (1.5.2 is one, 1.23.1 is not) cannot read a share of \(share), and with it lose every flag "
      + "of the project; see that no service has one, or take a whole percent"
  }

  /// PostHog's SDKs that do not say by themselves which group they ask for.
  package static func group(_ unit: String, hasVariants: Bool) -> String {
    "an application whose SDK does not tell the group's own key (PostHog's for Rust 0.30, for Go before 1.23) "
      + (hasVariants ? "gets control for every \(unit), for good" : "cannot decide it and asks PostHog each time")
      + "; pass it along: `$group_key` among the properties of the group"
  }

  /// PostHog's SDK for Node leaves what its own regular expressions cannot decide to PostHog.
  package static func pattern(_ selector: Selector) -> String {
    "\(selector) has letters beyond ASCII: posthog-node cannot decide it by itself, and asks PostHog each time or leaves it "
      + "undecided; send a plain word for it"
  }

  /// A number that one language spells 5 and another 5.0.
  package static func number(_ selector: Selector, on platform: String) -> String {
    "\(selector) compares a number: \(platform) compares texts, and an application that sends 5.0 for 5, as Python and Java "
      + "do with a float, is not met; send whole numbers or texts"
  }
}
