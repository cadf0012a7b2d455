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
    return visit.checks + [DocumentCheck.of(answer.body, path: place), tag(answer), rights]
  }

  private func tag(_ answer: HTTPAnswer) -> Check {
    guard let tag = answer["etag"] else {
      return Check(
        "tag", .warning,
        "it comes without an ETag, so a kill may overwrite somebody else's change, and nothing else moves")
    }
    guard !tag.hasPrefix("W/") else {
      return Check(
        "tag", .warning,
        "its ETag is a weak one, so a kill may overwrite somebody else's change, and nothing else moves")
    }
    return Check("tag", .fine, "a strong ETag guards every change, if the server heeds If-Match")
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
