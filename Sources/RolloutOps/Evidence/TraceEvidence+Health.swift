/// What is wrong with logs as a whole, in the words that every look at them shares.
extension TraceEvidence {
  /// More than this share of broken lines and the rest speaks for nobody.
  private static let mostBroken = 0.01

  /// How many lines were broken, with the first of them; nil where so few are that the rest may speak.
  static func tooManyBroken(_ logs: [Log], _ what: String = "lines") -> String? {
    let (broken, lines) = logs.reduce((0, 0)) { ($0.0 + $1.broken, $0.1 + $1.lines) }
    guard Double(broken) > mostBroken * Double(lines) else { return nil }
    let first = logs.first { !$0.faults.isEmpty }
    let place = first.flatMap { log in log.faults.first.map { ": \(log.path):\($0.line): \($0.reason)" } } ?? ""
    return "\(broken) of \(lines) \(what) are broken\(place)"
  }

  package var tooManyBroken: String? { Self.tooManyBroken(logs) }

  var brokenLeftOut: String? {
    broken > 0 ? "\(broken) broken line\(broken == 1 ? "" : "s") left out" : nil
  }

  var thinned: String? { thinning > 1 ? "quantiles are from one value in \(thinning)" : nil }

  /// ` (others: v6 120, v5 3)`: what the label has instead of what was looked for; empty where it has nothing.
  var othersInBrackets: String {
    let seen = otherLabels.prefix(3).map { "\($0.value) \($0.records)" }.joined(separator: ", ")
    return seen.isEmpty ? "" : " (others: \(seen))"
  }

  // MARK: For whoever looks at logs alone

  /// `3 of 1,200 records`
  func amount(_ count: Int) -> String { "\(Figures.grouped(count)) of \(Figures.grouped(records)) records" }

  /// `v6 (1,200), v5 (3)`; empty where the label has no other value.
  var othersCounted: String {
    otherLabels.prefix(5).map { "\($0.value) (\(Figures.grouped($0.records)))" }.joined(separator: ", ")
  }

  /// Records that no version can have, and records whose time nobody can read.
  func unusable(_ label: String) -> [String] {
    var remarks: [String] = []
    if withoutLabel > 0 { remarks.append("\(amount(withoutLabel)) carry no \(label)") }
    if withOtherLabels > 0 {
      remarks.append("\(amount(withOtherLabels)) are of another \(label): \(othersCounted)")
    }
    if withoutTime > 0 { remarks.append("\(amount(withoutTime)) carry no time that can be read") }
    return remarks
  }

  func unitless(_ unit: String) -> String? {
    withoutUnit > 0 ? "\(Figures.grouped(withoutUnit)) records carry no \(unit); each counts for itself" : nil
  }
}

extension TraceEvidence.Log {
  /// What is wrong with it, in words.
  func remarks(from folder: String) -> [String] {
    let name = path == "-" ? "standard input" : Path.shortened(path, from: folder)
    var remarks: [String] = []
    if let fault = faults.first {
      let place = fault.line > 0 ? ":\(fault.line)" : ""
      let count = broken > 1 ? " (\(Figures.grouped(broken)) of \(Figures.grouped(lines)) lines)" : ""
      remarks.append("\(name)\(place): broken\(count): \(fault.reason)")
    }
    if isUnfinished { remarks.append("\(name): its last line is not whole yet, and was left out") }
    return remarks
  }
}
