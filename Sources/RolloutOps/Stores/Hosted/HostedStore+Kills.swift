/// What the kills of hosted platforms share: they change and read one flag by one request, many of them at the same time.
extension FlagStore {
  /// One change for each order. Whoever is told to come back later is not asked for the next flag before that: every
  /// request more would only put off the moment at which it is let in again.
  func sendEach(
    _ orders: [KillOrder], _ change: @escaping @Sendable (KillOrder) throws(StoreTrouble) -> Void
  ) -> [Result<Sent, StoreTrouble>] {
    let limit = Remembered<StoreTrouble>()
    return Crew(threads: width).each(orders) { order in
      if let trouble = limit.last { return .failure(trouble) }
      do throws(StoreTrouble) {
        try change(order)
        return .success(.flag)
      } catch {
        if error.isAboutALimit { limit.last = error }
        return .failure(error)
      }
    }
  }

  /// One look for each flag.
  func lookEach(
    _ keys: [FlagKey], _ look: @escaping @Sendable (FlagKey) throws(StoreTrouble) -> FlagReading
  ) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    let limit = Remembered<StoreTrouble>()
    let looks = Crew(threads: width).each(keys) { key -> Result<FlagReading, StoreTrouble> in
      if let trouble = limit.last { return .failure(trouble) }
      do throws(StoreTrouble) {
        return .success(try look(key))
      } catch {
        if error.isAboutALimit { limit.last = error }
        return .failure(error)
      }
    }
    return Dictionary(zip(keys, looks)) { first, _ in first }
  }

  /// The same trouble with each.
  func failing(_ keys: [FlagKey], _ trouble: StoreTrouble) -> [FlagKey: Result<FlagReading, StoreTrouble>] {
    Dictionary(keys.map { ($0, .failure(trouble)) }) { first, _ in first }
  }
}

extension StoreTrouble {
  /// The platform is asked too often.
  fileprivate var isAboutALimit: Bool {
    if case .refused(let refusal) = self { refusal.reason == .tooOften } else { false }
  }
}
