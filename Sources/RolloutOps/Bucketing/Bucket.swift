/// Where a unit falls in the one stable order by which a flag's shares grow.
///
/// Readers of flag files have changed the hash twice; the version is a setting of the rollout, since an upgrade of the
/// readers deals every unit anew.
package struct Bucket: Hashable, Sendable {
  /// What all weights of one `fractional` add up to. It never changes: with v2 and v3 a growing share keeps those it
  /// has only while the sum stays.
  package static let total = 100_000

  package let version: FlagHash
  private let hash: UInt32

  /// The bucket of a unit under this flag: hashed is the key, a colon and the unit.
  package init(flag: FlagKey, unit: String, version: FlagHash) {
    self.init(hashing: Self.salt(flag) + unit, version: version)
  }

  init(hashing text: String, version: FlagHash) {
    self.version = version
    switch version {
    case .v1, .v2: hash = Murmur3.hash(Array(text.utf8))
    case .v3: hash = Murmur3.hash(Self.cbor(text))
    }
  }

  /// The bare unit would give two flags the same 5%.
  package static func salt(_ flag: FlagKey) -> String { "\(flag.text):" }

  /// The weight that stands for a share, if a whole one does.
  package static func weight(of share: Percentage) -> Int? {
    share.micro % unitShare == 0 && share <= .whole ? share.micro / unitShare : nil
  }

  /// The nearest share with a whole weight that is neither nothing nor everything.
  package static func nearest(to share: Percentage) -> Percentage {
    let weight = (share.micro + unitShare / 2) / unitShare
    return Percentage(micro: min(max(weight, 1), total - 1) * unitShare)
  }

  private static let unitShare = Percentage.whole.micro / total

  /// Whether the unit is among the first `share`. Every version is calculated as its readers do, rounding included.
  package func isWithin(_ share: Percentage) -> Bool {
    guard !share.isWhole else { return true }
    let weight = share.micro / Self.unitShare
    return isBelow(weight, of: Self.total)
  }

  /// Whether the bucket lies below the first `weight` of `total`.
  func isBelow(_ weight: Int, of total: Int) -> Bool {
    switch version {
    case .v1: ratio * 100 < Double(weight * 100) / Double(total)
    case .v2, .v3: (UInt64(hash) * UInt64(total)) >> 32 < UInt64(weight)
    }
  }

  /// The place in the order: from 0, which every share includes, up to 1.
  package var position: Double {
    switch version {
    case .v1: ratio
    case .v2, .v3: Double(hash) / 4_294_967_296
    }
  }

  /// The oldest readers take the hash as signed and drop the sign.
  private var ratio: Double { Double(Int32(bitPattern: hash).magnitude) / Double(Int32.max) }

  /// The text as a CBOR text string in its shortest form (RFC 8949, major type 3).
  static func cbor(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    let head: [UInt8] =
      switch bytes.count {
      case ..<24: [0x60 | UInt8(bytes.count)]
      case ..<0x100: [0x78, UInt8(bytes.count)]
      case ..<0x1_0000: [0x79, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)]
      default: [0x7A] + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bytes.count >> $0) }
      }
    return head + bytes
  }
}
