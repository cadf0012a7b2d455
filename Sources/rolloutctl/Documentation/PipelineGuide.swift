import RolloutOps

/// `help ci`: rolloutctl in a pipeline. A test runs both examples step by step.
enum PipelineGuide {
  @Sendable static func blocks() -> [Block] {
    [
      .paragraph(
        """
        A pipeline checks the note of every change, and by the clock promotes what may be promoted. Both examples are \
        whole files: `rolloutctl` is on the path, and the note's store outlives the job, as etcd or a platform does. \
        Its token is a secret of the pipeline, under the name in `rolloutctl help stores`. Where the flags are a file of \
        the repository, a last step commits and pushes what `rolloutctl promote` wrote, the folder of journals too.
        """),
      .heading("GitHub Actions"),
      .code(gitHub),
      .heading("GitLab CI"),
      .code(gitLab),
      .paragraph(
        """
        A hold is no failure: with `--hold-ok` it exits 0, and GitLab shows an allowed 3 as a warning. A trigger that \
        fired (4, 5), drift (6) and a note with errors (7) make the job red; `rolloutctl help exit-codes` has them all. \
        With `--wait` the job goes on looking until the gates are open, or a person's turn has come.
        """),
      .paragraph(
        """
        Who acts is who started the run, `GITHUB_TRIGGERING_ACTOR` or `GITLAB_USER_LOGIN`. The journal keeps that CI \
        claims it, with the run's address; `ROLLOUT_ACTOR` says it otherwise. Nobody reviews a promotion of their own.
        """),
      .list([
        "`--format github` of `rolloutctl check` shows each problem at its line of the change.",
        "`--format markdown` is for the summary of a run, or a comment.",
        "`--format json` is one value, and `--field` prints one part of it.",
      ]),
    ]
  }

  static let gitHub = """
    on: {pull_request: {}, schedule: [{cron: "17 * * * *"}]}
    jobs:
      rollout:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/checkout@v4
          - run: rolloutctl check --format github notes/*.md
          - run: rolloutctl gate --hold-ok notes/summary.md
          - run: rolloutctl promote --hold-ok notes/summary.md
            if: github.event_name == 'schedule'
    """

  static let gitLab = """
    check:
      script:
        - rolloutctl check notes/*.md
    promote:
      resource_group: summary
      rules: [{if: $CI_PIPELINE_SOURCE == "schedule"}]
      script:
        - rolloutctl gate --hold-ok notes/summary.md
        - rolloutctl promote --wait --timeout 30m notes/summary.md
      allow_failure: {exit_codes: [3]}
    """
}
