@testable import RolloutOps

/// Answers as a Prometheus gives them, each for one query.
extension ScriptedHTTP.Stub {
  /// `[labels: value]` lines as `{"tenant":"a"} 5`.
  static func vector(_ query: String, _ series: [(labels: String, value: String)]) -> Self {
    let items = series.map { #"{"metric":\#($0.labels),"value":[1795255200.5,"\#($0.value)"]}"# }.joined(separator: ",")
    return said(query, #"{"status":"success","data":{"resultType":"vector","result":[\#(items)]}}"#)
  }

  static func number(_ query: String, _ value: String) -> Self { vector(query, [("{}", value)]) }

  static func said(_ query: String, _ body: String, _ status: Int = 200) -> Self {
    asked(query, .success(HTTPAnswer(status: status, body: Array(body.utf8))))
  }

  static func failed(_ query: String, _ reason: HTTPTrouble.Reason) -> Self {
    asked(query, .failure(HTTPTrouble("POST", "https://prom", reason)))
  }

  private static func asked(_ query: String, _ outcome: Result<HTTPAnswer, HTTPTrouble>) -> Self {
    let start = PercentCode.form([("query", query)]) + "&time="
    return Self(
      name: query,
      matches: {
        $0.method == .post && !$0.isWrite && $0.address.path.hasSuffix("/api/v1/query")
          && ScriptedHTTP.body($0).hasPrefix(start)
      }, outcome: outcome)
  }
}
