import Glibc
import RolloutOps

// Whoever is started without one of the three would open a file in its place, and print into it.
for number: Int32 in 0...2 where fcntl(number, F_GETFD) == -1 { _ = open("/dev/null", O_RDWR) }
let context = Context(
  clock: SystemClock(), files: POSIXFiles(), inputs: POSIXInputs(), http: CurlHTTP(),
  output: StandardOutput(), surroundings: .ofProcess(),
  interruptions: SignalHold(), hands: ThreadHands())
// A file that may not grow any more is an error like others, and not the end.
signal(SIGXFSZ, SIG_IGN)
// Threads that hang in a call are left where they are: what waits for them at the end would wait for ever.
_exit(Program(context: context).run(Array(CommandLine.arguments.dropFirst())).rawValue)
