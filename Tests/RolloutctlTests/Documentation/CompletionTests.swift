import Foundation
import Testing

@testable import RolloutOps
@testable import rolloutctl

/// The completion files in the shells that they are for.
///
/// Every shell gets the same lines and has to offer the same words. A stand-in for rolloutctl answers the lookups and
/// writes down what it was asked.
@Suite struct CompletionTests {
  private static let stages = ["internal", "5% of paid", "25% of paid", "100%"]
  private static let flags = ["ai-summary", "team:search", "it's", "a\"b$HOME`c\\d"]
  private static let here = ["notes/", "top.md"]

  struct Case: CustomTestStringConvertible, Sendable {
    /// After the program's name, as typed.
    let line: String
    let offers: [String]
    /// Files come after everything else, in an order that is the shell's own.
    var files: [String] = []

    func isMet(by found: [String]) -> Bool {
      found.starts(with: offers) && found.dropFirst(offers.count).sorted() == files.sorted()
    }

    var testDescription: String { line }
  }

  static let cases: [Case] = [
    Case(line: "", offers: CommandTable.names),
    Case(line: "pro", offers: ["promote"]),
    Case(line: "-q hi", offers: ["history"]),
    Case(line: "--store f.json re", offers: ["resume", "replan", "restore"]),
    Case(line: "promote ", offers: flags, files: here),
    Case(line: "promote notes/", offers: ["notes/summary.md"]),
    Case(line: "promote x y", offers: []),
    Case(line: "promote top.md --to ", offers: stages),
    Case(line: "promote top.md --to=", offers: stages),
    Case(line: "promote --to 5", offers: ["5% of paid"]),
    Case(line: "promote --to=25", offers: ["25% of paid"]),
    Case(line: "promote --to 5\\%\\ o", offers: ["5% of paid"]),
    Case(line: "promote --to '5% o", offers: ["5% of paid"]),
    Case(line: "promote --to \"5% o", offers: ["5% of paid"]),
    Case(line: "rollback ai-summary --to o", offers: ["off"]),
    Case(line: "promote x --reason ", offers: []),
    Case(line: "promote x --reason why --dr", offers: ["--dry-run"]),
    Case(line: "promote --override ", offers: ["soak", "human review"]),
    Case(line: "check --format g", offers: ["github"]),
    Case(line: "promote --format ", offers: ["text", "json", "markdown"]),
    Case(line: "--color=a", offers: ["auto", "always"]),
    Case(line: "kill ai-summary te", offers: ["team:search"]),
    Case(line: "kill team:s", offers: ["team:search"]),
    Case(line: "kill it", offers: ["it's"]),
    Case(line: "kill a\\\"b", offers: ["a\"b$HOME`c\\d"]),
    Case(line: "kill -- a", offers: ["ai-summary", "a\"b$HOME`c\\d"]),
    Case(line: "kill x --within ", offers: []),
    Case(line: "kill x --to ", offers: ["control", "off"]),
    Case(line: "history -n ", offers: []),
    Case(line: "history -n 5 ai", offers: ["ai-summary"]),
    Case(line: "history --action ab", offers: ["abandon"]),
    Case(line: "attest ai-summary ", offers: ["kill drilled", "runbook read (100%)"]),
    Case(line: "exclude ai-summary ", offers: []),
    Case(line: "include ai-summary ", offers: ["plan = paid"]),
    Case(line: "plan --at ", offers: []),
    Case(line: "plan ", offers: [], files: here),
    Case(line: "demo ", offers: ["notes/"]),
    Case(line: "status --journal n", offers: ["notes/"]),
    Case(line: "status --store n", offers: ["notes/"]),
    Case(line: "status --store f", offers: ["flags.json"]),
    Case(line: "init --tier ", offers: ["0", "1", "2", "3"]),
    Case(line: "init --owner ", offers: []),
    Case(line: "init --change-type po", offers: ["policy"]),
    Case(line: "completions ", offers: ["bash", "zsh", "fish"]),
    Case(line: "help exit", offers: ["exit-codes"]),
    Case(line: "unknown ", offers: []),
  ]

  /// A line with everything that a lookup needs to know, and the question that it leads to.
  private static let telling = "--store f.json promote 'my note.md' -q --reason \"it's\" --to "
  private static let told =
    "<__complete><stages><--store><f.json><promote><my note.md><-q><--reason><it's><--to>"

