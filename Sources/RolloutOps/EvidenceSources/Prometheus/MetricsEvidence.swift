/// A metrics server as evidence about a stage: the triggers whose metrics are defined by queries.
///
/// Like trace logs it measures the canary since the stage began, or over the trigger's window, and the control in the
/// same time; where everybody has the canary, the control's time is the one before.
struct MetricsEvidence: EvidenceSource {
  private let plan: Plan
  private let server: Prometheus?
  private var question: StageQuestion?
  /// Why the server cannot be asked. What kept one answer away is not waited for again.
  private var fault: String?
  /// Requests that queries have counted, of the canary and of the control.
  private var counted: (canary: Int?, control: Int?) = (nil, nil)

  init(_ lines: [String], _ plan: Plan, in place: EvidencePlace) throws(SourceTrouble) {
    self.plan = plan
    var found: Prometheus?
    for line in lines {
      let address: WebAddress?
      do throws(WebAddress.Fault) {
        address = try Prometheus.address(line)
      } catch {
        throw SourceTrouble("a metrics server named under `Evidence:` cannot be asked: \(error.reason)")
      }
      guard let address else { continue }
      guard found == nil else {
        throw SourceTrouble("the note names several metrics servers, and nobody knows which one counts")
      }
      let token = place.context.surroundings.variables["PROMETHEUS_TOKEN"].flatMap { $0.isEmpty ? nil : Secret($0) }
      found = Prometheus(address, place.context.http, token: token, allowsPlain: place.allowsPlain)
    }
    server = found
  }

  var isNamed: Bool { server != nil }

  func measures(_ measure: Measure) -> Bool { measure.queries != nil }

  /// A query is sent when its trigger is judged.
  mutating func ask(_ question: StageQuestion, telling evidence: inout StageEvidence) { self.question = question }

  mutating func row(_ trigger: MeasuredTrigger) -> StageEvidence.Row {
    guard let server, let question, let queries = trigger.measure.queries else {
      return .init(
        trigger.trigger, .silent("no metrics server is named under `Evidence:`"), measure: trigger.measure)
    }
    if fault != nil {
      return .init(trigger.trigger, .silent("the metrics server gave no answer"), measure: trigger.measure)
    }
    do throws(QueryTrouble) {
      return try row(trigger, queries, question, server)
    } catch {
      if error.isOfServer { fault = error.sentence }
      return .init(trigger.trigger, .silent(error.sentence), measure: trigger.measure)
    }
  }

  mutating func row(band: MeasuredTrigger) -> StageEvidence.Row? { isNamed ? row(band).asBand : nil }

  private mutating func row(
    _ trigger: MeasuredTrigger, _ queries: Queries, _ question: StageQuestion, _ server: Prometheus
  ) throws(QueryTrouble) -> StageEvidence.Row {
    if let window = trigger.window, !queries.templates.allSatisfy(\.hasWindow) { throw .noWindow(window) }
    let label = trigger.segment.map { plan.fields[$0.attribute] ?? $0.attribute }
    let start = question.start(trigger.window)
    let canary = try server.read(
      queries, .init(version: question.canaryValue, from: start, to: question.now, segment: label), isNow: true)
    var control: [String: QueryFigure]?
    if trigger.comparesArms || trigger.trigger.isBand, let old = plan.controlVersion {
      let before = question.before
      control = try server.read(
        queries,
        .init(version: old.value, from: before ?? start, to: before == nil ? question.now : start, segment: label),
        isNow: before == nil)
    }
    if trigger.segment == nil, trigger.window == nil, let mine = canary[""] { count(mine, control?[""]) }
    do throws(Impossible) {
      return try QueryVerdicts(plan).row(trigger, queries, canary: canary, control: control)
    } catch {
      throw .impossible(error.why)
    }
  }

  private mutating func count(_ mine: QueryFigure, _ others: QueryFigure?) {
    if let count = mine.count { counted.canary = max(counted.canary ?? 0, count) }
    if let count = others?.count { counted.control = max(counted.control ?? 0, count) }
  }

  func close(_ triggers: [MeasuredTrigger], isAlone: Bool, telling evidence: inout StageEvidence) {
    if let fault { evidence.faults.append(fault) }
    guard isAlone else { return }
    evidence.canary.records = counted.canary ?? 0
    evidence.control = counted.control.map { StageEvidence.Arm(records: $0) }
    if fault == nil, counted.canary == nil {
      evidence.remarks.append("no query counts the requests: one such as ratio(`events`, `all`) would")
    }
  }
}
