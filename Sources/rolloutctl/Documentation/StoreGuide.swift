import RolloutOps

/// `help stores`: the addresses, what each store can do, and which one is meant.
enum StoreGuide {
  static let addresses = [
    Entry(
      "`file:flags.json`",
      "a flag file in flagd's format, or its bare path; OpenFeature SDKs read it as it is. No server is needed."),
    Entry(
      "`https://host/path/flags.json`",
      """
      such a file behind any service that serves it with an `ETag` and takes it back by `PUT` with `If-Match`; token: \
      `ROLLOUT_HTTP_TOKEN`
      """),
    Entry(
      "`etcd+https://host:2379/prefix`",
      """
      a key for each flag in etcd, with the flagd flag as its value, and the journals beside them. Several members stand \
      with commas between them: `etcd+https://one:2379,two:2379/prefix`. `ETCD_USERNAME`, `ETCD_PASSWORD`
      """),
  ]

  @Sendable static func blocks() -> [Block] { [.entries(addresses)] + choosing + changing + journals + reading }

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
        wherever an address can stand, the name can too. `rolloutctl status` and `rolloutctl changes` look at all of \
        them. A kill looks in the stores that somebody chose, and in all that are listed where nobody chose one. \
        `"ca_file"` names certificates to trust in place of the system's.
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
        A document behind `https://` is edited in the same way. Its `ETag` guards every change: where somebody else was \
        first, the change is made again on what they left, or refused where it was this flag. A document without a \
        strong `ETag` is written by a kill only.
        """),
      .paragraph(
        """
        In etcd a flag and its journal's entries change in one transaction, or not at all; nobody holds a lock, and of \
        several operators on several machines one moves the flag. A kill needs more than half of the members, as every \
        change does; without them it says so, and what to do.
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
