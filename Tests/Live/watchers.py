"""One flag file before the eyes of long-lived applications in several languages, each with its real OpenFeature provider.

  watchers.py READERS NOTE FILE ROLLOUTCTL ROUNDS

READERS is a JSON object: by name, the command line of one that prints `READY`, and a line `MILLISECONDS ["variant",
error]` whenever it is served something else; or that of reader.py, which is asked. First NOTE is promoted, which lets
everybody in. Each round kills the flag ai-summary and restores it, and waits for all readers each time; the end is a
kill, a restore and a kill with no wait between them.

Prints a JSON object: by name, how many milliseconds after the end of each command the reader was served what it says,
or null where that was not so within the time that is given it. The last one tells what is served in the end.
"""

import json
import os
import subprocess
import sys
import threading
import time

readers, note, file, rolloutctl, rounds = json.loads(sys.argv[1]), *sys.argv[2:5], int(sys.argv[5])
KEY = "ai-summary"
CONTEXT = {"targetingKey": "t", "tenant": "t", "plan": "free"}
# The slowest of them looks at the file every five seconds.
PATIENCE, SETTLED = 15, 7


class Watcher:
    """Prints what it is served."""

    def __init__(self, words):
        self.seen = []
        self.news = threading.Condition()
        self.process = subprocess.Popen(
            [*words, "watch", "file", file, KEY, "bool", json.dumps(CONTEXT)], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "WATCH_S": "36000"})
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            if line[0].isdigit():
                moment, answer = line.split(" ", 1)
                with self.news:
                    self.seen.append((int(moment), json.loads(answer)[0]))
                    self.news.notify_all()

    def ask(self, wanted, end):
        """Milliseconds from the end to when it was served that, and nothing else since; None for never."""
        limit = time.monotonic() + PATIENCE
        with self.news:
            while not self.seen or self.seen[-1][1] != wanted:
                left = limit - time.monotonic()
                if left <= 0 or not self.news.wait(left):
                    return None
            return max(0, self.seen[-1][0] - end)


class Asked:
    """Answers what it is asked: reader.py."""

    def __init__(self, words):
        self.process = subprocess.Popen(
            [*words, file], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.process.stdout.readline()
        self.send({"load": [CONTEXT]})

    def send(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self, wanted, end):
        began = time.time() - time.monotonic()
        answer = self.send({"flag": KEY, "object": False, "until": {"context": CONTEXT, "variant": wanted}})
        return max(0, 1000 * (answer["at"] + began) - end) if "at" in answer else None


def run(words):
    subprocess.run([rolloutctl, *words], check=True, stdout=subprocess.DEVNULL, cwd=os.path.dirname(file),
                   env={**os.environ, "ROLLOUT_ACTOR": "maya"})


started = {}
try:
    for name, words in readers.items():
        started[name] = (Asked if words[-1].endswith("reader.py") else Watcher)(words)
    times = {name: [] for name in started}

    def all_see(wanted):
        end = 1000 * time.time()
        asking = [threading.Thread(target=lambda name=name, one=one: times[name].append(one.ask(wanted, end)))
                  for name, one in started.items()]
        for one in asking:
            one.start()
        for one in asking:
            one.join()

    all_see("off")
    if any(None in seen for seen in times.values()):
        sys.exit(f"a reader does not begin: {times}")
    times = {name: [] for name in started}
    run(["promote", note])
    all_see("on")
    for _ in range(rounds):
        run(["kill", KEY])
        all_see("off")
        run(["restore", KEY, "--reason", "next round"])
        all_see("on")
    run(["kill", KEY])
    run(["restore", KEY, "--reason", "at once"])
    run(["kill", KEY])
    # Whoever has not seen the last of them looks again within this time.
    time.sleep(SETTLED)
    all_see("off")
    print(json.dumps(times))
finally:
    for one in started.values():
        one.process.kill()
        one.process.wait(20)
