/// How a store turns a flag off without a look before.
package enum KillSwitch: Sendable {
  /// It cannot: what it writes depends on what stands there.
  case none
  /// The platform's own switch. What users get then is the platform's answer for a flag that is off.
  case platform
  /// The flag is taken away, and a look finds none of its name. Applications use the default in their own code.
  case removal
}
