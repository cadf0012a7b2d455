/// Something that a monitoring system has noticed, as it tells others: Alertmanager's webhook (version 4) and PagerDuty's
/// (version 3).
package struct Alert: Hashable, Sendable {
  /// The same for every time that this one alert is told of.
  package let id: String
  package let name: String
  package let state: State
  package let labels: [String: String]
  /// A sentence for people.
  package let summary: String?

  package enum State: Hashable, Sendable {
    case firing
    /// Nothing to kill; the text says why, as `is over`.
    case quiet(String)
    /// It says neither; the text is what was read. Whoever takes this for over lets a canary go on that somebody may have
    /// raised the alarm about.
    case unreadable(String)
  }

  package struct Fault: Error, Hashable, Sendable {
    package let reason: String
  }

  /// Every alert of an event. One that cannot be read hides none of the others; where none can, the event is none.
  package static func all(in event: JSON) throws(Fault) -> [Alert] {
    if let alerts = event["alerts"]?.items {
      let found = alerts.map { alertmanager($0, in: event) }
      if !found.isEmpty, found.allSatisfy({ $0.isEmpty }) {
        throw Fault(reason: "its alerts have neither a status nor labels")
      }
      return found
    }
    if let single = event["event"], single["data"]?.members != nil { return [try pagerDuty(single)] }
    throw Fault(
      reason: "it is no event of Alertmanager (an object with \"alerts\") or of PagerDuty (an object with \"event\")")
  }

  /// Neither a status nor a label: nothing that a monitoring system would send.
  private var isEmpty: Bool { if case .unreadable = state { labels.isEmpty } else { false } }

  // https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
  private static func alertmanager(_ alert: JSON, in event: JSON) -> Alert {
    var labels: [String: String] = [:]
    for source in [event["commonLabels"], alert["labels"]] {
      for member in source?.members ?? [] { labels[member.name] = member.value.text }
    }
    let annotations = alert["annotations"]
    // An alert that fires again after it was resolved has another start.
    let fingerprint = alert["fingerprint"]?.text ?? SHA256.hex(labels.sorted { $0.key < $1.key }.description)
    return Alert(
      id: "\(fingerprint.prefix(64)) since \(alert["startsAt"]?.text ?? "an unknown time")",
      name: labels["alertname"] ?? "an alert without a name", state: state(alert["status"] ?? event["status"]),
      labels: labels, summary: (annotations?["summary"] ?? annotations?["description"])?.text)
  }

  /// The two words of Alertmanager, and of those that speak as it does.
  private static func state(_ status: JSON?) -> State {
    switch status {
    case "firing"?: .firing
    case "resolved"?: .quiet("is over")
    case let other?: .unreadable("its status \(other.written(.compact)) is neither firing nor resolved")
    case nil: .unreadable("it has no status")
    }
  }

  // https://developer.pagerduty.com/docs/webhooks-overview
  private static func pagerDuty(_ event: JSON) throws(Fault) -> Alert {
    guard let kind = event["event_type"]?.text, let data = event["data"], let id = data["id"]?.text else {
      throw Fault(reason: "it looks like an event of PagerDuty, and has no \"event_type\" or no incident")
    }
    var labels: [String: String] = [:]
    for (name, value) in [
      ("title", data["title"]), ("service", data["service"]?["summary"]), ("urgency", data["urgency"]),
      ("priority", data["priority"]?["summary"]), ("incident_key", data["incident_key"]),
    ] {
      labels[name] = value?.text
    }
    return Alert(
      id: "PagerDuty \(id)", name: data["title"]?.text ?? "an incident without a title", state: state(kind),
      labels: labels, summary: data["html_url"]?.text)
  }

  /// What happens to an incident either starts it, or raises it; or it is said of one that is known already.
  private static func state(_ kind: String) -> State {
    let starts = ["triggered", "reopened", "escalated", "priority_updated"]
    let others = [
      "acknowledged", "unacknowledged", "reassigned", "delegated", "annotated", "responder.added", "responder.replied",
      "status_update_published", "conference_bridge.updated", "custom_field_values.updated", "incident_type.changed",
      "role.assigned", "role.unassigned", "service_updated", "workflow.started", "workflow.completed",
    ]
    let isIncident = kind.hasPrefix("incident.")
    let what = isIncident ? String(kind.dropFirst("incident.".count)) : kind
    if isIncident, starts.contains(what) { return .firing }
    if kind == "incident.resolved" { return .quiet("is over") }
    // A trial of the webhook, and changes of the service's own settings.
    if isIncident && others.contains(what) || kind == "pagey.ping" || kind.hasPrefix("service.") {
      return .quiet("starts nothing (\(kind))")
    }
    return .unreadable("its event_type \(JSON.string(kind).written(.compact)) is none that this version knows")
  }
}

/// Which flags an alert kills: those of every route whose conditions its labels meet.
package struct AlertRoute: Hashable, Sendable {
  package struct LabelMatch: Hashable, Sendable {
    package let label: String
    /// Nil for any value, as long as there is one.
    package let value: String?

    package init(_ label: String, _ value: String?) { (self.label, self.value) = (label, value) }
  }

  package let conditions: [LabelMatch]
  /// Keys of flags; `$name` stands for the value of that label.
  package let kills: [String]

  package init(when conditions: [LabelMatch], kill kills: [String]) {
    (self.conditions, self.kills) = (conditions, kills)
  }

  /// The flags that this alert kills by this route.
  package func flags(for alert: Alert) -> [String] {
    let isMeant = conditions.allSatisfy { condition in
      alert.labels[condition.label].map { condition.value == nil || condition.value == $0 } ?? false
    }
    guard isMeant else { return [] }
    return kills.compactMap { key in key.hasPrefix("$") ? alert.labels[String(key.dropFirst())] : key }
      .filter { !$0.isEmpty }
  }
}
