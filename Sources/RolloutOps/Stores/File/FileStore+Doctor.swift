/// Whether a kill would work: what it does to a file is done to a copy beside it, which is gone a moment later.
extension FileStore {
  package func examine() -> [DoctorCheck] {
    let bytes: [UInt8]
    let facts: FileFacts
    do throws(FileTrouble) {
      let file = try context.files.open(real, limit: Self.sizeLimit)
      (bytes, facts) = (file.bytes, file.facts)
      file.close()
    } catch {
      return [DoctorCheck("file", .failed, Sentences.store(.file(error)).joined(separator: "; "))]
    }
    let checks = [DocumentCheck.of(bytes, path: path, for: readers), replaceable(bytes, facts), lock(), time(facts)]
    return checks.compactMap(\.self) + writers.map { DoctorCheck("writers", .warning, $0) } + copies
  }

  private var copies: [DoctorCheck] {
    guard isWorkingCopy else { return [] }
    let why =
      "git keeps this file: applications that read another copy of it follow when a change is pushed and deployed"
    return [
      DoctorCheck("copy", .warning, "\(why); where they read this one, \"live\": true in rolloutctl.json says so")
    ]
  }

  private var writers: [String] { FileWriters(path, real: real, context.files).sentences }

  package func undoers(_ key: FlagKey) -> [String] { writers }

  /// As a kill makes the new file: beside the old one, of its size and with its mode. A full disk, a folder that is read
  /// only, and one that belongs to somebody else show here.
  private func replaceable(_ bytes: [UInt8], _ facts: FileFacts) -> DoctorCheck {
    do throws(FileTrouble) {
      try context.interruptions.postponed { () throws(FileTrouble) in
        try FileReplacement(path: real, context: context).rehearse(bytes, facts)
      }
    } catch {
      return DoctorCheck("rights", .failed, Sentences.file(error))
    }
    if isMountedByItself || staysInPlace {
      let why = staysInPlace ? "\"replace\" is \"in place\"" : "it is mounted by itself and cannot be replaced"
      return DoctorCheck(
        "rights", .warning,
        "\(why): changes are written into it, and a crash in that moment could tear it; mounting its folder avoids that"
      )
    }
    return DoctorCheck("rights", .fine, "a new file can take its place, and there is room for it")
  }

  /// The kernel's list of mounts says what lies where (proc(5), mountinfo: the fifth field, with blanks as `\\040`).
  private var isMountedByItself: Bool {
    guard let bytes = try? context.files.read("/proc/self/mountinfo", limit: 16 << 20) else { return false }
    let name = real.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "\\040")
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains { line in
      line.split(separator: " ").dropFirst(4).first.map { $0 == name } ?? false
    }
  }

  /// A kill waits for it 2 s and goes on without it, so nobody can stand in its way; only who holds it is told.
  private func lock() -> DoctorCheck {
    let path = "\(real).rollout/lock"
    guard let facts = try? context.files.facts(path), facts.kind == .file else {
      return DoctorCheck("lock", .fine, "nobody holds it")
    }
    do throws(FileTrouble) {
      try context.files.lock(path, holder: "", patience: .zero).release()
      return DoctorCheck("lock", .fine, "nobody holds it")
    } catch {
      return DoctorCheck("lock", .warning, "\(Sentences.file(error)); a kill waits 2s and goes on without it")
    }
  }

  /// Readers that poll follow a time that rises.
  private func time(_ facts: FileFacts) -> DoctorCheck? {
    let now = context.clock.now()
    guard facts.modified > now + TimeSpan(seconds: DoctorCall.skew) else { return nil }
    return DoctorCheck(
      "clock", .warning,
      "the file's time lies \(facts.modified.since(now)) ahead of this machine's clock; one of the two is wrong, and an edit "
        + "by hand would be seen by no reader that polls")
  }
}
