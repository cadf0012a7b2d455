/// How often somebody looks.
package enum Looks: Hashable, Sendable {
  /// Tests for a fixed sample: a pooled z for rates, Welch's for means, outer intervals for quantiles.
  case once
  /// The always-valid ones that gates use.
  case repeated
}
