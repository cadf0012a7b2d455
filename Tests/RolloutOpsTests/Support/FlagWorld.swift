@testable import RolloutOps

/// A flag file in memory and the store that edits it.
struct FlagWorld {
  static let path = "/w/flags.json"

  let files: MemoryFiles
  let clock: ScriptedClock
  let context: Context
  let store: FileStore

  init(_ text: String, process: Int = 100) {
    let clock = ScriptedClock()
    self.init(MemoryFiles(clock), process: process)
    files.put(Self.path, text)
  }

  /// The same disk as another process sees it.
  init(_ files: MemoryFiles, process: Int) {
    (self.files, clock) = (files, files.clock)
    context = Context(
      clock: clock, files: files, output: HeardOutput(),
      surroundings: Surroundings(workingFolder: "/w", actor: "maya", host: "desk", process: process))
    store = FileStore(path: Self.path, address: "file:flags.json", context: context)
  }

  var text: String { files.text(Self.path) ?? "" }
  var leftovers: [String] { files.paths.filter { $0.contains("rollout-new") } }

  func read(_ key: String) throws(StoreTrouble) -> FlagReading { try store.read(FlagKey(key)) }

  func write(_ serving: Serving, _ key: String = "a", urgency: Urgency = .ordinary) throws -> FlagReading {
    let reading = try store.read(FlagKey(key))
    var flag = reading.flag ?? Flag(variants: Variants.boolean.all, serving: serving, mark: nil)
    (flag.serving, flag.mark) = (serving, Flag.Mark(killed: urgency == .kill))
    return try store.write(flag, replacing: reading, urgency: urgency)
  }
}

extension Split {
  /// 5% of plan = paid by tenant, for a boolean flag.
  static func paid(_ percent: Int) -> Split {
    let cohort = Selector.equals(attribute: "plan", AttributeValue("paid"))
    return Split(
      exposure: Exposure(grants: [Grant(cohort: cohort, share: Percentage(percent: percent))]),
      unit: "tenant", canary: "on", control: "off")
  }
}
