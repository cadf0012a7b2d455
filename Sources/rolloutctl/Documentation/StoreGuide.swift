import RolloutOps

/// `help stores`: the addresses, what each store can do, and which one is meant.
enum StoreGuide {
  static let addresses = StoreKinds.all.map { Entry("`\($0.form)`", $0.summary) }

  @Sendable static func blocks() -> [Block] {
    [.entries(addresses)] + choosing + changing + platforms + journals + reading + hashes
  }

  private static var choosing: [Block] {
    [
      .paragraph(
        """
        The store is found in this order: `--store`, the note's `Store:`, `ROLLOUT_STORE`, `rolloutctl.json` upward \
        from the working folder, `rolloutctl/rolloutctl.json` in the XDG configuration folder. Where nobody names \
        one, it is `file:flags.json`.
        """),
      .paragraph(
        """
        `rolloutctl.json` may list stores by name, `"stores": {"prod": "etcd+https://…", "test": "file:flags.json"}`; \
        wherever an address can stand, the name can too. `rolloutctl status`, `rolloutctl changes` and \
        `rolloutctl kill` look in every store that is named or listed; with `--store`, given once or several times, only \
        there. `"ca_file"` names certificates to trust in place of the system's. `"replace": "in place"` has flag files \
        written into instead of replaced. `"readers": ["go", "java"]` names who reads flag files and documents (\
        \(FlagReaders.allNames)): what only others refuse is no fault then. `"live": true` says that applications read the flag files that lie here, though \
        git keeps them. `"single writer": true` says that nobody else writes the documents behind \
        `https://`, so that nothing has to guard their changes.
        """),
      .paragraph(
        """
        Tokens come from the environment only, and go to the server that the address names and to no other: a redirect \
        to another host is not followed. Plain `http://` is for this machine; `--allow-http` lets it go further. \
        Proxies are taken from the environment, as curl does. `--verbose` shows method, host, path, status and time of \
        every request.
        """),
    ]
  }

