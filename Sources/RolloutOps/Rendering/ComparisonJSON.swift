/// A comparison for scripts.
extension ComparisonReport {
  package var json: JSON {
    var members: [(String, JSON)] = [
      ("by", .string(label)), ("control", .string(control)),
      ("canary", canaries.count == 1 ? .string(canaries[0]) : .strings(canaries)),
      ("unit", .text(unit)), ("sequential", .bool(looks == .repeated)),
      ("from", .text(first.map(calendar.iso))), ("to", .text(last.map(calendar.iso))),
      ("metrics", .array(rows.map(\.json))), ("tests", .number(tests)), ("sample_ratio", ratio.json),
    ]
    if let segmentField {
      members += [
        ("segment", .string(segmentField)),
        (
          "segments",
          .array(
            segments.map {
              [
                "value": .string($0.value), "records": .number($0.records), "metrics": .array($0.rows.map(\.json)),
              ]
            })
        ),
        ("segment_tests", .number(segmentTests)), ("small_segments", .number(smallSegments)),
        ("worse_segments", .strings(worseSegments.map(\.segment.value))),
      ]
    }
    members += [
      ("remarks", .strings(remarks)), ("reasons", .strings(reasons)), ("exit", .number(Int(status.rawValue))),
    ]
    return .object(members.map(JSON.Member.init))
  }
}

extension ComparisonReport.Row {
  var json: JSON {
    [
      "name": .string(metric.name), "version": .string(canary), "canary": comparison.canary.json,
      "control": comparison.control.json, "difference": .measured(comparison.difference),
      "relative": .measured(comparison.relative), "interval": .ends(comparison.interval),
      "relative_interval": .ends(comparison.relativeInterval), "p_value": .measured(comparison.pValue),
      "p_adjusted": .measured(adjusted), "design_effect": .number(comparison.designEffect),
      "outcome": .text(outcome?.rawValue), "reason": .text(comparison.gap?.sentence),
    ]
  }
}

extension ComparisonReport.SampleRatio {
  var json: JSON {
    [
      "arms": .array(
        arms.enumerated().map { index, arm in
          [
            "version": .string(arm.version), "records": .number(arm.records),
            "units": arm.units.map { .number($0) } ?? .null, "expected": .measured(shares?[index]),
          ]
        }),
      "counts": .string(countsUnits ? "units" : "records"), "statistic": .measured(statistic),
      "p_value": .measured(pValue),
    ]
  }
}

extension Finding.Arm {
  fileprivate var json: JSON {
    [
      "n": .number(count), "value": .measured(value), "units": units.map { .number($0) } ?? .null,
      "missing": .number(missing),
    ]
  }
}

extension JSON {
  fileprivate static func measured(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }

  fileprivate static func ends(_ interval: Interval?) -> JSON {
    interval.map { [.number($0.lower), .number($0.upper)] } ?? .null
  }
}

extension Comparison.Gap {
  /// Behind the metric's name.
  package var sentence: String {
    switch self {
    case .noCanary: "the canary has no value"
    case .noControl: "the control has no value"
    case .tooFewValues: "too few values to tell how sure that is"
    case .noSpread: "nothing varies, so nothing tells how sure that is"
    case .singleUnit: "one unit alone shows how that unit fares, not the version"
    }
  }
}
