extension LaunchDarklyStore {
  /// Whether LaunchDarkly itself is moving the flag at this moment (a guarded or progressive rollout). Nil where it cannot
  /// be asked: the route is no part of the published API, is answered under the version `beta` alone, and may go.
  func release(of key: FlagKey) -> (isRunning: Bool?, answer: HTTPAnswer?) {
    var beta = client
    beta.headers = [HTTPRequest.Header(Self.version.name, "beta")]
    let path =
      "/internal/projects/\(PercentCode.encoded(project))/flags/\(PercentCode.encoded(key.text))/automated-releases"
    let query = PercentCode.form([("filter", "environmentKey:\(environment)"), ("limit", "5")])
    let answer = try? beta.answer(.get, path, query: query, isRepeatable: true)
    guard let answer, answer.isSuccess, let releases = answer.json["items"]?.items else { return (nil, answer) }
    // One that found a regression shows as paused.
    return (releases.contains { ["in_progress", "paused"].contains($0["status"]?.text ?? "") }, answer)
  }

  /// Two hands at one flag: its next step would undo what is written here, or the other way round.
  func refuseRunningRelease(of key: FlagKey) throws(StoreTrouble) {
    let (isRunning, answer) = release(of: key)
    guard let isRunning else {
      let why = answer.map { "it answered \($0.status)" } ?? "it did not answer"
      unasked.last = [
        "whether LaunchDarkly is moving \(key) itself could not be asked (\(why)); see that no guarded or progressive rollout "
          + "of it runs at \(page(of: key))"
      ]
      return
    }
    unasked.last = []
    guard isRunning else { return }
    throw .occupied(
      "LaunchDarkly is moving \(key) itself in \(environment), by an automated release; stop that at \(page(of: key)), "
        + "then run it again (kill goes through)")
  }
}