  private static var changing: [Block] {
    [
      .paragraph(
        """
        In a flag file rolloutctl edits its own flag and leaves every other byte as it was: order, spacing, numbers, \
        other flags. It takes a lock, compares the version that it read, and puts a new file in the old one's place; \
        of a symbolic link the target is replaced. A file that is no flagd document is never overwritten, and \
        targeting that rolloutctl did not write is replaced only by `rolloutctl promote --adopt` and \
        `rolloutctl kill`.
        """),
      .paragraph(
        """
        The new file takes the old one's name by a rename, which readers that watch the file itself notice. Others who \
        write it are looked for right before that, by the file's own times and, on this machine, by the folder's events. \
        What somebody writes into the old file meanwhile is taken over into the new one. Only in the moment between the \
        last look and the rename, less than a thousandth of a second, can somebody else's new file be lost; on this \
        machine that is noticed and said: exit 6, and a kill is off and says so beside it. Among the clients of a \
        network file system nobody notices. Whoever writes the file by a program can take the same lock, `flock` on \
        `FILE.rollout/lock`.
        """),
      .paragraph(
        """
        A flag file that git keeps is one of several copies. What a kill or another change does to it reaches applications \
        that read another copy when it is pushed and deployed; that is said with each change, unless `"live": true` or an \
        `Evaluation:` says that they follow. The folder of the journals gets a `.gitignore` once: journals are for \
        committing, locks are not. A flag file in YAML, and one whose `flags` is a list, are named as what they are, and \
        not edited.
        """),
      .paragraph(
        """
        A kill waits 2 s for that lock, then takes it away from whoever has it; whoever lost it kills once more what the \
        kill named. An error that may pass does not end it: missing rights and a full disk are waited out for 2 s. Where a \
        disk is full and has no room kept for a kill, the folder takes no new file, or none of eight gets the old one's \
        place, a kill writes into the flag file itself, which a crash in that moment could tear; it says so.
        """),
      .paragraph(
        """
        The new file has the mode, the owner, the access list, the label and the user attributes of the old one. Where one \
        of them cannot be given to it, a kill writes into the old file, and everything else is refused.
        """),
      .paragraph(
        """
        A file that is mounted by itself (`docker -v FILE`, `subPath` in Kubernetes) cannot be replaced where the mount is \
        seen; there every change is written into it. Where it is not seen, as on the host of such a container, a new file \
        would never arrive inside: `"replace": "in place"` in `rolloutctl.json` has every change written into the file \
        that is there. Only the bytes that differ are written, and spaces keep the file's length, so that no reader finds \
        the end of the old text behind the new one. Mounting the folder is better: a crash in the middle of such a write \
        could tear the file.
        """),
      .paragraph(
        """
        Before a file is written in place the bytes that go and those that come are kept beside it \
        (`FILE.rollout/in-place-…`), where there is room for them. What a crash has torn the next command that changes \
        something puts together again: a kill as it was meant, any other change as if it had not been. `status` says that \
        it is torn and changes nothing. Where somebody has been at the file since, or nothing could be kept, it is left as \
        it is.
        """),
      .paragraph(
        """
        Every change but a kill keeps room on the disk for the next kill (`FILE.rollout/spare`: as long as the flag file \
        and 4 KiB more, for files up to 8 MiB). On a full disk a kill makes the new file in it, and only where that is \
        gone writes into the old one. Nothing is written through a symbolic link in the place of `FILE.rollout` or of a \
        file in it: what widens refuses, and a kill goes on without lock and journal, and says so.
        """),
      .paragraph(
        """
        A document behind `https://` is edited in the same way. Its `ETag` guards every change: where somebody else was \
        first, the change is made again on what they left, or refused where it was this flag. An outsider \
        who only formats it is in nobody's way. It is read past caches: \
        with `Cache-Control: no-cache`, and with a word behind the address (`?rolloutctl=…`) that no cache knows, unless \
        the address has a query of its own or the server minds it. A redirect on the same server is followed, by \
        `PUT` where it is a 307 or 308.
        """),
      .paragraph(
        """
        A strong `ETag` alone is no guard: some servers send one and take every `PUT`. So the first change sends one that \
        must be refused, the same bytes with an `If-Match` that no document has; `rolloutctl doctor --prove` sends it too. \
        What came of it is kept in `last.look` beside the journals, and where it was refused a kill may begin with what \
        the last change left. Where the server takes it, and where the `ETag` is missing or still weak after 1.5 s, only a \
        kill goes through, which says that nothing guarded it; `"single writer": true` lets the rest through. The servers \
        that were tried, and what they need:
        """),
      .entries(DocumentServers.entries),
      .paragraph(
        """
        Whichever it is: `Cache-Control: no-store` in its answers keeps caches between from serving what was, and a proxy \
        before it must hand on `ETag` and `If-Match` as they are.
        """),
      .paragraph(
        """
        In etcd a flag and its journal's entries change in one transaction, or not at all; nobody holds a lock, and of \
        several operators on several machines one moves the flag. A kill needs more than half of the members, as every \
        change does; without them it says so, and what to do.
        """),
      .paragraph(
        """
        Members of a cluster are asked in the order in which they are named. One that is silent for a quarter of a \
        second (half a second, with a change) is not waited for: the next one is asked beside it, and the first good \
        answer counts. One that refuses for itself, as a learner does, is passed over. A rollout is started on the \
        cluster, whose number etcd tells, and goes on whichever of its members are named, in any order. An etcd that is \
        out of space takes deletions and nothing else; what makes room is printed.
        """),
      .paragraph(
        """
        A request that may have arrived is never sent again where twice is not as good as once: what the store shows \
        afterwards decides whether it landed. What can be asked again is, with growing pauses, up to four times within \
        30 s; a server that says when it wants to be asked again (`Retry-After` and its like) is obeyed. A kill tries \
        until its own deadline.
        """),
    ]
  }

