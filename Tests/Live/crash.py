"""Kills the real rolloutctl (SIGKILL) before each of its effects, over random histories, and looks at what is left.

  crash.py BINARY [--points N] [--seed S] [--jobs J]

A world is a folder with a note, a flag file and a journal. Each step of a history is one command line. It is run once
under strace to learn its effects (every system call that changes something), and then once for each of them on a copy of
the world, with the kill delivered on entering that call: so between every two effects there are runs that end there
(every second one by chance, for more histories in the same time).

After each kill: the flag file is whole and readers take it, the journal's chain holds, and then one of three futures is
played on the real executable: somebody kills the flag; somebody runs another command, which settles the interrupted one
in words; or the same command is run again, which must not apply it twice.

Prints one line of JSON: how many kills of which kind; exit 1 with the failures where there were any.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

try:
    from openfeature.contrib.tools.flagd.core import FlagdCore
except ImportError:
    FlagdCore = None

FIXTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Fixtures/summary.md")
STAGES = ["internal", "5% of paid", "25% of paid", "50%", "100%"]
# Somebody else's flag, spelled as nobody would: it has to stay so to the byte.
OTHER = '"other" : { "state":"ENABLED",  "variants":{"a":1.50,"b":[ ]},"defaultVariant" :"a" }'
FLAGS = '{\n   "$schema": "https://flagd.dev/schema/v0/flags.json",\n   "flags": {\n     %s\n   }\n}\n' % OTHER

EFFECTS = [
    "mkdir", "mkdirat", "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2",
    "ftruncate", "truncate", "utimensat", "fchmod", "fchown", "fallocate", "unlink", "unlinkat", "link", "linkat",
    "symlink", "flock", "exit_group",
]
CALL = re.compile(r"^\d+ +(\w+)\((.*)")
MOVES = {"promote", "rollback", "restore", "finish", "kill", "adopt", "abandon"}


class Wrong(Exception):
    pass


def must(condition, sentence):
    if not condition:
        raise Wrong(sentence)


def sample(soak="0s"):
    """The sample note of all tests, with a stage more and in a tier that wants a person's word."""
    with open(FIXTURE) as file:
        text = file.read()
    for old, new in [("Tier: 3", "Tier: 2"), ("100% 0s", f"50% 0s -> 100% {soak} -> finish 0s")]:
        if old not in text:
            sys.exit(f"{FIXTURE} no longer says {old}")
        text = text.replace(old, new)
    return text


class World:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.note = os.path.join(folder, "notes/summary.md")
        self.flags = os.path.join(folder, "flags.json")
        self.journal = os.path.join(folder, "flags.json.rollout/ai-summary.journal")

    @classmethod
    def new(cls, binary, folder):
        world = cls(binary, folder)
        os.makedirs(os.path.join(folder, "notes"))
        os.makedirs(os.path.join(folder, ".git"))
        world.write(world.note, sample())
        world.write(world.flags, FLAGS)
        return world

    @staticmethod
    def write(path, text):
        with open(path, "w") as file:
            file.write(text)

    def copy(self, folder):
        shutil.copytree(self.folder, folder)
        return World(self.binary, folder)

    def run(self, words, actor="maya", tracing=()):
        environment = {"PATH": os.environ["PATH"], "ROLLOUT_ACTOR": actor}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        return subprocess.run(
            [*tracing, self.binary, *words], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120,
        )

    # What stands on the disk, read without any code of rolloutctl's.

    def flag(self):
        """The flag, once the whole file is found good."""
        with open(self.flags) as file:
            text = file.read()
        must(OTHER in text, "the other flag was touched")
        document = json.loads(text)
        if FlagdCore:
            FlagdCore().set_flags_and_get_changed_keys(text)
        for key, flag in document["flags"].items():
            known = {"state", "variants", "defaultVariant", "targeting", "metadata"}
            must(set(flag) <= known, f"{key} has members that readers reject: {set(flag) - known}")
            must(flag["state"] == "ENABLED" and flag["defaultVariant"] in flag["variants"], f"{key} is not whole")
        return document["flags"].get("ai-summary")

    def entries(self, torn_tail=False):
        """The journal's entries, their chain checked; a torn tail only where it is allowed."""
        try:
            with open(self.journal, "rb") as file:
                whole = file.read()
        except FileNotFoundError:
            return []
        lines = whole.split(b"\n")
        must(torn_tail or lines[-1] == b"", "the journal's last line is torn")
        previous, found = "0" * 64, []
        for number, line in enumerate(lines[:-1], 1):
            entry = json.loads(line)
            sealed = line[: line.rindex(b',"sha256":"')]
            must(hashlib.sha256(sealed).hexdigest() == entry["sha256"], f"entry {number} does not match its hash")
            must(entry["prev"] == previous and entry["seq"] == number, f"entry {number} does not follow")
            previous = entry["sha256"]
            found.append(entry)
        return found

    def status(self):
        outcome = self.run(["status", "ai-summary", "--format", "json"])
        must(outcome.returncode == 0, f"status: {outcome.stderr}")
        return json.loads(outcome.stdout)


