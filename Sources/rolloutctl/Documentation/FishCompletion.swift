/// `completions/rolloutctl.fish`: a few functions that read the line, and one `complete` for each row of the table.
struct FishCompletion {
  let table: CommandTable

  var text: String {
    let slots = CompletionSlots(table)
    return """
      # fish completion for \(table.program). Generated from its table of commands; edit that instead.

      # The words before the cursor, without their quotes.
      function __rolloutctl_typed
          commandline -xpc 2>/dev/null; or commandline -opc
      end

      # Whether the line is at that command, and, where a place is given, at the word after so many others.
      function __rolloutctl_at
          set -l words (__rolloutctl_typed)
          set -l command
          set -l place 0
          set -l skip 0
          set -l ended 0
          for word in $words[2..-1]
              if test $skip = 1
                  set skip 0
              else if test $ended = 0; and test "$word" = --
                  set ended 1
              else if test $ended = 0; and string match -qr -- '^-[^0-9]' $word
                  contains -- $word \(slots.valuedSpellings.joined(separator: " ")); and set skip 1
              else if test -z "$command"
                  set command $word
              else
                  set place (math $place + 1)
              end
          end
          test "$command" = "$argv[1]"; or return 1
          test (count $argv) = 1; or test $place = $argv[2]
      end

      # What the program itself finds: keys, stages, items.
      function __rolloutctl_lookup
          set -l words (__rolloutctl_typed)
          $words[1] \(CommandTable.candidatesWord) $argv[1] $words[2..-1] 2>/dev/null </dev/null
      end

      # Files with that ending, and the folders on the way to them.
      function __rolloutctl_files
          set -l value (commandline -ct | string replace -r -- '^--[^=]*=' '')
          complete -C "'' $value" | string match -r -- '.*/$|.*'(string escape --style=regex -- $argv[1])'$|^[^\\t]*(?:/|'(string escape --style=regex -- $argv[1])')\\t.*'
      end

      function __rolloutctl_commands
      \(slots.commands.map { "    printf '%s\\t%s\\n' \($0.name) \(quoted($0.summary))" }.joined(separator: "\n"))
      end

      complete -c \(table.program) -f
      complete -c \(table.program) -n '__rolloutctl_at ""' -k -a '(__rolloutctl_commands)'
      complete -c \(table.program) -n '__rolloutctl_at ""' -l version -d 'print the version'
      \((table.common + [.help]).map { line($0, at: "__rolloutctl_at \"\"") }.joined(separator: "\n"))
      \(slots.commands.flatMap(lines).joined(separator: "\n"))

      """
  }

  private func lines(_ command: CommandDescription) -> [String] {
    let flags = command.allFlags.map { line($0, at: "__rolloutctl_at \(command.name)") }
    let words = command.arguments.enumerated().compactMap { offset, argument -> String? in
      let candidates = candidates(argument.completion)
      guard !candidates.isEmpty else { return nil }
      let slot = argument.repeats ? "" : " \(offset)"
      return "complete -c \(table.program) -n '__rolloutctl_at \(command.name)\(slot)' -k -a \(quoted(candidates))"
    }
    return flags + words
  }

  private func line(_ flag: FlagDescription, at condition: String) -> String {
    var words = ["complete -c \(table.program) -n '\(condition)'"]
    if let short = flag.short { words.append("-s \(short)") }
    words.append("-l \(flag.long)")
    if flag.takesValue {
      words.append("-x")
      let candidates = candidates(flag.completion)
      if !candidates.isEmpty { words.append("-k -a \(quoted(candidates))") }
    }
    words.append("-d \(quoted(flag.summary))")
    return words.joined(separator: " ")
  }

  private func candidates(_ completion: Completion) -> String {
    var parts = completion.words
    if let lookup = completion.lookup { parts.append("(__rolloutctl_lookup \(lookup))") }
    switch completion.files {
    case .any: parts.append("(__rolloutctl_files \"\")")
    case .ending(let suffix): parts.append("(__rolloutctl_files \(suffix))")
    case .folders: parts.append("(__rolloutctl_files /)")
    case nil: break
    }
    return parts.joined(separator: " ")
  }

  private func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'") + "'"
  }
}
