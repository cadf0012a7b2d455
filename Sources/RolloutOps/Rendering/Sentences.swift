/// What stopped a command, in words: the one place where they are made.
extension Trouble {
  /// What was being done, what happened, what to do next.
  package var sentences: [String] { whole.map(Terminal.withoutPasswords) }

  private var whole: [String] {
    switch self {
    case .usage(let sentence), .evidence(let sentence): [sentence]
    case .note(let path, let diagnostics):
      diagnostics.filter { $0.severity == .error }.map { Sentences.compilerLine($0, path: path) }
        + ["nothing was changed; rolloutctl check \(path) shows all of it"]
    case .noteFile(let path, let trouble): [Sentences.noteFile(path, trouble)]
    case .settings(let path, let why): ["\(path): \(why)"]
    case .store(let trouble): Sentences.store(trouble)
    case .severalStores(let key, let stores):
      ["\(key) may be in each of \(stores.joined(separator: ", ")); this works in one store at a time: name it"]
    case .journal(let trouble): Sentences.journal(trouble)
    case .zone(let trouble): [Sentences.zone(trouble)]
    case .file(let trouble): [Sentences.file(trouble)]
    }
  }
}

package enum Sentences {
  /// `notes/a.md:3:9: error: …`, the form that editors follow.
  package static func compilerLine(_ diagnostic: Diagnostic, path: String) -> String {
    let place = "\(path):\(diagnostic.position.line):\(diagnostic.position.column)"
    return "\(place): \(diagnostic.severity.rawValue): \(diagnostic.message) [\(diagnostic.rule)]"
  }

  static func noteFile(_ path: String, _ trouble: FileTrouble) -> String {
    switch trouble.reason {
    case .missing:
      "there is no note at \(path); if it moved, name its new path; rolloutctl init \(path) writes a new one"
    case .isFolder: "\(path) is a folder; name the note in it"
    case .notAFile: "\(path) is no regular file; a note is a Markdown file"
    case .tooLong(let size, let limit):
      "\(path) has \(size) bytes; a rollout note is a page of text, at most \(limit) bytes"
    default: file(trouble)
    }
  }

  package static func overran(_ path: String) -> String {
    "somebody replaced \(path) in that moment; their version is gone"
  }

  static func mended(_ path: String, toKilled: Bool) -> String {
    let now = toKilled ? "as the kill that was interrupted meant it" : "as it was before that change"
    return "a crash had torn \(path) while it was written in place; it was mended, and is \(now)"
  }

  package static func file(_ trouble: FileTrouble) -> String {
    let path = trouble.path
    let doing = "\(trouble.doing.rawValue) \(path)"
    return switch trouble.reason {
    case .missing: "\(doing): there is no such file"
    case .exists: "\(doing): it exists already"
    case .notPermitted: "\(doing): not permitted; check the rights of the file and its folder"
    case .readOnly: "\(doing): the file system is read-only"
    case .diskFull: "\(doing): the disk is full; make room and run it again"
    case .isFolder: "\(doing): it is a folder"
    case .notAFile: "\(doing): it is no regular file"
    case .tooLong(let size, let limit): "\(doing): \(size) bytes are more than the \(limit) that make sense here"
    case .changedSize(let expected, let found):
      "\(doing): somebody else wrote to it (\(expected) bytes expected, \(found) found); run it again"
    case .notCarriedOver(let name):
      "\(doing): its \(name) cannot be given to a new file; with \"replace\": \"in place\" in rolloutctl.json changes are written into the old one"
    case .held(let holder):
      "\(doing): somebody else holds it\(holder.isEmpty ? "" : " (\(holder))"); wait for them, or end that process"
    case .busy: "\(doing): it is in use (a file mounted by itself cannot be replaced; name the one behind it)"
    case .unsupported: "\(doing): this file system cannot do that"
    case .noMatch: "\(doing): no file has such a name; check the pattern and the folder it starts from"
    case .damaged(let why): "\(doing): \(why)"
    case .needsLibrary(let library, let package):
      "\(doing): \(library) is missing; install it (Debian's package is \(package)), or unpack the file first"
    case .unanswered(let trouble): "\(doing): \(http(trouble))"
    case .refused(let refusal): "\(doing): \(self.refusal(refusal).joined(separator: "; "))"
    case .other(let code, let text): "\(doing): \(text) (error \(code))"
    }
  }

  package static func http(_ trouble: HTTPTrouble) -> String {
    let server = trouble.place
    return switch trouble.reason {
    // The last of several tries may have had a moment only, which is no fault of the server's.
    case .timeout(let milliseconds) where milliseconds < 100:
      "\(server) did not answer in the time that was left; see whether it is up and reachable"
    case .timeout(let milliseconds):
      "\(server) did not answer within \(Figures.plain(Double(milliseconds) / 1000)) s; see whether it is up and reachable"
    case .unresolved: "\(server): the host's name has no address; check its spelling and the name server"
    case .unreachable(let why): "\(server) cannot be reached: \(why)"
    case .tls(let why): "\(server) is not trusted, or does not speak TLS: \(why)"
    case .cut(let why): "\(server) broke off its answer: \(why)"
    case .tooLong(let limit): "\(server) sent more than the \(limit) bytes that make sense here"
    case .plain:
      "\(server) is another machine, and http sends everything readable; use https"
    case .unsupported(let why): "\(server) cannot be asked: \(why)"
    case .needsLibrary(let library, let package):
      "\(server) cannot be asked: \(library) is missing; install it (Debian's package is \(package))"
    }
  }

  static func store(_ trouble: StoreTrouble) -> [String] {
    switch trouble {
    case .file(let trouble):
      if trouble.reason == .missing, trouble.doing == .reading || trouble.doing == .inspecting {
        return [
          "there is no flag file at \(trouble.path)",
          "name the right one with --store, or run it where rolloutctl.json is "
            + (trouble.path.hasSuffix(".yaml") || trouble.path.hasSuffix(".yml")
              ? "(rolloutctl edits JSON, not YAML)"
              : "(a new one: echo '{\"flags\": {}}' > \(Shell.word(trouble.path)))"),
        ]
      }
      return [file(trouble)]
    case .badAddress(let address, let why): return ["the store address \(address) cannot be used: \(why)"]
    case .malformed(let path, let position, let why):
      return ["\(path):\(position.line):\(position.column): \(why)", "the file was not touched; mend it first"]
    case .torn(let path, let position, let why):
      return [
        "\(path):\(position.line):\(position.column): \(why)",
        "a crash tore the file while it was written in place; the next command that changes something mends it",
      ]
    case .rejectedByReaders(let path, let position, let why, let readers):
      return [
        "\(path):\(position.line):\(position.column): \(why)",
        "\(readers.words) reject the whole file because of this and go on serving the old one; mend it first"
          + (FlagReaders.all.isSubset(of: readers)
            ? ""
            : ", or say in rolloutctl.json that only these read it: \"readers\": [\(FlagReaders.all.subtracting(readers).spelled)]"),
      ]
    case .changedMeanwhile(let path):
      return ["\(path): somebody else changed the flag in this moment; look with status, then run it again"]
    case .overran(let path): return [overran(path), "the change is in force; look with status"]
    case .inexpressible(let share, let nearest):
      return ["the store cannot express \(share); the nearest that it can is \(nearest)"]
    case .notAsWritten(let path):
      return ["\(path): reading back shows something else than was written; look at it"]
    case .unanswered(let trouble): return [http(trouble)]
    case .refused(let refusal): return self.refusal(refusal)
    case .beyond(let sentence), .occupied(let sentence): return [sentence]
    }
  }

  static func refusal(_ refusal: ServerRefusal) -> [String] {
    let said = refusal.said.map { ": \($0)" } ?? ""
    let answered = "\(refusal.place) answered \(refusal.status)\(said)"
    return switch refusal.reason {
    case .noToken(let variable, let made):
      ["\(refusal.place) takes a token, and the environment has none; set \(variable)"]
        + (made.map { ["it is made in \($0)"] } ?? [])
    case .credentials(let variable):
      [answered, "the token in \(variable) is wrong, has expired, or may not do this"]
    case .wrongPassword(let variables):
      [answered, "the user or the password in \(variables) is wrong"]
    case .forbidden(let user):
      [answered, "the user that \(user) names may not do this; give it the right to"]
    case .needsApproval(let place):
      ["\(answered)", "this change needs an approval there\(place.map { ": \($0)" } ?? ""); nothing was changed"]
    case .missing(let what): ["\(answered)", "\(what) is not there; see the store's address and the note"]
    case .noQuorum:
      [
        "\(refusal.place): most members of the cluster are away, and without them nothing can be changed",
        "bring members back until more than half of them are up; as long as they are away, readers serve what they know",
      ]
    case .learner:
      [
        "\(refusal.place) is a learner: it answers nobody until it is promoted",
        "name a member that votes, or promote this one (etcdctl member promote)",
      ]
    case .tooLarge:
      [answered, "this is longer than the server takes; nothing was changed"]
    case .outOfSpace:
      [
        "\(refusal.place) is out of space: it takes deletions and nothing else",
        "make room: \(makingRoom(refusal.place))",
      ]
    case .tooOften: ["\(answered)", "it is asked too often; wait a moment and run it again"]
    case .fault: ["\(answered)", "that is a fault of the server; run it again, and look at its own state"]
    case .elsewhere(let place):
      [
        "\(refusal.place) sends to \(place), which is not followed; name that address if it is the right one"
      ]
    case .login(let page):
      [
        "\(refusal.place) sends to a login page, \(page)",
        "people log in there, and programs do not; see whether a token is set and right, and name the address for programs",
      ]
    case .unwritable(let variables?):
      [
        answered,
        "what \(variables) holds may not write there, or nobody may: see its rights, and whether writing is on",
      ]
    case .unwritable(nil):
      [answered, "nobody may write there, or nobody without a token: see whether writing is on, or set one"]
    case .unguarded(let why):
      [
        why,
        "nothing was changed, and only a kill goes through there; see that the server, and every proxy before it, keeps "
          + "If-Match (rolloutctl help stores), or say \"single writer\": true in rolloutctl.json where nobody else writes it",
      ]
    case .copied:
      [
        "a cache stands before \(refusal.place), or a proxy that alters the ETag: it refuses a change over the very state "
          + "that it serves",
        "name the server behind it, or have that send Cache-Control: no-store",
      ]
    case .unexpected(let why): ["\(refusal.place) answered what it should not: \(why)", "is the address right?"]
    case .rejected: [answered] + [advice[refusal.status]].compactMap(\.self)
    }
  }

  /// What usually is behind a refusal that the server does not explain.
  private static let advice = [
    405: "it takes no such change at that address; see whether it is the right one, and whether writing is turned on",
    413: "it takes nothing that long; raise its limit (nginx: client_max_body_size)",
    423: "somebody holds a lock on it there (WebDAV); see who, and have it released",
    428: "it takes changes only under a condition, and what it sends has no strong ETag to name in one",
  ]

  /// Old revisions go, then the room they took, then the alarm; in this order. To be pasted as it is.
  static func makingRoom(_ places: String) -> String {
    let etcdctl = "etcdctl --endpoints=\(places)"
    return "\(etcdctl) compaction $(\(etcdctl) endpoint status -w json | jq '.[0].Status.header.revision') && "
      + "\(etcdctl) defrag --cluster && \(etcdctl) alarm disarm"
  }

  static func journal(_ trouble: JournalTrouble) -> [String] {
    switch trouble {
    case .file(let trouble): ["the journal: \(file(trouble))"]
    case .edited(let path, let line, let sequence):
      [
        "\(path):\(line): entry \(sequence.map(String.init) ?? "here") was edited, or the one before it was taken out",
        "nothing moves on a journal that cannot be trusted; bring back the true file (kill goes on working)",
      ]
    case .unreadable(let path, let line, let why):
      ["\(path):\(line): this is no journal entry: \(why)", "bring back the true file (kill goes on working)"]
    case .conflicted(let path, let line, let flag):
      [
        "\(path):\(line): git left two branches of this journal in it",
        "rolloutctl adopt \(Shell.word(flag.text)) --merge brings them together and loses no entry (kill goes on working)",
      ]
    case .newer(let path, let line, let format):
      ["\(path):\(line): written by a newer rolloutctl (journal format \(format)); update this one"]
    case .otherFlag(let path, let line, let flag): ["\(path):\(line): this entry is about another flag, \(flag)"]
    }
  }

  static func zone(_ trouble: ZoneTrouble) -> String {
    switch trouble {
    case .badName(let name): "\(name) is no time zone's name; write one such as Europe/Berlin"
    case .unknown(let name, _): "the time zone \(name) is not known here; write one such as Europe/Berlin"
    case .noDatabase(let name, let folders):
      "this machine has no time-zone database (\(folders.joined(separator: ", "))), so \(name) is unknown; install tzdata"
    case .malformed(let path, let fault): "\(path): \(fault.sentence)"
    case .file(let trouble): file(trouble)
    }
  }
}
