/// What hosted platforms ask of a flag, whichever they are.
extension Flag {
  /// On or off and nothing else: what every platform has.
  var isBoolean: Bool { variants.count == 2 && self["on"] == .bool(true) && self["off"] == .bool(false) }

  /// A split that lets nobody in is control for everyone, and is written so.
  var settled: Flag { FlagdFlag.normal(self) }
}
