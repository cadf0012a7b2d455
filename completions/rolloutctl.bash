# bash completion for rolloutctl. Generated from its table of commands; edit that instead.

# Sets REPLY to a word without its quotes and backslashes.
__rolloutctl_unquote() {
  local text=$1 quote= char
  REPLY=
  while [[ -n $text ]]; do
    char=${text:0:1}
    text=${text:1}
    if [[ -z $quote && ( $char == "'" || $char == '"' ) ]]; then
      quote=$char
    elif [[ -n $quote && $char == "$quote" ]]; then
      quote=
    elif [[ $char == \\ && $quote != "'" ]] && [[ -z $quote || $text == [\\\"\$\`]* ]]; then
      REPLY+=${text:0:1}
      text=${text:1}
    else
      REPLY+=$char
    fi
  done
}

# Adds the words that begin as the current one does.
__rolloutctl_words() {
  local word
  for word in "$@"; do
    [[ $word == "$current"* ]] && found+=("$word")
  done
}

# Adds files with that ending, and the folders on the way to them.
__rolloutctl_files() {
  local path
  while IFS= read -r path; do
    if [[ -d ${path/#\~\//$HOME/} ]]; then
      found+=("$path/")
    elif [[ $path == *"$1" ]]; then
      found+=("$path")
    fi
  done < <(compgen -f -- "$current" | sort)
}

__rolloutctl_folders() {
  local path
  while IFS= read -r path; do
    found+=("$path/")
  done < <(compgen -d -- "$current" | sort)
}

# Adds what the program itself finds: keys, stages, items.
__rolloutctl_lookup() {
  local word
  while IFS= read -r word; do
    [[ $word == "$current"* ]] && found+=("$word")
  done < <("$program" __complete "$1" "${typed[@]}" 2>/dev/null </dev/null)
}

__rolloutctl_takes_value() {
  case $1 in
    --reason | --store | --journal | --format | --field | --color | --flag | --title | --change | --gain | --risk | --change-type | --tier | --owner | --on-call | --unit | --version-label | --control-version | --time-zone | --fallback | --runbook | --cohort | --exclude | --schedule | --dashboard | --evidence | --at | --traces | --every | --canary | --control | --splits | --share | --seed | --where | --since | --until | --to | --override | --timeout | --stage | --within | --interval | --by | --metric | --segment | --action | --actor | -n | --limit | --size | --each | --arm | --version) return 0 ;;
  esac
  return 1
}

__rolloutctl_flags() {
  case $1 in
    '') __rolloutctl_words --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help --version ;;
    init) __rolloutctl_words --flag --store --title --change --gain --risk --change-type --tier --owner --on-call --unit --version-label --control-version --time-zone --fallback --runbook --cohort --exclude --schedule --dashboard --evidence --dry-run --color --quiet --verbose --help ;;
    check) __rolloutctl_words --strict --format --color --quiet --verbose --help ;;
    plan) __rolloutctl_words --at --format --field --color --quiet --verbose --help ;;
    backtest) __rolloutctl_words --traces --every --canary --control --splits --share --seed --where --since --until --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    promote) __rolloutctl_words --to --override --adopt --wait --timeout --hold-ok --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    rollback) __rolloutctl_words --to --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    hold) __rolloutctl_words --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    resume) __rolloutctl_words --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    adopt) __rolloutctl_words --stage --merge --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    replan) __rolloutctl_words --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    finish) __rolloutctl_words --override --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    abandon) __rolloutctl_words --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    kill) __rolloutctl_words --all --yes --on-alert --within --to --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    restore) __rolloutctl_words --to --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    exclude) __rolloutctl_words --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    include) __rolloutctl_words --reason --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    status) __rolloutctl_words --watch --interval --exit-code --wait --timeout --hold-ok --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    changes) __rolloutctl_words --since --until --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    gate) __rolloutctl_words --wait --timeout --hold-ok --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    compare) __rolloutctl_words --traces --by --control --canary --metric --unit --segment --where --since --share --sequential --format --field --color --quiet --verbose --help ;;
    history) __rolloutctl_words --verify --since --until --action --actor --limit --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    attest) __rolloutctl_words --evidence --stage --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    doctor) __rolloutctl_words --card --prove --within --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    demo) __rolloutctl_words --color --quiet --verbose --help ;;
    watch) __rolloutctl_words --once --interval --dry-run --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    sample) __rolloutctl_words --traces --by --size --each --seed --arm --version --where --since --until --store --journal --allow-http --format --field --color --quiet --verbose --help ;;
    completions) __rolloutctl_words --help ;;
    help) __rolloutctl_words --help ;;
    version) __rolloutctl_words --format --field --color --quiet --verbose --help ;;
  esac
}

