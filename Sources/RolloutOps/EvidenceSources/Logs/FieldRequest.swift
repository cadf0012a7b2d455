/// One thing to be read from every record: a field, by all the names it may have, as one kind of value.
package struct FieldRequest: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// A moment, in microseconds since 1970.
    case time
    /// A number. A text that is a number counts as one (`"12.5"`), a truth value as 1 or 0.
    case number
    /// Whether something happened. It did where the value is true, a number but 0, or a text that says something; it
    /// did not for false, 0, null, and the texts ``, `0`, `false`, `no`, `none`, `null`, `off`, `n` and `f`.
    case event
    /// A text, or the spelling of a number or truth value; an empty one is none.
    case text
  }

  package let kind: Kind
  /// In order of preference. A name with dots is a path into nested objects, or a name that has dots.
  package let names: [String]

  package init(_ kind: Kind, _ names: [String]) {
    (self.kind, self.names) = (kind, names)
  }
}

/// Where names of members and columns lead.
///
/// What stands in an object `attributes`, as tracing systems have it, is found by its own name too.
struct FieldMap: Sendable {
  struct Target: Sendable {
    let request: Int
    let kind: FieldRequest.Kind
    /// Of two names of one field the lower one counts.
    let rank: UInt8
  }

  static let envelope = "attributes"

  private(set) var targets: [String: [Target]] = [:]
  /// Names of objects in which something that is wanted may stand.
  private(set) var parents: Set<String> = []

  init(_ requests: [FieldRequest]) {
    for (index, request) in requests.enumerated() {
      let names = request.names.prefix(100)
      let wrapped = names.map { "\(Self.envelope).\($0)" }
      for (rank, name) in (names + wrapped).enumerated() {
        let known = targets[name, default: []]
        guard !known.contains(where: { $0.request == index }) else { continue }
        targets[name] = known + [Target(request: index, kind: request.kind, rank: UInt8(rank))]
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        // Nothing deeper is read.
        for count in 1..<min(max(parts.count, 1), JSONReader.deepest) {
          parents.insert(parts[..<count].joined(separator: "."))
        }
      }
    }
  }
}