  private static var platforms: [Block] {
    [
      .paragraph(
        """
        On a platform a flag is decoded only where rolloutctl wrote it; rules that somebody else set up are kept, or the \
        change is refused, and only a kill goes past them. What a platform cannot express is refused before anything \
        is written, with what to do instead: shares that are no whole percents (Unleash), a negation by \
        an attribute that may be missing (PostHog), two shares at a time (Statsig), `not (a and b)` \
        (all of them). Units are hashed as the platform hashes them. `segment = NAME` (`cohort = NAME` on PostHog) \
        stands for a segment that is kept there.
        """),
      .paragraph(
        """
        A kill is the platform's own switch: one request, read back. It is sent without a look where looking fails or \
        takes longer than a second. Off without a kill is the switch on and nobody let in. Where the platform wants an approval, an ordinary change exits 3 and says where; a kill looks for the way \
        without one. How long running SDKs may serve the old answer is said with every kill: 30 s for LaunchDarkly and \
        PostHog (at once where SDKs stream), 15 s for Unleash, 10 s for Statsig.
        """),
      .paragraph(
        """
        `rolloutctl doctor` says before it counts whether a kill would work: rights, approvals, the end of tokens, as far \
        as each platform tells them to whoever only reads. `rolloutctl doctor --card` prints for each flag the lines that \
        kill it with nothing but curl and jq, for the runbook.
        """),
      .paragraph(
        """
        A platform's flag is off after three requests of a kill; the others ask, after the word "off", what may turn it \
        on again. Requests, as the tests count them:
        """),
      .entries([
        Entry(
          "a document behind `https://`",
          "start 5, promote 4, rollback 4, exclude 4, hold 2, restore 4, kill 3, status 1"),
        Entry(
          "etcd", "start 4, promote 4, rollback 4, exclude 4, hold 3, restore 4, kill 5, status 2; with the journal's"),
        Entry("LaunchDarkly", "start 6, promote 6, rollback 5, exclude 5, hold 2, restore 6, kill 6, status 1"),
        Entry(
          "Unleash",
          """
          start 7, promote 6, rollback 5, exclude 6, hold 2, restore 6, kill 4, status 14; one more for each further \
          strategy. A status asks the playground who is served: once for each cohort, each exclusion and everybody else, \
          ten times for a share. With `Variants:` a start takes 9, everything else as many
          """),
        Entry("PostHog", "start 5, promote 4, rollback 4, exclude 4, hold 2, restore 5, kill 5, status 1"),
        Entry(
          "Statsig",
          """
          start 6, promote 7, rollback 7, exclude 7, hold 4, restore 6, kill 4, status 2; a kill in one environment 5
          """),
        Entry(
          "Statsig with variants",
          """
          start 6, promote 5, rollback 5, exclude 5, hold 2, restore 6, kill 5, status 1; a kill in one environment 6, and one \
          less by its note
          """),
      ]),
      .paragraph(
        """
        A kill is a look, a change and a look; on etcd the journal is read before and after. Of many flags all share the looks. A file and a document take all changes \
        in one, Unleash and etcd many in one, the other platforms 32 at a time; what is refused together is tried flag \
        by flag.
        """),
      .paragraph(
        """
        What cannot be helped: Unleash's SDKs for Python and Java take an empty unit for one, and let it in at any \
        share that its bucket is in; Node's does not, and deals units with other letters than those of ASCII otherwise than \
        theirs do. Several strategies there are changed one after another, so a \
        crash in between shows as drift. Statsig's gates need the unit as a custom field too where it is a custom id, \
        and two projects' journals share a folder, since only the key tells them apart: give them a `Journal:` each.
        """),
      .paragraph(
        """
        A unit is a text: a number, a truth value or a list in its place is out for every reader of flag files and, but \
        for the list, on LaunchDarkly; SDKs of the other platforms may take it for its text. Where an attribute is a \
        list, the platforms' SDKs may let it meet a selector by one of its values. On Statsig the units `undefined` and \
        `null` are out, since its SDK for Node takes a missing one for them.
        """),
      .paragraph(
        """
        On LaunchDarkly, PostHog, Statsig and Unleash no verb changes what a variant's value is: `rolloutctl finish` of a flag \
        with \
        `Variants:` serves the canary under its own name to everybody, and a kill still brings back what was there \
        before. The next change of that kind takes a flag of its own on LaunchDarkly, where a value holds in every \
        environment at once, and on Statsig where the address names one environment.
        """),
      statsigVariants,
      unleashVariants,
      .paragraph(
        """
        Unleash, Statsig and PostHog compare texts: 5.0, which Python and Java may send for 5, is not 5 to some of their SDKs, and \
        `rolloutctl check` says so where a selector compares a number. Statsig's core SDKs (Rust, and Node, Python and \
        others upon it) keep lists in small letters, so values that differ by capitals alone are refused; truth values \
        are met in any spelling. Flags that earlier versions wrote otherwise are read as they were meant, `rolloutctl \
        doctor FLAG` finds them, and the next change writes them anew. Statsig takes 100 changes of a project in 10 s and about 900 in 15 minutes.
        """),
      .paragraph(
        """
        PostHog's SDKs decide locally or ask PostHog for each request. As measured: Node 5.70, Python 7.91 and Go 1.23 decide \
        everything locally; Rust 0.30 decides persons, and groups where the application passes `$group_key` among the \
        group's properties; Java's server SDK 2.3 decides no groups, and persons only where the application passes \
        `distinct_id` among the properties; Go 1.5 decides neither, and loses all flags of a project one of which has \
        a share that is no whole percent. With `Variants:`, a group whose key is not passed gets control. Node leaves a \
        pattern undecided for values with letters beyond ASCII; whoever is kept out by the unit is compared with a list, \
        which takes no notice of capitals. Where a project wants tags or evaluation contexts on every new flag, \
        `rolloutctl.json` names them: `"posthog": {"tags": ["ai"], "evaluation_contexts": ["production"]}`.
        """),
    ]
  }