# What fits as the value of a flag, or as the word after so many others, of a command.
__rolloutctl_values() {
  case $1 in
    'init --flag' | 'kill '[0-9]*)
      __rolloutctl_lookup flags
      ;;
    'init --store' | 'init --runbook' | 'backtest --traces' | 'backtest --store' | 'promote --store' | 'rollback --store' | 'hold --store' | 'resume --store' | 'adopt --store' | 'replan --store' | 'finish --store' | 'abandon --store' | 'kill --store' | 'restore --store' | 'exclude --store' | 'include --store' | 'status --store' | 'changes --store' | 'gate --store' | 'compare --traces' | 'compare '[0-9]* | 'history --store' | 'attest --store' | 'doctor --store' | 'watch --store' | 'sample --traces' | 'sample --store' | ' --store')
      __rolloutctl_files ''
      ;;
    'init --change-type')
      __rolloutctl_words prompt model retrieval policy tool code
      ;;
    'init --tier')
      __rolloutctl_words 0 1 2 3
      ;;
    'init --color' | 'check --color' | 'plan --color' | 'backtest --color' | 'promote --color' | 'rollback --color' | 'hold --color' | 'resume --color' | 'adopt --color' | 'replan --color' | 'finish --color' | 'abandon --color' | 'kill --color' | 'restore --color' | 'exclude --color' | 'include --color' | 'status --color' | 'changes --color' | 'gate --color' | 'compare --color' | 'history --color' | 'attest --color' | 'doctor --color' | 'demo --color' | 'watch --color' | 'sample --color' | 'version --color' | ' --color')
      __rolloutctl_words auto always never
      ;;
    'init '0 | 'check '[0-9]* | 'plan '0 | 'backtest '0)
      __rolloutctl_files .md
      ;;
    'check --format')
      __rolloutctl_words text json markdown github
      ;;
    'plan --format' | 'backtest --format' | 'promote --format' | 'rollback --format' | 'hold --format' | 'resume --format' | 'adopt --format' | 'replan --format' | 'finish --format' | 'abandon --format' | 'kill --format' | 'restore --format' | 'exclude --format' | 'include --format' | 'status --format' | 'changes --format' | 'gate --format' | 'compare --format' | 'history --format' | 'attest --format' | 'doctor --format' | 'watch --format' | 'sample --format' | 'version --format' | ' --format')
      __rolloutctl_words text json markdown
      ;;
    'backtest --journal' | 'promote --journal' | 'rollback --journal' | 'hold --journal' | 'resume --journal' | 'adopt --journal' | 'replan --journal' | 'finish --journal' | 'abandon --journal' | 'kill --journal' | 'restore --journal' | 'exclude --journal' | 'include --journal' | 'status --journal' | 'changes --journal' | 'gate --journal' | 'history --journal' | 'attest --journal' | 'doctor --journal' | 'demo '0 | 'watch --journal' | 'sample --journal' | ' --journal')
      __rolloutctl_folders
      ;;
    'promote --to' | 'adopt --stage' | 'restore --to' | 'attest --stage')
      __rolloutctl_lookup stages
      ;;
    'promote --override' | 'finish --override')
      __rolloutctl_lookup gates
      ;;
    'promote '0 | 'rollback '0 | 'hold '0 | 'resume '0 | 'adopt '0 | 'replan '0 | 'finish '0 | 'abandon '0 | 'restore '0 | 'exclude '0 | 'include '0 | 'status '0 | 'gate '0 | 'history '0 | 'attest '0 | 'doctor '[0-9]* | 'watch '[0-9]* | 'sample '0)
      __rolloutctl_lookup flags; __rolloutctl_files .md
      ;;
    'rollback --to')
      __rolloutctl_lookup stages; __rolloutctl_words off
      ;;
    'kill --to')
      __rolloutctl_words control off
      ;;
    'include '1)
      __rolloutctl_lookup exclusions
      ;;
    'compare --by')
      __rolloutctl_words prompt_version model_version retrieval_version policy_version tool_version
      ;;
    'compare --unit')
      __rolloutctl_words tenant user session none
      ;;
    'history --action')
      __rolloutctl_words promote rollback hold resume adopt replan finish abandon kill restore exclude include attest
      ;;
    'attest '1)
      __rolloutctl_lookup items
      ;;
    'sample --by')
      __rolloutctl_words tenant category feedback prompt_version
      ;;
    'sample --arm')
      __rolloutctl_words canary control both
      ;;
    'completions '0)
      __rolloutctl_words bash zsh fish
      ;;
    'help '0)
      __rolloutctl_words init check plan backtest promote rollback hold resume adopt replan finish abandon kill restore exclude include status changes gate compare history attest doctor demo watch sample completions help version exit-codes notes evidence stores ci environment states marks
      ;;
  esac
}

