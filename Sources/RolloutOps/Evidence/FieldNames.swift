/// The names by which trace logs usually carry what gates ask for, ours first, then the common ones, then those of
/// OpenTelemetry's conventions for generative AI. A name that is not here is looked for as it is.
package struct FieldNames: Hashable, Sendable {
  package struct Row: Sendable {
    package let name: String
    package let aliases: [String]
    package let summary: String

    fileprivate init(_ name: String, _ aliases: [String], _ summary: String) {
      (self.name, self.aliases, self.summary) = (name, aliases, summary)
    }
  }

  package static let table: [Row] = [
    Row(
      "ts",
      [
        "timestamp", "time", "@timestamp", "datetime", "created_at", "start_time", "startTime", "startTimeUnixNano",
        "start_time_unix_nano", "timeUnixNano",
      ], "when the request came"),
    Row("trace_id", ["traceId", "request_id", "requestId", "id"], "which request it is"),
    Row("model_version", ["model", "gen_ai.request.model"], "the model that was asked for"),
    Row("served_model", ["response_model", "gen_ai.response.model"], "the model that answered"),
    Row("prompt_version", ["gen_ai.prompt.version", "prompt.version"], "the prompt's version"),
    Row("retrieval_version", ["index_version"], "the version of what is retrieved from"),
    Row("policy_version", ["guardrail_version"], "the version of the policy or guardrails"),
    Row("tool_version", ["gen_ai.tool.version"], "the version of the tools"),
    Row("tenant", ["tenant_id", "tenant.id", "customer", "account", "organization", "org"], "the customer"),
    Row("user", ["user_id", "userId", "user.id", "enduser.id"], "the person"),
    Row(
      "session", ["session_id", "session.id", "conversation_id", "gen_ai.conversation.id"], "the conversation"),
    Row("latency_ms", ["duration_ms", "latency", "elapsed_ms", "response_time_ms"], "milliseconds until the answer"),
    Row("cost_usd", ["cost", "total_cost", "usage.cost", "gen_ai.usage.cost"], "what the request cost"),
    Row(
      "tokens_in",
      [
        "input_tokens", "prompt_tokens", "usage.input_tokens", "usage.prompt_tokens", "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
      ], "tokens of the question"),
    Row(
      "tokens_out",
      [
        "output_tokens", "completion_tokens", "usage.output_tokens", "usage.completion_tokens",
        "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
      ], "tokens of the answer"),
    Row("tokens", ["total_tokens", "usage.total_tokens", "gen_ai.usage.total_tokens"], "tokens of both"),
    Row("error", ["error.type", "exception.type", "is_error"], "whether it failed, or how"),
    Row("parse_error", ["schema_error", "format_error"], "whether the answer could not be parsed"),
    Row("tool_error", ["tool_call_error"], "whether a tool failed"),
    Row("refusal", ["refused"], "whether the model refused"),
    Row("policy_violation", ["safety_violation", "moderation_flagged", "flagged"], "whether a policy was violated"),
    Row("timeout", ["timed_out"], "whether it took too long"),
    Row("fallback", ["used_fallback"], "whether the fallback answered"),
    Row("task_success", ["task_completed", "success", "resolved"], "whether the task was done"),
    Row(
      "quality", ["quality_score", "score", "judge_score", "eval_score", "gen_ai.evaluation.score.value"], "its score"),
    Row("correctness", ["functional_correctness", "accuracy", "groundedness"], "whether the answer is right"),
    Row(
      "alignment", ["behavioral_alignment", "behavioural_alignment", "instruction_following"], "whether it followed"),
    Row("feedback", ["user_feedback", "thumbs", "rating"], "what the person said of it"),
    Row("regenerated", ["regenerate", "retried"], "whether the person asked again"),
    Row("abandoned", ["abandonment"], "whether the person left"),
    Row("turns", ["turn_count", "conversation_length", "message_count"], "how long the conversation was"),
    Row("clicked", ["click", "click_through"], "whether the person followed it"),
    Row(
      "set", ["case_set", "case_type", "case_kind", "subset"],
      "in an evaluation, the kind of case: representative, known-bad or format-sensitive"),
    Row("category", ["topic", "intent"], "what kind of request it is"),
    Row("error_type", ["error_category", "error.type", "error_code", "exception.type"], "what kind of error it was"),
    Row("injection", ["prompt_injection", "injection_attempt"], "whether it tried to inject a prompt"),
    Row("injection_shape", ["injection_type", "attack_pattern"], "how it tried to"),
  ]

  /// The note's own names, by ours.
  package let overrides: [String: String]

  package init(overrides: [String: String] = [:]) { self.overrides = overrides }

  /// Every name that a field may have, the preferred one first. The note's name is the only one then.
  package func names(of field: String) -> [String] {
    if let override = overrides[field] { return [override] }
    return [field] + (Self.byName[field]?.aliases ?? [])
  }

  private static let byName = Dictionary(table.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
}
