/// What an answer tells of caches between us and the server that keeps the document (RFC 9111, RFC 9211).
struct CacheSigns: Hashable, Sendable {
  /// A cache gave what it had kept, and asked nobody.
  let isKept: Bool
  /// A cache stands between, whoever answered this time.
  let isBetween: Bool
  /// What says that something stands between, cache or not, with its name; nil where nothing does.
  let between: String?
  /// How long caches may serve what they were given, as the origin says; nil where it does not say.
  let lifetime: TimeSpan?

  init(_ answer: HTTPAnswer) {
    let told = Self.statusNames.compactMap { answer[$0]?.lowercased() }
    // Varnish names two requests where the answer is that of an earlier one.
    let numbers = answer["x-varnish"].map { $0.split(separator: " ").count }
    let age = answer["age"].flatMap { Int($0) }
    isKept = age ?? 0 > 0 || numbers ?? 0 > 1 || told.contains(where: Self.isHit)
    isBetween = isKept || age != nil || numbers != nil || !told.isEmpty
    between = (["age", "via", "x-varnish"] + Self.statusNames).first { answer[$0] != nil }.map { name in
      "\(Self.spelled(name)): \(Terminal.plain(String(answer[name]?.prefix(40) ?? "")))"
    }
    lifetime = Self.lifetime(answer)
  }

  /// As it usually stands in an answer.
  private static func spelled(_ name: String) -> String {
    name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: "-")
  }

  private static let statusNames = [
    "cache-status", "x-cache", "x-cache-status", "x-proxy-cache", "cf-cache-status", "x-cache-lookup",
  ]

  private static func isHit(_ status: String) -> Bool {
    status.split { " ;,=\"".contains($0) }.contains { $0 == "hit" || $0 == "stale" || $0.hasSuffix("_hit") }
  }

  private static func lifetime(_ answer: HTTPAnswer) -> TimeSpan? {
    if let control = answer["cache-control"]?.lowercased() {
      let parts = control.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\"" } }
      if parts.contains(where: { ["no-store", "no-cache", "private"].contains($0.prefix { $0 != "=" }) }) {
        return .zero
      }
      for name in ["s-maxage=", "max-age="] {
        if let seconds = parts.first(where: { $0.hasPrefix(name) }).flatMap({ Int($0.dropFirst(name.count)) }) {
          return TimeSpan(seconds: max(0, min(seconds, 365 * 86_400)))
        }
      }
    }
    guard let end = answer["expires"].flatMap(HTTPDate.instant), let date = answer["date"].flatMap(HTTPDate.instant)
    else { return nil }
    return end > date ? end.since(date) : .zero
  }
}
