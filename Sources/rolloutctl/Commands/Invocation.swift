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

  var ink: Ink {
    switch common.color {
    case .always: Ink(isOn: true)
    case .never: .none
    case .auto:
      Ink(
        isOn: context.output.width != nil && (context.surroundings.variables["NO_COLOR"] ?? "").isEmpty
          && context.surroundings.variables["TERM"] != "dumb")
    }
  }

  var width: Int { context.output.width ?? 100 }

  /// The one place where the format of a result is chosen.
  func print(text: (Ink, Int) -> String, json: () -> JSON, markdown: () -> String) {
    switch common.format {
    case .text: context.output.result(text(ink, width))
    case .json: context.output.result(json().written(.pretty))
    case .markdown: context.output.result(markdown())
    }
  }

  /// What belongs beside the result, on standard error.
  func remark(_ sentences: [String]) {
    guard !common.quiet else { return }
    for sentence in sentences { context.output.remark("rolloutctl: \(Terminal.plain(sentence))") }
  }
}

/// A command that can be carried out.
protocol Action: TakesCommonFlags {
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
      context.output.failure(report.text(ink: ink, width: width))
    } else {
      print(text: { report.text(ink: $0, width: $1) }, json: { report.json }, markdown: { report.markdown })
    }
    return report.status
  }
}
