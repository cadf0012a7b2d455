import RolloutOps

/// A variable of the environment that rolloutctl reads.
struct EnvironmentVariable: Sendable {
  let name: String
  let meaning: String

  static let all: [EnvironmentVariable] =
    [
      EnvironmentVariable(
        name: "ROLLOUT_STORE", meaning: "where the flags live, when neither `--store` nor the note says so"),
      EnvironmentVariable(
        name: "ROLLOUT_JOURNAL", meaning: "where the journals are, when neither `--journal` nor the note says so"),
      EnvironmentVariable(
        name: "ROLLOUT_ACTOR",
        meaning:
          "who acts, for the journal; without it who started the pipeline's job, else the name you are logged in with"),
      EnvironmentVariable(
        name: "GITHUB_ACTIONS",
        meaning:
          "where it is `true`, `GITHUB_TRIGGERING_ACTOR` or `GITHUB_ACTOR` is who acts, and the journal keeps that CI "
          + "claims it, with the run's address; likewise `GITLAB_USER_LOGIN` with `GITLAB_CI` and `BUILD_USER` with `JENKINS_URL`"
      ),
      EnvironmentVariable(
        name: "ROLLOUT_EVALUATION",
        meaning: "the address that is asked what applications are served, when the note names none"),
      EnvironmentVariable(
        name: "ROLLOUT_EVALUATION_TOKEN", meaning: "the bearer token for that address, where it wants one"),
      EnvironmentVariable(
        name: "XDG_CONFIG_HOME", meaning: "the folder that holds `rolloutctl/rolloutctl.json`; `~/.config` if not set"),
    ] + ofStores + [
      EnvironmentVariable(
        name: "PROMETHEUS_TOKEN", meaning: "the bearer token for a Prometheus that a note names as evidence"),
      EnvironmentVariable(name: "NO_COLOR", meaning: "when set to anything, `--color auto` means never"),
      EnvironmentVariable(
        name: "CLICOLOR_FORCE",
        meaning: "where `NO_COLOR` is not set: anything but 0 means colours in files and pipes too"),
      EnvironmentVariable(
        name: "CLICOLOR", meaning: "where neither of these is set: 0 means no colours"),
      EnvironmentVariable(
        name: "TERM",
        meaning: "`dumb` is a terminal without colours, links and pager, on which `status --watch` prints lines"),
      EnvironmentVariable(
        name: "COLUMNS", meaning: "how wide lines may be where the output is no terminal"),
      EnvironmentVariable(
        name: "ROLLOUTCTL_PAGER",
        meaning:
          "what shows long help page by page at a terminal, else `PAGER`, else less; `cat` means none, and in CI there is "
          + "none"),
    ]

  private static let ofStores = StoreKinds.all.flatMap(\.variables).map {
    EnvironmentVariable(name: $0.name, meaning: $0.meaning)
  }

  var entry: Entry { Entry("`\(name)`", meaning) }
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
}
