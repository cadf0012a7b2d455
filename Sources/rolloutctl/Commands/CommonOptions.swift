import RolloutOps

/// What the flags say that many commands share.
struct CommonOptions: Sendable, Equatable {
  /// One, or several where the command looks in several.
  var stores: [String] = []
  var journal: String?
  var format = OutputFormat.text
  /// The part of a result in JSON that alone is printed.
  var field: String?
  var dryRun = false
  var reason: String?
  var color = ColorChoice.auto
  var quiet = false
  var verbose = false
  var allowsPlain = false
}

enum OutputFormat: String, CaseIterable, Sendable {
  case text, json, markdown
}

enum ColorChoice: String, CaseIterable, Sendable {
  case auto, always, never
}

/// Options that have room for the common flags; which of them a command takes, its row says.
protocol TakesCommonFlags: CommandOptions {
  var common: CommonOptions { get set }
}

extension FlagRow where Options: TakesCommonFlags {
  /// What every verb takes that changes a flag.
  static var acting: [FlagRow] { [.reason, .dryRun] + reading }
  /// What every command takes that looks at flags and journals.
  static var reading: [FlagRow] { [.store, .journal, .allowHTTP] + printing }
  static var printing: [FlagRow] { [.format, .field] + speaking }
  static var speaking: [FlagRow] { [.color, .quiet, .verbose] }

  static var store: FlagRow {
    text(
      "store", "ADDRESS", "where the flags live: file:flags.json, an address or a name",
      details: """
        Then it is there and nowhere else, whatever the note's `Store:`, `ROLLOUT_STORE` and `rolloutctl.json` name. \
        Given several times it names several stores, for commands that look in several. `rolloutctl help stores` lists \
        the addresses.
        """,
      completion: .anyFile
    ) { $0.common.stores.append($1) }.common().repeated().decisive()
  }

  static var allowHTTP: FlagRow {
    toggle(
      "allow-http", "let http:// leave this machine",
      details: """
        Whoever is on the way then reads the token and can change what is answered. Without it only https is used, and \
        http to this machine itself.
        """
    ) { $0.common.allowsPlain = true }.common()
  }

  static var journal: FlagRow {
    text(
      "journal", "FOLDER", "where the journals are: a folder, or etcd+https://…",
      details: """
        It goes before the note's `Journal:`, `ROLLOUT_JOURNAL` and `rolloutctl.json`. Without any of them the \
        journals of a flag file are beside it, in `FILE.rollout`.
        """,
      completion: .folder
    ) { $0.common.journal = $1 }.common().decisive()
  }

  static var format: FlagRow {
    choice(
      "format", "FORMAT", "how to print the result",
      details: "With `json`, standard output is exactly one JSON value; everything else goes to standard error."
    ) { $0.common.format = $1 }.common()
  }

  static var field: FlagRow {
    value(
      "field", "PATH", "print one part of the JSON result",
      details: """
        Names of members and numbers of items with dots between, `*` for each of them: `place.stage`, \
        `rollouts.*.flag`. A text is printed bare, a line each. A part that is not there is said, and the exit status \
        is 2 where it would be 0.
        """,
      read: { (text) throws(ValueFault) in
        guard !text.isEmpty, !text.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
          throw ValueFault("names and numbers with dots between are a path")
        }
        return text
      }
    ) { $0.common.field = $1 }.common()
  }

  static var dryRun: FlagRow {
    toggle("dry-run", "decide and print, change nothing") { $0.common.dryRun = true }.common().decisive()
  }

  static var reason: FlagRow {
    text("reason", "TEXT", "why, for the journal") { $0.common.reason = $1 }.common()
  }

  static var color: FlagRow {
    choice(
      "color", "WHEN", "colours: auto is for a terminal only",
      details: "`auto` obeys `NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR` and `TERM`: see `rolloutctl help environment`."
    ) { $0.common.color = $1 }.common()
  }

  static var quiet: FlagRow {
    toggle("quiet", short: "q", "print results and errors, no remarks") { $0.common.quiet = true }.common()
  }

  static var verbose: FlagRow {
    toggle("verbose", short: "v", "say on standard error what is being done") { $0.common.verbose = true }.common()
  }
}

/// The common flags alone, as they may stand before a command's name.
struct AnyCommandOptions: TakesCommonFlags {
  static let name = "COMMAND"
  static let row = CommandRow<AnyCommandOptions>(
    .help, "any command", flags: FlagRow.acting, details: { [] }, exits: { [] }, examples: { [] }, seeAlso: [])

  var common = CommonOptions()
}