def name(place):
    """A place as the store's mark spells it."""
    if "killed" in place:
        return f"killed ({place['killed']})"
    return place.get("name") or next(iter(place))


class Story:
    """The journal folded by our own rules: where it stands, and whether every move follows from the one before."""

    def __init__(self, entries):
        self.place, self.pending, self.moves, self.exclusions = {"off": True}, None, [], []
        by_number = {entry["seq"]: entry for entry in entries}
        for entry in entries:
            if entry["outcome"] == "intended":
                self.pending = entry
                continue
            of = entry.get("detail", {}).get("of")
            if of:
                if self.pending and self.pending["seq"] == of:
                    self.pending = None
                must(by_number[of]["outcome"] == "intended", f"entry {entry['seq']} concludes no intent")
                entry = {**by_number[of], "outcome": entry["outcome"]}
            if entry["outcome"] == "done":
                self.apply(entry)

    def apply(self, entry):
        action, number = entry["action"], entry["seq"]
        if action == "exclude":
            self.exclusions.append(entry["detail"]["selector"])
        if action == "include":
            self.exclusions.remove(entry["detail"]["selector"])
        if action not in MOVES:
            return
        start, target = entry["from"], entry["to"]
        must(start == self.place, f"entry {number}: {action} from {start}, but it stood at {self.place}")
        if action == "promote":
            expected = start["stage"] + 1 if "stage" in start else 0
            must(target["stage"] == expected, f"entry {number}: {start} → {target} skips a stage")
        if action == "rollback" and "stage" in target:
            last = len(STAGES) if "finished" in start else start["stage"]
            must(target["stage"] < last, f"entry {number}: {start} → {target} is not back")
        if action == "finish":
            must(start.get("stage") == len(STAGES) - 1, f"entry {number}: finished from {start}")
        self.place = target
        self.moves.append((action, target))


def commands(dice, world):
    """One step: what is done before, and the command line that is then interrupted."""
    story = Story(world.entries())
    stage = story.place.get("stage")
    verbs = ["promote"] * 8 + [
        "rollback", "rollback", "hold", "resume", "resume", "kill", "kill", "exclude", "include", "attest", "replan",
    ]
    if stage == len(STAGES) - 1:
        verbs += ["finish"] * 8
    if "killed" in story.place:
        verbs = ["restore"] * 5 + ["kill", "promote", "exclude", "rollback"]
    verb = dice.choice(verbs)
    note, before = "notes/summary.md", []
    if verb == "promote":
        following = STAGES[min((stage if stage is not None else -1) + 1, len(STAGES) - 1)]
        before = [(["attest", note, "gates", "--evidence", "seen"], "maya"), (["attest", note, "review"], "lee")]
        if dice.random() < 0.8:
            before.append((["resume", note, "--reason", "on"], "maya"))
        return before, ["promote", note, "--to", following]
    if verb == "rollback":
        target = ["--to", dice.choice(["off"] + STAGES[: stage or 1])] if dice.random() < 0.6 else []
        return before, ["rollback", note, "--reason", "worse", *target]
    if verb in ("exclude", "include"):
        return before, [verb, note, f"tenant={dice.choice(['acme', 'globex'])}", "--reason", "asked"]
    if verb == "attest":
        return before, ["attest", note, "fallback", "--evidence", "tried"]
    if verb == "replan":
        world.write(world.note, sample(soak=f"{dice.randint(0, 3)}s"))
        return before, ["replan", note, "--reason", "later"]
    if verb == "finish":
        # The soak may have become a few seconds.
        world.write(world.note, sample())
        before = [(["attest", note, "gates", "--evidence", "seen"], "maya"), (["replan", note, "--reason", "r"], "maya")]
        before += [(["include", note, f"tenant={who}", "--reason", "r"], "maya") for who in ("acme", "globex")]
        return before, ["finish", note]
    if verb == "kill":
        return before, ["kill", "ai-summary"] + dice.choice([[], ["--to", "off"]])
    return before, [verb, "ai-summary", "--reason", "said"]


