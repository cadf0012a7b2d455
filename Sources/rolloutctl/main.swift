import Glibc
import RolloutOps

// Whoever is started without one of the three would open a file in its place, and print into it. A result that nobody
// takes is one that was lost, as on a full disk.
for number: Int32 in 0...2 where fcntl(number, F_GETFD) == -1 {
  if number == STDOUT_FILENO, open("/dev/full", O_WRONLY) == number { continue }
  _ = open("/dev/null", O_RDWR)
}
let output = StandardOutput()
let context = Context(
  clock: SystemClock(), files: POSIXFiles(), inputs: POSIXInputs(), http: CurlHTTP(),
  output: output, surroundings: .ofProcess(),
  interruptions: SignalHold(), hands: ThreadHands())
// A file that may not grow any more is an error like others, and not the end.
signal(SIGXFSZ, SIG_IGN)
let words = ProcessWords.read()
var status = Program(context: context).run(words)
if output.hasLost {
  output.failure("rolloutctl: standard output took no more: what is missing there was lost")
  // What was done is done: who kills reads whether it is off.
  if status == .done, !Program.kills(words) { status = .inconclusive }
}
// Threads that hang in a call are left where they are: what waits for them at the end would wait for ever.
_exit(status.rawValue)
