/// Every door to the outside world, in one value. What is not here, no operation can touch.
package struct Context: Sendable {
  package let clock: any WallClock
  package let files: any Files
  /// Trace logs: too big to be read whole.
  package let inputs: any Inputs
  /// Web servers.
  package let http: any HTTP
  package let output: any Output
  package let surroundings: Surroundings
  package let interruptions: any Interruptions
  /// Threads for what may hang.
  package let hands: any Hands

  package init(
    clock: any WallClock, files: any Files, inputs: any Inputs = NoInputs(), http: any HTTP = NoHTTP(),
    output: any Output, surroundings: Surroundings, interruptions: any Interruptions = NoInterruptions(),
    hands: any Hands = OneHand()
  ) {
    (self.clock, self.files, self.inputs, self.http, self.output) = (clock, files, inputs, http, output)
    self.surroundings = surroundings
    (self.interruptions, self.hands) = (interruptions, hands)
  }
}

extension Context {
  /// The same world, with its results going elsewhere.
  package func printing(to output: any Output) -> Context {
    Context(
      clock: clock, files: files, inputs: inputs, http: http, output: output, surroundings: surroundings,
      interruptions: interruptions, hands: hands)
  }

  /// The same world, where a program acts by itself: who started it is a name behind its own.
  package func signing(as program: String) -> Context {
    var surroundings = surroundings
    surroundings.actor = "\(program) (\(surroundings.actor)@\(surroundings.host))"
    return Context(
      clock: clock, files: files, inputs: inputs, http: http, output: output, surroundings: surroundings,
      interruptions: interruptions, hands: hands)
  }

  /// The same world, with every request told on standard error.
  package var tracingHTTP: Context {
    Context(
      clock: clock, files: files, inputs: inputs, http: TracedHTTP(http, clock, output), output: output,
      surroundings: surroundings, interruptions: interruptions, hands: hands)
  }

  /// The same world by a clock that nobody can set: for whoever has a deadline.
  package var steady: Context {
    Context(
      clock: clock.steady, files: files, inputs: inputs, http: http, output: output, surroundings: surroundings,
      interruptions: interruptions, hands: hands)
  }
}

/// Signals that want to end the process.
package protocol Interruptions: Sendable {
  /// Lets them wait until the body is done.
  func postponed<Answer, Failure: Error>(_ body: () throws(Failure) -> Answer) throws(Failure) -> Answer
}

/// For a world in which nobody interrupts.
package struct NoInterruptions: Interruptions {
  package init() {}

  package func postponed<Answer, Failure: Error>(_ body: () throws(Failure) -> Answer) throws(Failure) -> Answer {
    try body()
  }
}

/// What time it is, and waiting.
package protocol WallClock: Sendable {
  func now() -> Instant
  /// Waits that long, or shorter when a signal comes in between.
  func pause(microseconds: Int)
  /// The same time from now on, whoever sets the machine's clock meanwhile, and also while the machine sleeps.
  var steady: any WallClock { get }
}

extension WallClock {
  package var steady: any WallClock { self }
}

/// Where results and remarks go.
package protocol Output: Sendable {
  /// The result, for pipes and eyes.
  func result(_ text: String)
  /// Everything conversational: standard error.
  func remark(_ text: String)
  /// Why something was not done: standard error too.
  func failure(_ text: String)
  /// Whether the reader of the results has gone away.
  var isBroken: Bool { get }
  /// How far long work has come, for a person who waits; nil takes it away again. Where nobody watches it is nothing.
  func progress(_ text: String?)
  /// Whether somebody watches it.
  var showsProgress: Bool { get }
  /// Columns of the terminal behind the result; nil when it is no terminal.
  var width: Int? { get }
  /// Whether a person can be asked.
  var asks: Bool { get }
  /// A line a person typed in answer; nil where nobody can.
  func ask(_ question: String) -> String?
  /// A text of some length: through the pager, where somebody sits at a terminal that has fewer lines.
  func pages(_ text: String, through pager: String?)
  /// The terminal behind the result to draw on; nil where it is no terminal.
  func takeScreen() -> (any Screen)?
}

extension Output {
  package func progress(_ text: String?) {}
  package var showsProgress: Bool { false }
  package func pages(_ text: String, through pager: String?) { result(text) }
  package func takeScreen() -> (any Screen)? { nil }
  package var asks: Bool { false }
}

/// What the process was started with, read once.
package struct Surroundings: Sendable {
  package var variables: Variables
  package var workingFolder: String
  /// Who acts, as the journal names them.
  package var actor: String
  package var host: String
  package var process: Int
  /// The job that says who acts, where no person was asked.
  package var job: Job?

  /// A run of a pipeline.
  package struct Job: Hashable, Sendable {
    package let system: String
    /// Where it can be looked at.
    package let address: String?
  }

  package init(
    variables: Variables = [:], workingFolder: String, actor: String, host: String, process: Int
  ) {
    (self.variables, self.workingFolder) = (variables, workingFolder)
    (self.actor, self.host, self.process) = (actor, host, process)
  }
}

/// The environment's variables. A command asks for a handful: a list is searched faster than a dictionary is made.
package struct Variables: Sendable, ExpressibleByDictionaryLiteral {
  private var all: [(name: String, value: String)]

  package init(dictionaryLiteral elements: (String, String)...) { all = elements.map { (name: $0.0, value: $0.1) } }

  package init() { all = [] }

  package subscript(_ name: String) -> String? {
    get { all.first { $0.name == name }?.value }
    set {
      all.removeAll { $0.name == name }
      if let newValue { all.append((name: name, value: newValue)) }
    }
  }

  package mutating func keep(where isWanted: (String) -> Bool) { all.removeAll { !isWanted($0.name) } }

  /// Adds one that is known to be new, or that those before it hide, as they do for `getenv`.
  mutating func append(_ name: String, _ value: String) { all.append((name: name, value: value)) }
}

extension Context {
  /// For the next entry of a journal: never before its newest one.
  func now(after newest: Instant?) -> Instant { newest.map { max(clock.now(), $0) } ?? clock.now() }

  /// Who has a lock, for whoever waits for it: `maya on build-7, process 42`, in front of it what for.
  func holder(of verb: String? = nil) -> String {
    let who = surroundings
    return (verb.map { "\($0) by " } ?? "") + "\(who.actor) on \(who.host), process \(who.process)"
  }

  /// The same with the time.
  func holderNow(of verb: String? = nil) -> String { "\(holder(of: verb)), since \(ISO8601.string(clock.now()))" }
}