def effects(trace):
    """(name of the call, which of that name it is) for each effect of a traced run.

    strace counts calls by thread, so of several threads that make as many calls only the first can be stopped there.
    """
    counts, reached, found = {}, {}, []
    for line in trace.splitlines():
        call = CALL.match(line)
        if not call:
            continue
        kind, arguments = call.groups()
        thread = line.split(None, 1)[0]
        count = counts[thread, kind] = counts.get((thread, kind), 0) + 1
        if count <= reached.get(kind, 0):
            continue
        reached[kind] = count
        if kind == "openat" and not re.search(r"O_CREAT|O_WRONLY|O_RDWR", arguments):
            continue
        found.append((kind, count))
    return found


class Crasher:
    def __init__(self, binary, seed, scratch, count):
        self.binary, self.seed, self.scratch, self.wanted = binary, seed, scratch, count
        self.counts = {"points": 0, "histories": 0, "interrupted": 0, "torn": 0}
        self.futures, self.verbs, self.failures = {}, {}, []

    def go(self):
        round = 0
        while self.counts["points"] < self.wanted and not self.failures:
            round += 1
            self.history(random.Random(f"{self.seed}-{round}"), f"seed {self.seed}, history {round}")
            self.counts["histories"] += 1
        return self

    def history(self, dice, hint):
        world = World.new(self.binary, os.path.join(self.scratch, "world"))
        for step in range(1, 13):
            before, words = commands(dice, world)
            if step == 1:
                before, words = [], ["promote", "notes/summary.md", "--to", STAGES[0]]
            for preparation, actor in before:
                world.run(preparation, actor)
            through = world.copy(os.path.join(self.scratch, "through"))
            log = os.path.join(self.scratch, "trace")
            outcome = through.run(words, tracing=["strace", "-f", "-o", log, "-e", "trace=" + ",".join(EFFECTS)])
            must(outcome.returncode != 1, f"{hint}, step {step}: {words} failed: {outcome.stderr}")
            # A refusal has hardly an effect; some of them are enough.
            if outcome.returncode == 0 or dice.random() < 0.2:
                with open(log) as file:
                    calls = effects(file.read())
                for call, ordinal in calls:
                    if self.counts["points"] >= self.wanted or dice.random() < 0.5:
                        continue
                    self.point(dice, world, words, call, ordinal, f"{hint}, step {step}")
            shutil.rmtree(world.folder)
            shutil.move(through.folder, world.folder)
        shutil.rmtree(world.folder)

    def point(self, dice, world, words, call, ordinal, hint):
        copy = world.copy(os.path.join(self.scratch, "copy"))
        tracing = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}"]
        outcome = copy.run(words, tracing=[*tracing, f"--inject={call}:signal=SIGKILL:when={ordinal}"])
        future = dice.choice(["kill", "settle", "again"])
        try:
            must(outcome.returncode in (137, -9), f"was not killed but ended with {outcome.returncode}")
            self.check(copy, world, words, future, dice)
        except Exception as failure:
            self.failures.append(
                f"{hint}: {' '.join(words)}, killed before {call} {ordinal}, then {future}:"
                f" {type(failure).__name__}: {failure}"
            )
        self.counts["points"] += 1
        self.verbs[words[0]] = self.verbs.get(words[0], 0) + 1
        self.futures[future] = self.futures.get(future, 0) + 1
        shutil.rmtree(copy.folder)

    def check(self, copy, world, words, future, dice):
        before = world.entries()
        flag, entries = copy.flag(), copy.entries(torn_tail=True)
        must(entries[: len(before)] == before, "an entry was lost")
        story = Story(entries)
        with open(copy.journal, "rb") if os.path.exists(copy.journal) else open(os.devnull, "rb") as file:
            left = file.read()
        torn = left != b"" and not left.endswith(b"\n")
        self.counts["interrupted"] += story.pending is not None
        self.counts["torn"] += torn
        # Looking changes nothing, and says what is open.
        if dice.random() < 0.2 and left:
            seen = copy.run(["status", "ai-summary"])
            must(seen.returncode == 0, f"status: {seen.stderr}")
            must(not story.pending or "was interrupted" in seen.stdout + seen.stderr, "status does not say so")
            with open(copy.journal, "rb") as file:
                must(file.read() == left, "status changed the journal")
        getattr(self, future)(copy, words, flag, story, torn, Story(before))
        if story.pending and (flag or future != "kill"):
            self.truth(copy, story.pending, landed=flag != world.flag())

    @staticmethod
    def truth(copy, intent, landed):
        """What was interrupted counts exactly if it had reached the store."""
        for entry in copy.entries():
            if entry.get("detail", {}).get("of") == intent["seq"]:
                expected = "done" if landed else "undone"
                must(entry["outcome"] == expected, f"settled as {entry['outcome']}, but {expected} is true")
                return
        raise Wrong(f"entry {intent['seq']} was never settled")

    def kill(self, copy, words, flag, story, torn, old):
        outcome = copy.run(["kill", "ai-summary"], actor="oncall")
        if flag is None:
            must(outcome.returncode == 1, f"there is no flag, and kill said {outcome.returncode}")
            must("nothing was turned off" in outcome.stdout + outcome.stderr, "kill does not say so")
            return
        must(outcome.returncode == 0, f"kill: {outcome.returncode} {outcome.stderr}")
        flag = copy.flag()
        must(flag["metadata"]["rolloutctl"] == "killed" and "targeting" not in flag, "it is not off")
        must(flag["defaultVariant"] == "off", "it is not off")
        must(name(Story(copy.entries()).place) == "killed (off)", "the journal does not say killed")
        verdict = copy.run(["status", "ai-summary", "--exit-code"])
        must(verdict.returncode == 5, f"status --exit-code: {verdict.returncode}")
        restored = copy.run(["restore", "ai-summary", "--reason", "fixed"])
        must(restored.returncode == 0, f"restore: {restored.stderr}")
        # A kill that finds the flag killed leaves the settling to the next command.
        said = outcome.stdout + outcome.stderr + restored.stderr
        must(not story.pending or words[0] == "kill" or "was interrupted" in said, "nobody says so")
        self.settled(copy)

    def settle(self, copy, words, flag, story, torn, old):
        outcome = copy.run(["hold", "notes/summary.md", "--reason", "after the crash"])
        must(outcome.returncode == 0, f"hold: {outcome.returncode} {outcome.stderr}")
        must(not story.pending or "was interrupted" in outcome.stderr, "the next command does not say so")
        must(not torn or "cut in the middle" in outcome.stderr, "the torn tail is not said")
        after = self.settled(copy)
        must(len(after.moves) <= len(old.moves) + 1, "a move was applied twice")

    def again(self, copy, words, flag, story, torn, old):
        outcome = copy.run(words)
        must(outcome.returncode != 1, f"again: {outcome.returncode} {outcome.stderr}")
        must(not story.pending or words[0] == "kill" or "was interrupted" in outcome.stderr, "it does not say so")
        after = self.settled(copy, open_is_fine=words[0] == "kill")
        if words[0] in ("promote", "finish", "restore"):
            must(len(after.moves) <= len(old.moves) + 1, f"{words[0]} was applied twice")
        if words[0] == "promote" and outcome.returncode == 0:
            must(after.place.get("name") == words[-1], f"promoted to {after.place}")
        must(len(set(after.exclusions)) == len(after.exclusions), "somebody is taken out twice")

    def settled(self, copy, open_is_fine=False):
        """Nothing is open, and store and journal say the same."""
        story, flag = Story(copy.entries()), copy.flag()
        must(open_is_fine or story.pending is None, f"left open: {story.pending}")
        seen = copy.status()
        must(seen["drift"] is None, f"drift: {seen['drift']}")
        mark = (flag or {}).get("metadata", {})
        if mark.get("rolloutctl") == "killed":
            must(seen["killed"], "killed in the store, and status does not say so")
        elif flag:
            must(mark["rolloutctl.stage"] == name(story.place), f"the store says {mark}, the journal {story.place}")
        elif "off" not in story.place:
            raise Wrong(f"no flag, but the journal says {story.place}")
        return story


def work(order):
    binary, seed, count = order
    with tempfile.TemporaryDirectory(prefix="rolloutctl-crash-") as scratch:
        try:
            crasher = Crasher(binary, seed, os.path.realpath(scratch), count)
            return crasher.go()
        except Exception as failure:
            crasher.failures.append(f"seed {seed}: {type(failure).__name__}: {failure}")
            return crasher


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--points", type=int, default=600)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    given = parser.parse_args()
    share = -(-given.points // given.jobs)
    orders = [(os.path.abspath(given.binary), given.seed * 100 + job, share) for job in range(given.jobs)]
    with multiprocessing.Pool(given.jobs) as pool:
        done = pool.map(work, orders)
    total = {"seed": given.seed, "readers_checked": FlagdCore is not None}
    for part in done:
        for key, value in part.counts.items():
            total[key] = total.get(key, 0) + value
    for group in ("verbs", "futures"):
        merged = {}
        for part in done:
            for key, value in getattr(part, group).items():
                merged[key] = merged.get(key, 0) + value
        total[group] = dict(sorted(merged.items()))
    failures = [failure for part in done for failure in part.failures]
    total["failures"] = failures
    print(json.dumps(total, ensure_ascii=False))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
