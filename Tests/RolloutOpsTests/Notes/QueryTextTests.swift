import Testing

@testable import RolloutOps

/// Definitions by queries, and what is filled into them.
@Suite struct QueryTextTests {
  private func filled(_ query: String, _ version: String = "v7", segment: String? = nil) throws -> String {
    try QueryTemplate(query).filled(.init(version: version, window: .hours(1), segment: segment))
  }

  @Test func placesAreFilledIn() throws {
    #expect(
      try filled(#"sum by ($segment) (increase(e{v="$version"}[$window]))"#, segment: "tenant")
        == #"sum by (tenant) (increase(e{v="v7"}[3600s]))"#)
    // Split by a label that nothing has, the answer is one.
    #expect(try filled(#"sum by (le, $segment) (x{v="$version"})"#) == #"sum by (le, rolloutctl_whole) (x{v="v7"})"#)
    #expect(try filled(#"x{v="$version",path=~"/a.*$"}"#) == #"x{v="v7",path=~"/a.*$"}"#)
  }

  @Test(arguments: [
    (#"x{v="$version"}"#, "a\"} or vector(0) #", #"x{v="a\"} or vector(0) #"}"#),
    (#"x{v="$version"}"#, #"a\"#, #"x{v="a\\"}"#), ("x{v='$version'}", "it's \"it\"", #"x{v='it\'s "it"'}"#),
    (#"x{v="$version"}"#, "a\nb\u{1}", #"x{v="a\nb\x01"}"#),
    (#"x{v=~"$version"}"#, "v1.2|.*", #"x{v=~"v1\\.2\\|\\.\\*"}"#),
    (#"x{v !~ "$version"}"#, "v1.2", #"x{v !~ "v1\\.2"}"#),
    (#"x{a="\"",v="$version"}"#, "v=\"7", #"x{a="\"",v="v=\"7"}"#),
    (#"x{v="$version"}"#, "$window", #"x{v="$window"}"#), (#"x{v="$version"}"#, "ü😀", #"x{v="ü😀"}"#),
  ])
  func aVersionStaysInItsString(query: String, version: String, expected: String) throws {
    #expect(try filled(query, version) == expected)
  }

  @Test(arguments: [
    "x", "x{v=$version}", #"x{v="$version"#, #"x{v="$version"}[$windw]"#, #"x{v="$version"}["$window"]"#,
    #"x{v="$version",t="$segment"}"#, #"x{v="${version}"}"#, #"x{v="$version"} # why"#, #"rate(x[$__interval])"#,
  ])
  func whatCannotMeanWhatItSaysIsRefused(query: String) {
    #expect(throws: QueryTemplate.Fault.self) { try QueryTemplate(query) }
  }

  @Test(arguments: [
    (#"ratio(`e{v="$version"}`, `a{v="$version"}`)"#, "ratio(`e{v=\"$version\"}`, `a{v=\"$version\"}`)"),
    (#"Mean( `s{v="$version"}` ,`c{v="$version"}` )"#, "mean(`s{v=\"$version\"}`, `c{v=\"$version\"}`)"),
    (#"quantile(0.95, `b{v="$version"}`)"#, "quantile(0.95, `b{v=\"$version\"}`)"),
    (#"p99(`b{v="$version"}`)"#, "quantile(0.99, `b{v=\"$version\"}`)"),
    (#"`x{v="$version"}`"#, "`x{v=\"$version\"}`"),
    (#"`sum(x{v="$version"}) / 2`"#, "`sum(x{v=\"$version\"}) / 2`"),
    // What reads as a function of a field is one, with or without backticks around it.
    ("`mean(quality)`", "mean(quality)"), ("`p95(latency_ms)`", "p95(latency_ms)"),
    ("rate(parse_error)", "rate(parse_error)"),
  ])
  func aDefinitionIsRead(definition: String, measure: String) {
    #expect(Metric(name: "m", definition: definition).measure?.description == measure)
  }

  @Test(arguments: [
    "ratio(`a`)", "`x`", "see `dashboard`", "ratio(`a{v=\"$version\"}`, `b`)", "sum(`a{v=\"$version\"}`)",
  ])
  func whatIsNotUnderstoodIsNotLookedForInLogs(definition: String) {
    #expect(Metric(name: "quality", definition: definition).measure == nil)
  }

  @Test func checkPointsAtTheFault() {
    expectProblems(
      NoteFixtures.quiet("Metrics to watch", nil)
        + """

        Evidence: prometheus+https://prom.example:9090
        Metrics to watch:
        - parse failures: ratio(`e{v="$version"}`, `a{v=⟦bad-metric⟧$version}`)
        - quality: ⟦bad-metric⟧summ(`e{v="$version"}`)
        - cost: `⟦bad-metric⟧sum(cost_usd_total[5m])`
        """ + "\n")
  }

  @Test(arguments: [
    (#"quantile(0.95, `sum by (le) (rate(request_duration_seconds_bucket{v="$version"}[5m]))`)"#, 1.0),
    (#"mean(`latency_ms_sum{v="$version"}`, `latency_ms_count{v="$version"}`)"#, 1000), (#"`x{v="$version"}`"#, nil),
  ])
  func theUnitIsInTheName(definition: String, second: Double?) {
    #expect(Metric(name: "latency", definition: definition).measure?.second == second)
  }
}