  private func world() throws -> ShellWorld { try ShellWorld(stages: Self.stages, flags: Self.flags) }

  private func expect(_ found: [ShellWorld.Answer]) {
    #expect(found.count == Self.cases.count)
    for (item, found) in zip(Self.cases, found) {
      if let only = item.offers.first, item.offers.count == 1, item.files.isEmpty {
        // One candidate is put into the line, with whatever quoting it needs there.
        #expect(found.word == only, "\(item.line)")
      } else {
        #expect(item.isMet(by: found.offers), "\(item.line) offers \(found.offers)")
      }
    }
  }

  // MARK: bash

  private static let bashSettings = #"""
    PS1= count=0
    bind 'set completion-query-items 0' 'set bell-style none'
    capture() {
      _rolloutctl "$@"
      local reply word
      for reply in "${COMPREPLY[@]}"; do
        eval "word=$reply"
        printf '%s\n' "$word" >> "$SCRATCH/offers.$count"
      done
    }
    complete -o nosort -F capture rolloutctl
    report() {
      eval "set -- $READLINE_LINE"
      [[ ${!#} == --*=* ]] && set -- "${!##*=}"
      printf '%s' "${!#}" > "$SCRATCH/word.$count"
      READLINE_LINE= READLINE_POINT=0 count=$((count + 1))
      ((count < LINES_TYPED)) || kill -9 $$
    }
    bind -x '"\C-t": report'
    """#

  @Test(.enabled(if: Tool.bash.isWanted && Tool.script.isWanted, Tool.bash.reason)) func bashOffersWhatFits() throws {
    expect(try bash(Self.cases.map(\.line), in: world()))
  }

  @Test(.enabled(if: Tool.bash.isWanted && Tool.script.isWanted, Tool.bash.reason))
  func bashAsksWithTheWholeLine() throws {
    let world = try world()
    _ = try bash([Self.telling], in: world)
    #expect(try world.home.read("asked") == Self.told)
  }

  private func bash(_ lines: [String], in world: ShellWorld) throws -> [ShellWorld.Answer] {
    let file = Repository.root.appendingPathComponent("completions/rolloutctl.bash").path
    try world.home.write("settings", "source '\(file)'\n" + Self.bashSettings)
    return try world.type(lines, into: "bash --noprofile --rcfile '\(world.home.path("settings"))' -i")
  }

  // MARK: zsh

  /// `compadd` is where every word comes by that zsh offers; calls that only ask it to compare pass through.
  private static let zshSettings = #"""
    unsetopt beep zle_bracketed_paste prompt_sp auto_list auto_menu
    PS1= count=0
    autoload -Uz compinit
    compinit -u -D
    autoload -Uz $FILE
    compdef _rolloutctl rolloutctl
    compadd() {
      local -a hits
      if (( ! ${@[(I)-[OAD]]} )); then
        builtin compadd -O hits "$@"
        (( $#hits )) && print -rl -- $hits >> $SCRATCH/offers.$count
      fi
      builtin compadd "$@"
    }
    report() {
      local word=${(Q)${(z)BUFFER}[-1]}
      [[ $word == --*=* ]] && word=${word#*=}
      print -rn -- $word > $SCRATCH/word.$count
      BUFFER=
      (( ++count < LINES_TYPED )) || kill -9 $$
    }
    zle -N report
    bindkey '^I' complete-word '^T' report
    """#

  @Test(.enabled(if: Tool.zsh.isWanted && Tool.script.isWanted, Tool.zsh.reason)) func zshOffersWhatFits() throws {
    expect(try zsh(Self.cases.map(\.line), in: world()))
  }

  @Test(.enabled(if: Tool.zsh.isWanted && Tool.script.isWanted, Tool.zsh.reason))
  func zshAsksWithTheWholeLine() throws {
    let world = try world()
    _ = try zsh([Self.telling], in: world)
    #expect(try world.home.read("asked") == Self.told)
  }

  private func zsh(_ lines: [String], in world: ShellWorld) throws -> [ShellWorld.Answer] {
    let file = Repository.root.appendingPathComponent("completions/_rolloutctl").path
    try world.home.write(".zshrc", "FILE='\(file)'\n" + Self.zshSettings)
    return try world.type(lines, into: "zsh --no-global-rcs -i").map { answer in
      ShellWorld.Answer(offers: answer.offers.map { $0 == "notes" ? "notes/" : $0 }, word: answer.word)
    }
  }

  // MARK: fish

  @Test(.enabled(if: Tool.fish.isWanted, Tool.fish.reason)) func fishOffersWhatFits() throws {
    let found = try fish(Self.cases.map(\.line), in: world())
    #expect(found.count == Self.cases.count)
    for (item, offers) in zip(Self.cases, found) {
      #expect(item.isMet(by: offers), "\(item.line) offers \(offers)")
    }
  }

  @Test(.enabled(if: Tool.fish.isWanted, Tool.fish.reason)) func fishAsksWithTheWholeLine() throws {
    let world = try world()
    _ = try fish([Self.telling], in: world)
    #expect(try world.home.read("asked") == Self.told)
  }

  /// fish itself lists what it would offer, without a terminal.
  private func fish(_ lines: [String], in world: ShellWorld) throws -> [[String]] {
    let file = Repository.root.appendingPathComponent("completions/rolloutctl.fish").path
    let script = "source $argv[1]; for line in $argv[2..-1]; complete -C $line; echo =; end"
    let answer = try Tool.fish.run(
      ["--no-config", "-c", script, file] + lines.map { "rolloutctl \($0)" }, in: world.here,
      environment: world.environment)
    #expect(answer.errors == "")
    return answer.output.split(separator: "=\n", omittingEmptySubsequences: false).dropLast().map { part in
      part.split(separator: "\n").map { line in
        let word = String(line.prefix { $0 != "\t" })
        return word.hasPrefix("--") && word.contains("=") ? String(word.drop { $0 != "=" }.dropFirst()) : word
      }
    }
  }
}

/// Where a shell is asked: a home with a stand-in for rolloutctl, which answers lookups and writes down what it was
/// asked, and a working folder with notes, a flag file and what is neither.
private struct ShellWorld {
  let home: TemporaryFolder
  let here: TemporaryFolder

  init(stages: [String], flags: [String]) throws {
    (home, here) = (try TemporaryFolder(), try TemporaryFolder())
    func say(_ words: [String]) -> String { "printf '%s\\n' " + words.map { Shell.word($0) }.joined(separator: " ") }
    let standIn = """
      #!/bin/sh
      printf '<%s>' "$@" >> '\(home.path("asked"))'
      [ "$1" = __complete ] || exit 9
      case $2 in
        stages) \(say(stages)) ;;
        flags) \(say(flags)) ;;
        gates) \(say(["soak", "human review"])) ;;
        items) \(say(["kill drilled", "runbook read (100%)"])) ;;
        exclusions) \(say(["plan = paid"])) ;;
      esac
      """
    // Written by a program that has ended: a file that is open for writing anywhere cannot be run, and the programs
    // that other tests start in this moment inherit what this process has open.
    _ = try Tool.sh.run(
      ["-c", "mkdir bin && cat > bin/rolloutctl && chmod +x bin/rolloutctl"], in: home, input: standIn)
    for file in ["top.md", "flags.json", "notes/summary.md", "notes/other.txt"] { try here.write(file, "") }
  }

  var environment: [String: String] {
    [
      "PATH": home.path("bin:") + (ProcessInfo.processInfo.environment["PATH"] ?? ""), "LC_ALL": "C.UTF-8",
      "HOME": home.path, "ZDOTDIR": home.path, "SCRATCH": home.path, "TERM": "dumb",
    ]
  }

  struct Answer {
    let offers: [String]
    /// The last word of the line afterwards, read as the shell reads it.
    let word: String
  }

  /// A shell on a terminal of its own, in which each line is typed and Tab pressed.
  func type(_ lines: [String], into command: String) throws -> [Answer] {
    let outcome = try Tool.script.run(
      ["-qec", command, "/dev/null"], in: here,
      environment: environment.merging(["LINES_TYPED": String(lines.count)]) { $1 },
      input: lines.map { "rolloutctl \($0)\t\u{14}" }.joined())
    return try lines.indices.map { index in
      let word = try #require(try? home.read("word.\(index)"), "the shell never came to the end: \(outcome)")
      let offers = home.has("offers.\(index)") ? try home.read("offers.\(index)") : ""
      return Answer(offers: offers.split(separator: "\n").map(String.init), word: word)
    }
  }
}
