import RolloutOps

/// `completions/rolloutctl.bash`: a fixed part that reads the line, and the table as one `case`.
struct BashCompletion {
  let table: CommandTable

  var text: String {
    let slots = CompletionSlots(table)
    return """
      # bash completion for \(table.program). Generated from its table of commands; edit that instead.

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
          elif [[ $char == \\\\ && $quote != "'" ]] && [[ -z $quote || $text == [\\\\\\"\\$\\`]* ]]; then
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
          if [[ -d ${path/#\\~\\//$HOME/} ]]; then
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
        done < <("$program" \(CommandTable.candidatesWord) "$1" "${typed[@]}" 2>/dev/null </dev/null)
      }

      __rolloutctl_takes_value() {
        case $1 in
          \(slots.valuedSpellings.map { Shell.word($0) }.joined(separator: " | "))) return 0 ;;
        esac
        return 1
      }

      __rolloutctl_flags() {
        case $1 in
          '') __rolloutctl_words \(spellings(table.common)) --help --version ;;
      \(slots.commands.map { "    \($0.name)) __rolloutctl_words \(spellings($0.allFlags)) ;;" }.joined(separator: "\n"))
        esac
      }

      # What fits as the value of a flag, or as the word after so many others, of a command.
      __rolloutctl_values() {
        case $1 in
      \(cases(slots).joined(separator: "\n"))
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
        program=${REPLY/#\\~\\//$HOME/}
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
          __rolloutctl_words \(slots.commands.map(\.name).joined(separator: " "))
        else
          __rolloutctl_values "$command $place"
        fi

        local quote= text=${raw#"$begun"}
        case $text in
          \\"* | \\'*) quote=${text:0:1} ;;
        esac
        for word in "${found[@]}"; do
          case $quote in
            \\") text=${word//\\\\/\\\\\\\\} text=${text//\\"/\\\\\\"} text=${text//\\$/\\\\\\$} text=${text//\\`/\\\\\\`} ;;
            \\') text=${word//\\'/\\'\\\\\\'\\'} ;;
            *)
              printf -v text %q "$word"
              [[ $word == \\~/* ]] && printf -v text '~/%q' "${word:2}"
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

      complete -o nosort -F _rolloutctl \(table.program) 2>/dev/null || complete -F _rolloutctl \(table.program)

      """
  }

  private func spellings(_ flags: [FlagDescription]) -> String { flags.map(\.spelling).joined(separator: " ") }

  /// One line for each thing that fits somewhere, with all its places.
  private func cases(_ slots: CompletionSlots) -> [String] {
    var lines: [(calls: String, patterns: [String])] = []
    for slot in slots.commands.flatMap(slots.slots) + commonSlots {
      let calls = self.calls(slot.completion)
      guard !calls.isEmpty else { continue }
      let line = lines.firstIndex { $0.calls == calls }
      if let line { lines[line].patterns += patterns(slot) } else { lines.append((calls, patterns(slot))) }
    }
    return lines.map { line in
      "    \(line.patterns.joined(separator: " | ")))\n      \(line.calls)\n      ;;"
    }
  }

  /// Common flags before the command's name.
  private var commonSlots: [CompletionSlots.Slot] {
    table.common.filter(\.takesValue).map {
      CompletionSlots.Slot(command: "", flags: $0.spellings, completion: $0.completion)
    }
  }

  private func patterns(_ slot: CompletionSlots.Slot) -> [String] {
    guard slot.flags.isEmpty else { return slot.flags.map { Shell.word("\(slot.command) \($0)") } }
    return ["'\(slot.command) '" + (slot.index.map(String.init) ?? "[0-9]*")]
  }

  private func calls(_ completion: Completion) -> String {
    var calls: [String] = []
    if let lookup = completion.lookup { calls.append("__rolloutctl_lookup \(lookup)") }
    if !completion.words.isEmpty {
      calls.append("__rolloutctl_words " + completion.words.map { Shell.word($0) }.joined(separator: " "))
    }
    switch completion.files {
    case .any: calls.append("__rolloutctl_files ''")
    case .ending(let suffix): calls.append("__rolloutctl_files \(suffix)")
    case .folders: calls.append("__rolloutctl_folders")
    case nil: break
    }
    return calls.joined(separator: "; ")
  }
}