_rolloutctl() {
  local line=$COMP_LINE piece i REPLY
  local -a words=() typed=() found=()
  COMPREPLY=()
  # Readline cuts words at COMP_WORDBREAKS too; what no blank separates is one word here.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=${COMP_WORDS[i]}
    if ((i == 0)) || [[ $line == [[:space:]]* ]]; then
      words+=("$piece")
    else
      words[${#words[@]} - 1]+=$piece
    fi
    line=${line#"${line%%[![:space:]]*}"}
    line=${line#"$piece"}
  done
  local raw=${words[${#words[@]} - 1]}
  # What readline replaces is the last piece only; before it stands what has to be left out of the answer.
  local kept=${raw%"$piece"}
  [[ $piece == [=:]* ]] && kept=$raw

  local command= flag= ended= program word
  local -i place=0
  __rolloutctl_unquote "${words[0]}"
  program=${REPLY/#\~\//$HOME/}
  for word in "${words[@]:1:${#words[@]} - 2}"; do
    __rolloutctl_unquote "$word"
    typed+=("$REPLY")
    if [[ -n $flag ]]; then
      flag=
    elif [[ -z $ended && $REPLY == -- ]]; then
      ended=1
    elif [[ -z $ended && $REPLY == -[!0-9]* ]]; then
      __rolloutctl_takes_value "$REPLY" && flag=$REPLY
    elif [[ -z $command ]]; then
      command=$REPLY
    else
      place+=1
    fi
  done

  local current begun=
  __rolloutctl_unquote "$raw"
  current=$REPLY
  if [[ -n $flag ]]; then
    __rolloutctl_values "$command $flag"
  elif [[ -z $ended && $current == --*=* ]]; then
    begun=${current%%=*}=
    current=${current#*=}
    __rolloutctl_values "$command ${begun%=}"
  elif [[ -z $ended && $current == -* ]]; then
    __rolloutctl_flags "$command"
  elif [[ -z $command ]]; then
    __rolloutctl_words init check plan backtest promote rollback hold resume adopt replan finish abandon kill restore exclude include status changes gate compare history attest doctor demo watch sample completions help version
  else
    __rolloutctl_values "$command $place"
  fi

  local quote= text=${raw#"$begun"}
  case $text in
    \"* | \'*) quote=${text:0:1} ;;
  esac
  for word in "${found[@]}"; do
    case $quote in
      \") text=${word//\\/\\\\} text=${text//\"/\\\"} text=${text//\$/\\\$} text=${text//\`/\\\`} ;;
      \') text=${word//\'/\'\\\'\'} ;;
      *)
        printf -v text %q "$word"
        [[ $word == \~/* ]] && printf -v text '~/%q' "${word:2}"
        text=$begun$text
        text=${text#"$kept"}
        ;;
    esac
    COMPREPLY+=("$text")
  done
  # A folder is the way to a file, not yet the word.
  [[ ${#found[@]} -eq 1 && ${found[0]} == */ ]] && compopt -o nospace 2>/dev/null
  return 0
}

complete -o nosort -F _rolloutctl rolloutctl 2>/dev/null || complete -F _rolloutctl rolloutctl
