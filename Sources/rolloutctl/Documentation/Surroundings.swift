/// A variable of the environment that rolloutctl reads.
struct EnvironmentVariable: Sendable {
  let name: String
  let meaning: String
  /// Commands with that flag read it; with none only the topic tells of it.
  let flag: String

  static let all: [EnvironmentVariable] = [
    EnvironmentVariable(
      name: "ROLLOUT_STORE", meaning: "where the flags live, when neither `--store` nor the note says so", flag: "store"
    ),
    EnvironmentVariable(
      name: "ROLLOUT_JOURNAL", meaning: "where the journals are, when neither `--journal` nor the note says so",
      flag: "journal"),
    EnvironmentVariable(
      name: "ROLLOUT_ACTOR",
      meaning:
        "who acts, for the journal; without it who started the pipeline's job, else the name you are logged in with",
      flag: "reason"),
    EnvironmentVariable(
      name: "GITHUB_ACTIONS",
      meaning:
        "where it is `true`, `GITHUB_TRIGGERING_ACTOR` or `GITHUB_ACTOR` is who acts, and the journal keeps that CI "
        + "claims it, with the run's address; likewise `GITLAB_USER_LOGIN` with `GITLAB_CI` and `BUILD_USER` with `JENKINS_URL`",
      flag: "reason"),
    EnvironmentVariable(
      name: "ROLLOUT_EVALUATION",
      meaning: "the address that is asked what applications are served, when the note names none", flag: "store"),
    EnvironmentVariable(
      name: "ROLLOUT_EVALUATION_TOKEN", meaning: "the bearer token for that address, where it wants one", flag: "store"),
    EnvironmentVariable(
      name: "XDG_CONFIG_HOME", meaning: "the folder that holds `rolloutctl/rolloutctl.json`; `~/.config` if not set",
      flag: "store"),
    EnvironmentVariable(
      name: "ROLLOUT_HTTP_TOKEN", meaning: "the bearer token for a flag document behind `https://`", flag: "store"),
    EnvironmentVariable(
      name: "ROLLOUT_HTTP_USERNAME",
      meaning:
        "who asks for such a document by Basic authentication, where no token is set; with `ROLLOUT_HTTP_PASSWORD`",
      flag: "store"),
    EnvironmentVariable(name: "ROLLOUT_HTTP_PASSWORD", meaning: "that user's password", flag: "store"),
    EnvironmentVariable(
      name: "ETCD_USERNAME", meaning: "who asks etcd, where it wants to know; with `ETCD_PASSWORD`", flag: "store"),
    EnvironmentVariable(name: "ETCD_PASSWORD", meaning: "that user's password", flag: "store"),
    EnvironmentVariable(
      name: "LAUNCHDARKLY_ACCESS_TOKEN", meaning: "a token of LaunchDarkly's REST API; an SDK key is none",
      flag: "store"),
    EnvironmentVariable(
      name: "LAUNCHDARKLY_TRIGGER_URLS",
      meaning: "`KEY=URL`, with blanks between: addresses of LaunchDarkly's triggers, which kill without a token",
      flag: "within"),
    EnvironmentVariable(name: "UNLEASH_API_TOKEN", meaning: "a token of Unleash's admin API", flag: "store"),
    EnvironmentVariable(
      name: "POSTHOG_API_KEY", meaning: "a personal key of PostHog that may read and write flags", flag: "store"),
    EnvironmentVariable(name: "STATSIG_CONSOLE_KEY", meaning: "a key of Statsig's Console API", flag: "store"),
    EnvironmentVariable(
      name: "PROMETHEUS_TOKEN", meaning: "the bearer token for a Prometheus that a note names as evidence", flag: ""),
    EnvironmentVariable(name: "NO_COLOR", meaning: "when set to anything, `--color auto` means never", flag: "color"),
    EnvironmentVariable(
      name: "CLICOLOR_FORCE",
      meaning: "where `NO_COLOR` is not set: anything but 0 means colours in files and pipes too", flag: "color"),
    EnvironmentVariable(
      name: "CLICOLOR", meaning: "where neither of these is set: 0 means no colours", flag: "color"),
    EnvironmentVariable(
      name: "TERM",
      meaning: "`dumb` is a terminal without colours, links and pager, on which `status --watch` prints lines",
      flag: "color"),
    EnvironmentVariable(
      name: "COLUMNS", meaning: "how wide lines may be where the output is no terminal", flag: "color"),
    EnvironmentVariable(
      name: "ROLLOUTCTL_PAGER",
      meaning:
        "what shows long help page by page at a terminal, else `PAGER`, else less; `cat` means none, and in CI there is "
        + "none", flag: ""),
  ]

  var entry: Entry { Entry("`\(name)`", meaning) }

  static func read(by command: CommandDescription) -> [EnvironmentVariable] {
    all.filter { variable in command.flags.contains { $0.long == variable.flag && $0.isCommon } }
  }
}

/// A file that rolloutctl reads or writes.
enum FileTable {
  static let all: [Entry] = [
    Entry(
      "`rolloutctl.json`",
      """
      settings, found upward from the working folder, then in the XDG folder, then as `/etc/rolloutctl.json`: `store`, \
      `stores`, `journal`, `evaluation`, `ca_file`, `alerts`, `replace`, `live`, `readers`, `single writer`
      """),
    Entry("`flags.json`", "a flag file in flagd's format, named by `--store`, the note or the settings"),
    Entry("`flags.json.rollout/KEY.journal`", "the journal of a flag, beside the real flag file"),
    Entry("`flags.json.rollout/KEY.journal-at`", "where that journal is, when it is kept elsewhere"),
    Entry("`.rollout/STORE/KEY.journal`", "the same for stores that keep no journals themselves"),
    Entry("`flags.json.rollout/KEY.journal.watch`", "the last sign of life of whoever watches the rollout"),
  ]

  static func used(by command: CommandDescription) -> [Entry] {
    command.flags.contains { $0.long == "store" && $0.isCommon } ? all : []
  }
}
