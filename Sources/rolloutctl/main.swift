import Glibc
import RolloutOps

let context = Context(
  clock: SystemClock(), files: POSIXFiles(), inputs: POSIXInputs(), http: CurlHTTP(),
  output: StandardOutput(), surroundings: .ofProcess(),
  interruptions: SignalHold(), hands: ThreadHands())
exit(Program(context: context).run(Array(CommandLine.arguments.dropFirst())).rawValue)