  private static var journals: [Block] {
    [
      .paragraph(
        """
        The journal of a flag is found in this order: `--journal`, the note's `Journal:`, a pointer in the store's usual \
        place, `ROLLOUT_JOURNAL`, `"journal"` in `rolloutctl.json`, and last the usual place itself: beside a flag file \
        in `flags.json.rollout/KEY.journal`, in etcd under `prefix.rollout`, for every other store in a folder of its \
        own in `.rollout`, beside `rolloutctl.json` or at the root of the repository. An address of etcd stands for a \
        folder too, `Journal: etcd+https://host:2379/journals`: so operators on several machines share one history.
        """),
      .paragraph(
        """
        The pointer, `KEY.journal-at`, is a text file with the journal's path or address; a rollout whose journal is kept \
        elsewhere leaves it when it starts, so that the key alone leads to its journal. A pointer that leads nowhere is \
        named and ignored, and stops no kill.
        """),
    ]
  }

  private static var reading: [Block] {
    [
      .paragraph(
        """
        What the store says and what an application is served are two things. Where a server speaks OpenFeature's remote \
        evaluation protocol (flagd does; LaunchDarkly's own relay does not), `Evaluation: https://HOST/ofrep/v1` in the \
        note, `ROLLOUT_EVALUATION` or `"evaluation"` in `rolloutctl.json` names it. Then `status` and every verb that \
        changes a flag ask it as an application would, one request for each cohort, each exclusion and everybody else, \
        and say who is served what; a move looks for up to 3 s until that is what the store shows. Where nobody is named, \
        `status` of a flag in Unleash asks its playground, which takes the same token and heeds what the flag depends on. A kill ends when \
        everybody who was in is answered with the kill's variant, one unit for each version of the hash: applications that \
        still get something else at the deadline make it NOT off, exit 1. It says "seen" only where one of them was served \
        the new version by this server before, or must have been, as a whole cohort is. A server that cannot be asked changes nothing: the kill is read back from the \
        store, and says that no application was seen.
        """),
      .paragraph(
        """
        A flagd with several flag sets wants to hear which one is meant, and some relays want the token under another name: \
        `"evaluation_headers": {"Flagd-Selector": "flagSetId=web"}` and `"evaluation_token_header": "X-API-Key"` in \
        `rolloutctl.json`. The token itself comes from `ROLLOUT_EVALUATION_TOKEN`.
        """),
      .paragraph(
        """
        Of a share of a flag file one unit is asked for each hash that readers know, and the answers tell by which of them \
        the server deals. Of a platform's share ten units are asked, and how many of them are in is told. Shares of less than about a thousandth may find nobody to ask for.
        """),
      .paragraph(
        """
        Killed means that every evaluation serves the kill variant: no targeting, and that variant as the default. \
        Readers of a file see a change when they look next, mostly within seconds.
        """),
      .paragraph(
        """
        Into a container, mount the folder that holds the flag file, never the file alone: a file that is mounted by \
        itself stays the old one when a new one takes its name, and nothing can be put in its place from inside.
        """),
    ]
  }
}
