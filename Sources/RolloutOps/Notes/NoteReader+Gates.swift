/// Gates: the metrics that are watched and the triggers on them.
extension NoteReader {
  mutating func readMetrics() {
    for entry in entries(.metrics) {
      for value in entry.value.map({ Self.parts($0) }) ?? [] { readMetric(value) }
      for item in entry.items { readMetric(item.text) }
    }
    nameMetrics()
  }

  /// `name: definition`; a colon inside backticks belongs to a query.
  private mutating func readMetric(_ text: Substring) {
    let limit = text.firstIndex(of: "`") ?? text.endIndex
    let colon = text[..<limit].firstIndex(of: ":")
    let name = (colon.map { text[..<$0] } ?? text).unwrapped.collapsed.drop { $0 == "*" }
    var definition = colon.map { text[text.index(after: $0)...].trimmed } ?? ""
    if text.hasPrefix("**"), definition.hasPrefix("**") { definition = definition.dropFirst(2).trimmed }
    guard !name.isEmpty else {
      return report(.badValue, "this metric has no name; write `name: definition`", at: text.startIndex)
    }
    let key = Signal.key(name)
    guard metricNames[key] == nil else {
      return report(.duplicateName, "a metric named \(name.quoted) is listed already", at: text.startIndex)
    }
    metricNames[key] = String(name)
    let says = definition.isEmpty || Self.saysNothing(definition, in: .metrics) ? nil : definition
    plan.metrics.append(Metric(name: String(name), definition: says.map { $0.collapsed }))
    guard let says, isGiven(.evidence) else { return }
    do {
      if says.contains("`") {
        if (try? MeasureText(says)) == nil { _ = try QueryText(says, metric: String(name)) }
        return
      }
      guard try MeasureText(says) == nil else { return }
      let usual = Signal.named(name)?.usual
      report(
        .proseMetric,
        usual.map {
          "\(says.quoted) cannot be computed, so `\($0)` is measured for `\(name)`; write that, or your own definition"
        }
          ?? "\(says.quoted) cannot be computed and `\(name)` has no usual field; write one such as `mean(field)`",
        at: says.startIndex)
    } catch {
      report(.badMetric, "this definition is not understood: \(error.reason)", at: error.at)
    }
  }

  /// The other names by which a metric of the note is found: the halves of `tool / parse errors`, and the known signal
  /// that it is.
  private mutating func nameMetrics() {
    for metric in plan.metrics {
      var names: [String] = []
      let halves = metric.name.split(separator: "/").map { Substring($0).collapsed }
      if halves.count > 1, let last = halves.last, let noun = last.split(separator: " ").last, noun.count < last.count {
        names += halves.dropLast().map { "\($0) \(noun)" } + [last]
      }
      if let signal = Signal.named(metric.name) { names.append(signal.name) }
      for name in names where metricNames[Signal.key(name)] == nil { metricNames[Signal.key(name)] = metric.name }
    }
  }

  mutating func readTriggers(_ field: NoteField.ID, _ action: Trigger.Action) {
    let names = metricNames
    let variants = Set(plan.variants.all.map(\.name))
    func resolve(_ text: String) -> String? {
      if let name = names[Signal.key(text)] { return name }
      guard let signal = Signal.named(text) else { return nil }
      return names[Signal.key(signal.name)] ?? (signal.usual == nil ? nil : signal.name)
    }
    for line in triggerLines(field) {
      let (read, fault) = TriggerText.read(line.unwrappedCode, resolve: resolve)
      for trigger in read { add(trigger, action: action, variants) }
      if let fault { report(fault.rule, fault.reason, at: fault.at) }
    }
  }

  /// The lines of a trigger field; an item that only heads a nested list is none.
  private func triggerLines(_ field: NoteField.ID) -> [Substring] {
    entries(field).flatMap { entry in
      var lines = entry.value.map { [$0] } ?? []
      for (at, item) in entry.items.enumerated() {
        let heads = at + 1 < entry.items.count && entry.items[at + 1].indent > item.indent && item.text.hasSuffix(":")
        if !heads { lines.append(item.text) }
      }
      return lines.filter { !Self.saysNothing($0, in: field) && $0.unwrapped.lowercased() != "none" }
    }
  }

  private mutating func add(_ trigger: TriggerText, action: Trigger.Action, _ variants: Set<String>) {
    var action = action
    if case .degrade = action {
      guard let target = trigger.target else {
        return report(
          .badTrigger, "a degrade trigger says which variant to use instead: add `-> fast` at the end",
          at: trigger.text.endIndex)
      }
      if !variants.contains(String(target)), !hasBrokenVariants {
        let near = Suggestion.nearest(to: String(target), among: isDrowned ? [] : plan.variants.all.map(\.name))
        let hint = near.map { "did you mean `\($0)`?" } ?? "add it to `Variants:`"
        report(.badTrigger, "the flag has no variant \(target.quoted); \(hint)", at: target.startIndex)
      }
      action = .degrade(to: String(target))
    } else if let target = trigger.target {
      report(
        .badTrigger, "only a degrade trigger switches to a variant; remove the arrow, or move the line",
        at: target.startIndex)
    }
    if !trigger.isMeasured { reportUnmeasured(trigger) }
    if plan.evaluationFiles == nil, isGiven(.evidence) { reportNoFigure(trigger) }
    plan.triggers.append(Trigger(action: action, condition: trigger.condition, text: trigger.text.collapsed))
  }

  private mutating func reportNoFigure(_ trigger: TriggerText) {
    let what: String
    switch trigger.condition.against {
    case .forecast(nil): what = "forecast"
    case .baseline(nil) where plan.controlVersion == nil: what = "baseline"
    default: return
    }
    report(
      .evaluation,
      "the note gives no figure for the \(what), so a person has to look; write `\(what) 0.86`, or name a file of cases "
        + "such as `Evaluation: eval/*.ndjson`", at: trigger.signal)
  }

  private mutating func reportUnmeasured(_ trigger: TriggerText) {
    let names = isDrowned ? [] : plan.metrics.map(\.name) + Signal.known.filter { $0.usual != nil }.map(\.name)
    let signal = trigger.condition.signal
    let near = Suggestion.nearest(to: signal, among: names, prefixes: false)
    let hint =
      near.map { "did you mean `\($0)`?" } ?? "add it under `Metrics to watch:`, such as `- \(signal): rate(field)`"
    // Evidence by eye: a person may well see what no machine measures.
    report(
      .unmeasuredTrigger,
      "nothing measures \(signal.quoted), so this trigger would hold forever and never fire; \(hint)",
      at: trigger.signal, as: isGiven(.evidence) ? .error : .warning)
  }
}
