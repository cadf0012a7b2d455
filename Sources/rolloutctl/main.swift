import Glibc
import RolloutOps

let context = Context(
  clock: SystemClock(), files: POSIXFiles(), inputs: POSIXInputs(), http: CurlHTTP(),
  output: StandardOutput(), surroundings: .ofProcess(),
  interruptions: SignalHold(), hands: ThreadHands())
// A file that may not grow any more is an error like others, and not the end.
signal(SIGXFSZ, SIG_IGN)
// Threads that hang in a call are left where they are: what waits for them at the end would wait for ever.
_exit(Program(context: context).run(Array(CommandLine.arguments.dropFirst())).rawValue)
