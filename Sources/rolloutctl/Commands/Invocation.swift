import RolloutOps

/// One run of a command: the doors, and how its result is to be printed.
struct Invocation: Sendable {
  let context: Context
  let common: CommonOptions

  /// What the operations need of the command line.
  var choices: OperatorChoices {
    var choices = OperatorChoices()
    choices.stores = common.stores
    choices.journal = common.journal
    choices.reason = common.reason
    choices.dryRun = common.dryRun
    choices.verbose = common.verbose
    choices.allowsPlain = common.allowsPlain
    return choices
  }

  /// For results.
  var ink: Ink { ink(isTerminal: context.output.width != nil) }
  /// For what is said on standard error.
  var errorInk: Ink { ink(isTerminal: context.output.showsProgress) }

  private func ink(isTerminal: Bool) -> Ink {
    switch common.color {
    case .always: Ink(isOn: true)
    case .never: .none
    case .auto: Ink(isOn: context.rules.paints(isTerminal: isTerminal))
    }
  }

  /// The columns that lines must not pass; nil where nobody says how many there are.
  var columns: Int? { context.output.width ?? context.rules.columns }
  var width: Int { columns ?? 100 }

  /// The one place where the format of a result is chosen. Of a text that `folds`, lines are broken where they are wider
  /// than the columns; a table, or lines that are to be typed, keep theirs.
  func print(folds: Bool = false, text: (Ink, Int) -> String, json: () -> JSON, markdown: () -> String) {
    switch common.format {
    case .text:
      let text = linked(text(ink, width), isTerminal: context.output.width != nil)
      context.output.result(folds ? folded(text) : text)
    case .json: context.output.result(json().written(.pretty))
    case .markdown: context.output.result(markdown())
    }
  }

  private func linked(_ text: String, isTerminal: Bool) -> String {
    context.rules.links(isTerminal: isTerminal) ? Terminal.linked(text) : text
  }

  private func folded(_ text: String) -> String {
    guard let columns else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .flatMap { Terminal.folded(String($0), to: columns) }.joined(separator: "\n")
  }

  /// What belongs beside the result, on standard error.
  func remark(_ sentences: [String]) {
    guard !common.quiet else { return }
    for sentence in sentences { context.output.remark("rolloutctl: \(Terminal.plain(sentence))") }
  }
}

/// A command that can be carried out.
protocol Action: Command, TakesCommonFlags {
  func act(_ invocation: Invocation) throws(Trouble) -> ExitStatus

  /// Whether standard output must be one JSON value, also when things go wrong.
  var wantsJSON: Bool { get }
}

extension Action {
  var wantsJSON: Bool { common.format == .json }

  /// Runs it, and turns what stopped it into words and an exit status.
  func run(_ context: Context, typed words: [String]) -> ExitStatus {
    guard let field = common.field else { return carryOut(context, typed: words) }
    var options = self
    (options.common.format, options.common.field) = (.json, nil)
    let output = FieldOutput(field, of: context.output)
    let status = options.carryOut(context.printing(to: output), typed: words)
    // Who kills reads whether it is off.
    return status == .done && output.hasMissed && Self.name != KillOptions.name ? .usage : status
  }

  private func carryOut(_ context: Context, typed words: [String]) -> ExitStatus {
    do throws(Trouble) {
      return try act(Invocation(context: common.verbose ? context.tracingHTTP : context, common: common))
    } catch {
      var sentences = error.sentences
      if case .severalStores(_, let stores) = error {
        sentences += stores.map { "type: " + TypedLine.saying("store", $0, in: words, of: .rolloutctl) }
      }
      for sentence in sentences {
        context.output.failure("rolloutctl \(Self.name): \(Terminal.plain(sentence))")
      }
      if wantsJSON {
        let answer: JSON = ["error": .strings(sentences), "exit": .number(Int(error.status.rawValue))]
        context.output.result(answer.written(.pretty))
      }
      return error.status
    }
  }
}

extension Invocation {
  /// Every verb but kill: asked for, carried out, told.
  func move(_ request: Request, on target: String) throws(Trouble) -> ExitStatus {
    tell(try Move(context: context, choices: choices).perform(request, on: target))
  }

  func tell(_ report: MoveReport) -> ExitStatus {
    remark(report.remarks)
    let isAnswer = report.status == .done || report.status == .hold
    if common.format == .text, !isAnswer {
      // What was not done is no result: a pipe gets nothing, a person reads why.
      let text = report.text(ink: errorInk, width: width)
      context.output.failure(folded(linked(text, isTerminal: context.output.showsProgress)))
    } else {
      print(
        folds: true, text: { report.text(ink: $0, width: $1) }, json: { report.json }, markdown: { report.markdown })
    }
    return report.status
  }
}

extension Context {
  var rules: TerminalRules {
    let variables = surroundings.variables
    return TerminalRules { variables[$0] }
  }
}
