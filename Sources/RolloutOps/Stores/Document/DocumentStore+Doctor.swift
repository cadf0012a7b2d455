/// Whether a kill would work, asked by reading alone. Whether the token may write, no reading tells: only a PUT could, and
/// none is sent.
extension DocumentStore {
  package func examine() -> [DoctorCheck] {
    let visit = DoctorCall(client, "", query: client.base.query)
    guard !visit.isFailed, let answer = visit.answer else { return visit.checks }
    guard answer.isSuccess else {
      let why = Sentences.refusal(client.refusal(answer)).joined(separator: "; ")
      return visit.checks + [DoctorCheck("document", .failed, "\(why); see the store's address")]
    }
    do throws(StoreTrouble) {
      // Past caches, and with a tag that had time to become strong.
      let look = try startingLook()
      let document = DocumentCheck.of(look.bytes, path: place, for: client.terms.readers)
      return visit.checks + [document, tag(look), cache(answer, look), rights].compactMap(\.self)
    } catch {
      return visit.checks + [DoctorCheck("document", .failed, Sentences.store(error).joined(separator: "; "))]
    }
  }

  private func tag(_ look: Look) -> DoctorCheck {
    guard let tag = look.tag else {
      return DoctorCheck(
        "tag", .warning,
        "it comes without an ETag, so a kill may overwrite somebody else's change, and nothing else moves\(singly)")
    }
    guard !tag.hasPrefix("W/") else {
      return DoctorCheck(
        "tag", .warning,
        "its ETag is a weak one, so a kill may overwrite somebody else's change, and nothing else moves\(singly)")
    }
    switch proof(look) {
    case true?:
      return DoctorCheck("tag", .fine, "a strong ETag guards every change: one over another state was refused")
    case false?:
      return DoctorCheck(
        "tag", .warning,
        "the server takes a change that depends on another ETag, so a kill may overwrite somebody else's, and nothing else "
          + "moves\(singly); see that it, and every proxy before it, keeps If-Match")
    case nil:
      return DoctorCheck(
        "tag", .unknown,
        client.terms.proves
          ? "a strong ETag comes with it; a change that it must refuse got no clear answer"
          : "a strong ETag comes with it; whether the server refuses a change over another state, the first change tries, "
            + "or rolloutctl doctor --prove")
    }
  }

  /// Who says that nobody else writes it has said what that means.
  private var singly: String {
    client.terms.hasSingleWriter ? " but what \"single writer\" lets" : ""
  }

  /// Whether a change over another state is refused: tried where that was asked for, else what was kept of the last try.
  private func proof(_ look: Look) -> Bool? {
    guard client.terms.proves else { return kept()?.keepsConditions }
    try? prove(look)
    keepLook()
    return memory.now.keepsConditions
  }

  /// `answer` is what everybody gets who asks as applications do.
  private func cache(_ answer: HTTPAnswer, _ look: Look) -> DoctorCheck? {
    let signs = CacheSigns(answer)
    let bound = signs.lifetime.flatMap { $0 > .zero ? " for up to \($0)" : nil } ?? ""
    if memory.now.isOutOfReach {
      return DoctorCheck(
        "cache", .warning,
        "a cache answers whatever it is asked, and serves what was\(bound): a kill is checked by its source alone")
    }
    if signs.isKept || answer.body != look.bytes {
      return DoctorCheck(
        "cache", .warning, "a cache serves what was\(bound): a kill reads past it, applications behind it follow later")
    }
    if !bound.isEmpty {
      return DoctorCheck(
        "cache", .warning, "caches may serve what was\(bound): applications behind one follow a kill later")
    }
    if let between = signs.between {
      return DoctorCheck(
        "cache", .warning,
        "something stands between (\(between)); see that it keeps no copies: applications behind one follow a kill later"
      )
    }
    guard signs.lifetime == nil else { return nil }
    return DoctorCheck(
      "cache", .warning,
      "it does not say how long it may be kept, so any cache may keep it; have the server send Cache-Control: no-store")
  }

  private var rights: DoctorCheck {
    let token = client.hasToken ? "the token in \(Self.tokenVariable) lets read" : "it is read without a token"
    return DoctorCheck("rights", .unknown, "\(token); whether a PUT is let through, only a PUT would tell")
  }
}

/// Whether readers take a document of flags, and a kill can edit it.
enum DocumentCheck {
  static func of(_ bytes: [UInt8], path: String, for readers: FlagReaders) -> DoctorCheck {
    do throws(StoreTrouble) {
      let listed = try FlagDocument.list(bytes, path: path)
      // Any key will do: what is wrong with the document is wrong for all of them.
      let document = try FlagDocument(
        bytes, key: listed.first?.key ?? FlagKey("none"), path: path, for: readers)
      if let rejected = document.refusal {
        return DoctorCheck("document", .failed, Sentences.store(rejected).joined(separator: "; "))
      }
      return DoctorCheck("document", .fine, "readers take it as it is")
    } catch {
      return DoctorCheck("document", .failed, Sentences.store(error).joined(separator: "; "))
    }
  }
}
