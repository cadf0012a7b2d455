import Glibc

// Functions that came to glibc after 2.34, under their own names. Swift's static libraries ask for them, and a program that
// takes them from glibc does not start on RHEL 9 or Ubuntu 22.04. A static release binds these instead; other builds have
// Swift's libraries beside them, which go on asking glibc. Nothing of ours calls them by these names.

/// glibc 2.36; Swift's hashing is seeded by it.
@_cdecl("arc4random") func arc4randomOfAnyGlibc() -> UInt32 {
  var number: UInt32 = 0
  // It does not fail on any Linux since 3.17; where a sandbox forbids it, what is there must do.
  guard withUnsafeMutableBytes(of: &number, { getentropy($0.baseAddress, 4) }) == 0 else {
    return UInt32(truncatingIfNeeded: clock() ^ Int(getpid()))
  }
  return number
}

/// glibc 2.35, in an older version of the symbol before.
@_cdecl("hypot") func hypotOfAnyGlibc(_ x: Double, _ y: Double) -> Double {
  if x.isInfinite || y.isInfinite { return .infinity }
  let (large, small) = (max(x.magnitude, y.magnitude), min(x.magnitude, y.magnitude))
  guard large > 0 else { return large + small }
  let ratio = small / large
  return large * (1 + ratio * ratio).squareRoot()
}

@_cdecl("hypotf") func hypotfOfAnyGlibc(_ x: Float, _ y: Float) -> Float {
  Float(hypotOfAnyGlibc(Double(x), Double(y)))
}

/// glibc 2.35: where the unwinder finds out about the code at an address. What a newer glibc has is asked; an older one
/// leaves a program that unwinds without an answer, and this one never does.
@_cdecl("_dl_find_object") func findObjectOfAnyGlibc(
  _ address: UnsafeMutableRawPointer?, _ result: UnsafeMutableRawPointer?
) -> Int32 {
  typealias Call = @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Int32
  guard let symbol = dlsym(nil, "_dl_find_object") else { return -1 }
  return unsafeBitCast(symbol, to: Call.self)(address, result)
}
