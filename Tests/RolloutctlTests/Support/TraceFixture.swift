import Foundation

/// A small trace log, the same every time: 1,200 requests of 40 tenants, of whom a quarter have prompt v7, which is
/// slower, and fails to write Spanish as it should.
enum TraceFixture {
  static let text: String = {
    var state: UInt64 = 2024
    func draw(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(count))
    }
    return (0..<1200).map { request in
      let tenant = draw(40)
      let version = tenant.isMultiple(of: 4) ? "v7" : "v6"
      let category = ["billing", "legal", "spanish"][draw(3)]
      let failsMore = version == "v7" && category == "spanish"
      let latency = 300 + draw(400) + (version == "v7" ? 120 : 0)
      let time = String(format: "2026-11-20T%02d:%02d:%02dZ", request / 60 % 24, request % 60, draw(60))
      return """
        {"ts":"\(time)","prompt_version":"\(version)","tenant":"t\(tenant)","category":"\(category)",\
        "latency_ms":\(latency),"cost_usd":0.0\(10 + draw(9)),"parse_error":\(draw(100) < (failsMore ? 60 : 4)),\
        "quality":0.\(75 + draw(20))}

        """
    }.joined()
  }()
}
