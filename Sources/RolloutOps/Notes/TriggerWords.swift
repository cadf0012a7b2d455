/// The vocabulary of triggers: what the grammar takes for the same thing.
enum TriggerWords {
  static let up: Set<String> = [
    "up", "rises", "rise", "increases", "increase", "increased", "jumps", "jump", "grows", "grow", "spikes", "spike",
    "climbs", "climb",
  ]
  static let down: Set<String> = [
    "down", "drops", "drop", "dropped", "falls", "fall", "decreases", "decrease", "decreased", "declines", "decline",
  ]
  static let either: Set<String> = [
    "changes", "change", "moves", "move", "shifts", "shift", "differs", "differ", "deviates", "deviate", "drifts",
    "drift",
  ]
  static let above: Set<String> = ["above", "over", "exceeds", "exceed", "exceeding", "beyond", "past", ">"]
  static let below: Set<String> = ["below", "under", "beneath", "<"]
  /// With `than` behind them.
  static let more: Set<String> = ["more", "greater", "higher", "larger"]
  static let less: Set<String> = ["less", "lower", "fewer", "smaller"]
  static let inclusive: Set<String> = [">=", "<=", "≥", "≤"]

  /// Between a subject and its comparison: `is above`, `goes below`.
  static let fillers: Set<String> = [
    "is", "are", "was", "were", "goes", "go", "gets", "get", "stays", "has", "have", "a", "an", "the",
  ]
  static let leading: Set<String> = ["if", "when", "whenever", "the", "a", "an", "any", "should"]

  static let references: [String: Trigger.Reference] = [
    "control": .control, "baseline": .baseline(nil), "forecast": .forecast(nil), "normal": .normal, "usual": .normal,
    "previous": .previousStage,
  ]
  static let beforeReference: Set<String> = [
    "vs", "versus", "against", "from", "than", "of", "over", "to", "with", "compared", "relative", "on",
  ]
  static let afterReference: Set<String> = ["rate", "level", "levels", "value", "stage", "version"]

  static let seconds: [String: Double] = [
    "ms": 0.001, "millisecond": 0.001, "milliseconds": 0.001, "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "min": 60, "mins": 60, "minute": 60, "minutes": 60,
  ]
  static let spans: [String: TimeSpan] = [
    "second": TimeSpan(seconds: 1), "minute": .minutes(1), "min": .minutes(1), "hour": .hours(1), "hr": .hours(1),
    "h": .hours(1), "day": .days(1), "d": .days(1), "week": .days(7),
  ]
  static let adjectives: [String: TimeSpan] = ["hourly": .hours(1), "daily": .days(1), "weekly": .days(7)]
  static let currencies: Set<String> = ["$", "€", "£", "usd", "eur", "gbp", "dollars", "euros"]
  /// Nouns that a plain number may carry: `above 4,000 tokens`.
  static let counted: Set<String> = [
    "tokens", "requests", "tickets", "errors", "violations", "events", "calls", "failures", "complaints", "times",
  ]
  static let functions: Set<String> = [
    "median", "mean", "average", "avg", "rate", "count", "sum", "total", "max", "min", "maximum", "minimum",
  ]

  static func isFunction(_ word: String) -> Bool {
    functions.contains(word) || word.first == "p" && word.count > 1 && Double(word.dropFirst()).map { $0 < 100 } == true
  }

  /// Words that a misspelled comparison is held against.
  static let comparisons = (up.union(down).union(either).union(above).union(below)).filter { $0.count > 3 }.sorted()
}
