/// A signal that teams watch in AI rollouts, by the names they give it.
///
/// A trigger may speak of `parse failures` where the note's metric is called `parse errors`; both are found here.
package struct Signal: Hashable, Sendable {
  package let name: String
  package let synonyms: [String]
  /// How it is measured where the note does not say, from the fields that trace logs usually carry; nil where there is
  /// no usual field.
  package let usual: String?
  /// The direction in which it gets worse.
  package let worse: Trigger.Direction

  private init(_ name: String, _ synonyms: [String], usual: String?, worse: Trigger.Direction = .up) {
    (self.name, self.synonyms, self.usual, self.worse) = (name, synonyms, usual, worse)
  }

  package static let known: [Signal] = [
    Signal(
      "quality",
      [
        "quality score", "eval score", "eval suite score", "judge score", "pass rate", "quality metric", "score",
        "satisfaction",
      ],
      usual: "mean(quality)", worse: .down),
    Signal(
      "functional correctness", ["correctness", "accuracy", "factual accuracy", "groundedness"],
      usual: "mean(correctness)", worse: .down),
    Signal(
      "behavioural alignment",
      ["behavioral alignment", "alignment", "instruction following", "tone", "guardrail adherence"],
      usual: "mean(alignment)", worse: .down),
    Signal("latency", ["response time", "duration", "end-to-end latency", "performance"], usual: "p95(latency_ms)"),
    Signal(
      "cost", ["token cost", "spend", "token spend", "llm spend", "llm cost", "cost per request", "costs"],
      usual: "mean(cost_usd)"),
    Signal(
      "errors",
      ["error rate", "failures", "failure rate", "user-facing errors", "user-facing error rate", "hard errors"],
      usual: "rate(error)"),
    Signal(
      "parse errors",
      ["parse failures", "parsing errors", "parsing failures", "schema errors", "schema failures", "format errors"],
      usual: "rate(parse_error)"),
    Signal(
      "tool errors", ["tool failures", "tool call errors", "tool call failures"], usual: "rate(tool_error)"),
    Signal("refusals", ["refusal rate"], usual: "rate(refusal)"),
    Signal(
      "policy violations",
      ["content policy violations", "safety violations", "violations", "moderation flags", "safety"],
      usual: "count(policy_violation)"),
    Signal(
      "task success", ["success", "success rate", "task completion", "completion rate", "task success rate"],
      usual: "rate(task_success)", worse: .down),
    Signal("tokens", ["token usage", "token count", "tokens per request"], usual: "mean(tokens)"),
    Signal(
      "thumbs down", ["negative feedback", "thumbs down rate", "user dissatisfaction"], usual: "share(feedback = down)"),
    Signal(
      "regenerate", ["regenerations", "regenerate rate", "regeneration rate", "retries", "retry rate"],
      usual: "rate(regenerated)"),
    Signal("fallbacks", ["fallback rate"], usual: "rate(fallback)"),
    Signal("timeouts", ["timeout rate"], usual: "rate(timeout)"),
    Signal(
      "abandonment", ["abandonment rate", "abandoned conversations", "conversation abandonment"],
      usual: "rate(abandoned)"),
    Signal("conversation length", ["turns", "turns per conversation"], usual: "mean(turns)", worse: .either),
    Signal("click-through", ["click-through rate", "clickthrough", "ctr"], usual: "rate(clicked)", worse: .down),
    Signal(
      "requests", ["request count", "number of requests", "traffic", "throughput"], usual: "count(*)", worse: .either),
    Signal(
      "new error categories", ["new errors", "new error types", "new error kinds", "unknown errors"],
      usual: "new(error_type)"),
    Signal("support tickets", ["tickets", "complaints", "user complaints"], usual: nil),
    Signal(
      "abuse attempts",
      [
        "prompt injection", "prompt injections", "prompt injection attempts", "injection attempts", "abuse",
        "injections",
      ],
      usual: "rate(injection)"),
    Signal(
      "new injection shapes", ["new injections", "new abuse patterns", "new injection patterns"],
      usual: "new(injection_shape)"),
  ]

  /// The signal that goes by that name.
  package static func named(_ name: some StringProtocol) -> Signal? { byKey[key(name)] }

  /// What two spellings of one name share: no capitals, hyphens or plural endings, and a failure is an error.
  package static func key(_ name: some StringProtocol) -> String {
    name.lowercased().split { $0 == " " || $0 == "-" || $0 == "_" }.map { word in
      switch word {
      case "failure", "failures", "error", "errors": "error"
      default: word.hasSuffix("s") && !word.hasSuffix("ss") && word.count > 3 ? String(word.dropLast()) : String(word)
      }
    }.joined(separator: " ")
  }

  private static let byKey = Dictionary(
    known.flatMap { signal in ([signal.name] + signal.synonyms).map { (key($0), signal) } },
    uniquingKeysWith: { first, _ in first })
}
