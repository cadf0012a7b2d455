/// A question made ready: which columns to read, and where each part of the question finds its own.
struct TracePlan: Sendable {
  struct Measurement: Sendable {
    let column: Int
    let kind: Sample.Kind
    /// For `share(field = value)`.
    var value: String?
    /// Which field of the scores' own file it is; the column then says whose score it is.
    var joined: Int?
  }

  let question: TraceQuestion
  private(set) var requests: [FieldRequest] = []
  /// The question's name for each column.
  private(set) var columnNames: [String] = []
  let arms: [String: Int]
  private(set) var label = 0
  private(set) var time = 0
  private(set) var unit: Int?
  private(set) var segments: [Int] = []
  private(set) var measures: [Measurement] = []
  private(set) var filter: FilterPlan?

  init(_ question: TraceQuestion) {
    self.question = question
    arms = Dictionary(
      question.arms.enumerated().flatMap { index, arm in arm.values.map { ($0, index) } },
      uniquingKeysWith: { first, _ in first })
    label = column(.text, question.label)
    time = column(.time, "ts")
    unit = question.unit.map { column(.text, $0) }
    segments = question.segments.map { column(.text, $0) }
    measures = question.measures.map { measure in
      switch measure {
      case .rate(let field) where question.scores?.fields.contains(field) != true:
        Measurement(column: column(.event, field), kind: .rate)
      case .share(let value, let field): Measurement(column: column(.text, field), kind: .rate, value: value)
      case .rate(let field), .mean(let field), .quantile(let field):
        if let joined = question.scores?.fields.firstIndex(of: field) {
          Measurement(column: column(.text, "trace_id"), kind: measure.kind, joined: joined)
        } else {
          Measurement(column: column(.number, field), kind: measure.kind)
        }
      }
    }
    filter = question.filter.map { FilterPlan($0) { column(.text, $0) } }
  }

  private mutating func column(_ kind: FieldRequest.Kind, _ field: String) -> Int {
    let request = FieldRequest(kind, question.names.names(of: field))
    if let known = requests.firstIndex(of: request) { return known }
    requests.append(request)
    columnNames.append(field)
    return requests.count - 1
  }
}

/// A selector over columns of text.
struct FilterPlan: Sendable {
  private indirect enum Step: Sendable {
    case leaf(Int)
    case not(Step)
    case all([Step])
  }

  struct Leaf: Sendable {
    let column: Int
    let values: [AttributeValue]

    func accepts(_ text: String, isBare: Bool) -> Bool {
      values.contains { value in
        if value.text == text { return !(value.quoted && isBare) }
        // `5` means `5.0` too, where the log has a number.
        guard isBare, !value.quoted, let number = Double(value.text) else { return false }
        return number == Double(text)
      }
    }
  }

  private(set) var leaves: [Leaf] = []
  private var root = Step.all([])

  init(_ selector: Selector, column: (String) -> Int) { root = step(selector, column) }

  private mutating func step(_ selector: Selector, _ column: (String) -> Int) -> Step {
    switch selector {
    case .equals(let attribute, let value): return leaf(column(attribute), [value])
    case .oneOf(let attribute, let values): return leaf(column(attribute), values)
    case .not(let inner): return .not(step(inner, column))
    case .all(let parts): return .all(parts.map { step($0, column) })
    }
  }

  private mutating func leaf(_ column: Int, _ values: [AttributeValue]) -> Step {
    leaves.append(Leaf(column: column, values: values))
    return .leaf(leaves.count - 1)
  }

  func accepts(_ leaf: (Int) -> Bool) -> Bool { Self.accepts(root, leaf) }

  private static func accepts(_ step: Step, _ leaf: (Int) -> Bool) -> Bool {
    switch step {
    case .leaf(let index): leaf(index)
    case .not(let inner): !accepts(inner, leaf)
    case .all(let parts): parts.allSatisfy { accepts($0, leaf) }
    }
  }
}
