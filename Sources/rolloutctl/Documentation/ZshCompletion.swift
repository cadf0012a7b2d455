import RolloutOps

/// `completions/_rolloutctl`, for zsh's completion system.
struct ZshCompletion {
  let table: CommandTable

  var text: String {
    let slots = CompletionSlots(table)
    return """
      #compdef \(table.program)
      # zsh completion for \(table.program). Generated from its table of commands; edit that instead.

      # Offers, in the place of one value, all that its arguments say: 'lookup KIND', 'words WORD...', 'files PATTERN',
      # 'folders'.
      __rolloutctl_offer() {
        local part ret=1
        local -a found expl
        for part in "$@"; do
          case $part in
            (lookup\\ *)
              found=("${(@f)$("$rolloutctl_program" \(CommandTable.candidatesWord) ${part#lookup } "${rolloutctl_typed[@]}" 2>/dev/null </dev/null)}")
              found=("${(@)found:#}")
              (( $#found )) && _wanted -V ${part#lookup } expl ${part#lookup } compadd -a found && ret=0
              ;;
            (words\\ *)
              found=(${=part#words })
              _wanted -V values expl value compadd -a found && ret=0
              ;;
            (files\\ *) _files -g ${part#files } && ret=0 ;;
            (files) _files && ret=0 ;;
            (folders) _files -/ && ret=0 ;;
          esac
        done
        return ret
      }

      __rolloutctl_commands() {
        local -a commands=(
      \(slots.commands.map { "    " + Shell.word("\($0.name):\($0.summary.replacingEach(":", with: "\\:"))") }.joined(separator: "\n"))
        )
        _describe -V -t commands command commands
      }

      _\(table.program)() {
        local curcontext=$curcontext state line ret=1
        local -A opt_args
        # _arguments changes words; a lookup needs the line as it was typed.
        local rolloutctl_program=${~${(Q)words[1]}}
        local -a rolloutctl_typed=("${(@Q)words[2,CURRENT-1]}")

        # Flags after the command's name are the command's.
        _arguments -s -S -A '-*' -C \\
          \((table.common + [.help]).map(spec).joined(separator: " \\\n    ")) \\
          '(- *)--version[print the version]' \\
          '1: :__rolloutctl_commands' \\
          '*:: :->rest' && ret=0

        [[ $state == rest ]] || return ret
        curcontext=${curcontext%:*:*}:\(table.program)-$words[1]:
        case $words[1] in
      \(slots.commands.map(branch).joined(separator: "\n"))
        esac
        return ret
      }

      if [[ $funcstack[1] == _\(table.program) ]]; then
        _\(table.program) "$@"
      else
        compdef _\(table.program) \(table.program)
      fi

      """
  }

  private func branch(_ command: CommandDescription) -> String {
    let specs = command.allFlags.map(spec) + command.arguments.map(spec)
    return "    (\(command.name))\n      _arguments -s -S \\\n        "
      + specs.joined(separator: " \\\n        ") + " && ret=0\n      ;;"
  }

  private func spec(_ flag: FlagDescription) -> String {
    let summary = "[\(escaped(flag.summary))]"
    let value = flag.valueName.map { ":\($0):" + action(flag.completion) } ?? ""
    let others = flag == .help ? "- *" : flag.spellings.count > 1 ? flag.spellings.joined(separator: " ") : ""
    let exclusion = (others.isEmpty ? "" : "(\(others))") + (flag.repeats ? "*" : "")
    let spellings = flag.spellings.map { $0 + (flag.takesValue ? ($0.hasPrefix("--") ? "=" : "+") : "") }
    guard spellings.count > 1 else { return Shell.word(exclusion + (spellings.first ?? "") + summary + value) }
    return Shell.word(exclusion) + "{\(spellings.joined(separator: ","))}" + Shell.word(summary + value)
  }

  private func spec(_ argument: ArgumentDescription) -> String {
    let slot = argument.repeats ? "*:" : argument.isRequired ? ":" : "::"
    return Shell.word("\(slot)\(argument.name):\(action(argument.completion))")
  }

  /// A leading blank keeps `_arguments` from adding words of its own to the call.
  private func action(_ completion: Completion) -> String {
    var parts: [String] = []
    if let lookup = completion.lookup { parts.append("lookup \(lookup)") }
    if !completion.words.isEmpty { parts.append("words " + completion.words.joined(separator: " ")) }
    switch completion.files {
    case .any: parts.append("files")
    case .ending(let suffix): parts.append("files *\(suffix)")
    case .folders: parts.append("folders")
    case nil: break
    }
    return parts.isEmpty ? " " : " __rolloutctl_offer " + parts.map { "\"\($0)\"" }.joined(separator: " ")
  }

  /// Brackets and colons mean something in a specification.
  private func escaped(_ text: String) -> String {
    text.replacingEach("\\", with: "\\\\").replacingEach(":", with: "\\:").replacingEach("[", with: "\\[")
      .replacingEach("]", with: "\\]")
  }
}

extension String {
  /// Every occurrence of a character replaced.
  fileprivate func replacingEach(_ character: Character, with text: String) -> String {
    split(separator: character, omittingEmptySubsequences: false).joined(separator: text)
  }
}
