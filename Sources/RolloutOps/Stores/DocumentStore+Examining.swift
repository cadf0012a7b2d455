/// Whether a kill would work, asked by reading alone. Whether the token may write, no reading tells: only a PUT could, and
/// none is sent.
extension DocumentStore {
  package func examine() -> [Check] {
    let visit = Visit(client, "", query: client.base.query)
    guard !visit.isFailed, let answer = visit.answer else { return visit.checks }
    guard answer.isSuccess else {
      let why = Sentences.refusal(client.refusal(answer)).joined(separator: "; ")
      return visit.checks + [Check("document", .failed, "\(why); see the store's address")]
    }
    do throws(StoreTrouble) {
      // Past caches, and with a tag that had time to become strong.
      let look = try startingLook()
      let document = DocumentCheck.of(look.bytes, path: place)
      return visit.checks + [document, tag(look), cache(answer, look), rights].compactMap(\.self)
    } catch {
      return visit.checks + [Check("document", .failed, Sentences.store(error).joined(separator: "; "))]
    }
  }

  private func tag(_ look: Look) -> Check {
    guard let tag = look.tag else {
      return Check(
        "tag", .warning,
        "it comes without an ETag, so a kill may overwrite somebody else's change, and nothing else moves")
    }
    guard !tag.hasPrefix("W/") else {
      return Check(
        "tag", .warning,
        "its ETag is a weak one, so a kill may overwrite somebody else's change, and nothing else moves")
    }
    guard kept()?.keepsConditions != false else {
      return Check(
        "tag", .warning,
        "the server takes a change that depends on another ETag, so any change may overwrite somebody else's; see that "
          + "it, and every proxy before it, keeps If-Match")
    }
    return Check("tag", .fine, "a strong ETag guards every change")
  }

  /// `answer` is what everybody gets who asks as applications do.
  private func cache(_ answer: HTTPAnswer, _ look: Look) -> Check? {
    let signs = CacheSigns(answer)
    let bound = signs.lifetime.flatMap { $0 > .zero ? " for up to \($0)" : nil } ?? ""
    if memory.now.isOutOfReach {
      return Check(
        "cache", .warning,
        "a cache answers whatever it is asked, and serves what was\(bound): a kill is checked by its source alone")
    }
    if signs.isKept || answer.body != look.bytes {
      return Check(
        "cache", .warning, "a cache serves what was\(bound): a kill reads past it, applications behind it follow later")
    }
    guard !bound.isEmpty else { return nil }
    return Check("cache", .warning, "caches may serve what was\(bound): applications behind one follow a kill later")
  }

  private var rights: Check {
    let token = client.hasToken ? "the token in \(Self.tokenVariable) lets read" : "it is read without a token"
    return Check("rights", .unknown, "\(token); whether a PUT is let through, only a PUT would tell")
  }
}

/// Whether readers take a document of flags, and a kill can edit it.
enum DocumentCheck {
  static func of(_ bytes: [UInt8], path: String) -> Check {
    do throws(StoreTrouble) {
      let listed = try FlagDocument.list(bytes, path: path)
      // Any key will do: what is wrong with the document is wrong for all of them.
      let document = try FlagDocument(bytes, key: listed.first?.key ?? FlagKey("none"), path: path)
      if let rejected = document.refusal {
        return Check("document", .failed, Sentences.store(rejected).joined(separator: "; "))
      }
      return Check("document", .fine, "readers take it as it is")
    } catch {
      return Check("document", .failed, Sentences.store(error).joined(separator: "; "))
    }
  }
}
