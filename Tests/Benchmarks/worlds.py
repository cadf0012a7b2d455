"""The folders that the benchmark runs in: flag files, notes and journals from a seeded generator.

Everything that only rolloutctl can make right (the flag as it stands at a stage, the first lines of a journal) is made
by the program under test; the generator multiplies it.
"""

import hashlib
import itertools
import json
import os
import random
import subprocess
from datetime import datetime, timedelta

KEY = "ai-summary"
SEED = 20261121

NOTE = """# AI Rollout Note

Change: Contract summary prompt v6 -> v7
Expected gain: fewer missed termination clauses (eval +3 points)
Primary regression risk: loops on very long contracts
Flag: {key}
Store: file:flags.json
Change type: prompt
Tier: 2
Version: prompt_version = v7
Control version: prompt_version = v6
Unit: tenant
Owner: {owner}
On call: ai-platform
Approvers: lee, priya
Time zone: Europe/Berlin
Fallback: off -> clause template without AI
Runbook: runbooks/{key}.md

Cohorts:
- internal: team = staff
- friends: tenant in [{tenants}]
- paid: plan = paid
Exclude: stability_tier = stable
Schedule: internal 3d -> friends 2d -> 5% of paid 24h -> 25% of paid 48h -> 50% 48h -> 100% -> finish 14d

Metrics to watch:
- quality: mean(quality)
- latency: p95(latency_ms)
- cost: mean(cost_usd)
- tool / parse errors: rate(parse_error)

Hold trigger:
- p95 latency up more than 10%
Rollback trigger:
- parse failures above 2%
- quality drops by more than 5%
- cost up more than 20%
Kill trigger:
- cost exceeds 5x control over 1h

Dashboard / query: https://dashboards.example.com/d/{key}

Variants:
```json
{{ "control": {{"model": "m-4", "prompt": "v6", "temperature": 0.7}},
  "canary":  {{"model": "m-4", "prompt": "v7", "temperature": 0.7}},
  "off":     {{"enabled": false}} }}
```
"""


def environment(home):
    """The little that the programs are told: nobody's own settings, and a name so that none has to be looked up."""
    return {"PATH": os.environ["PATH"], "HOME": home, "LOGNAME": "bench", "LC_ALL": "C.UTF-8"}


def write(path, content):
    """Writes and syncs: what is left to be written would be paid by whoever syncs next."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
        file.flush()
        os.fsync(file.fileno())


def read(path):
    with open(path, "rb") as file:
        return file.read()


def other_flag(chance, number):
    """A flag of somebody else: plain switches, rules by e-mail domain, and percentages, as in real files."""
    kind = number % 3
    if kind == 0:
        return {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
                "metadata": {"owner": chance.choice(["payments", "search", "growth"]), "ticket": f"OPS-{number}"}}
    if kind == 1:
        name = f"{chance.getrandbits(32):08x}.example.com"
        rule = {"if": [{"ends_with": [{"var": "email"}, "@" + name]}, "beta", "stable"]}
        return {"state": "ENABLED", "variants": {"beta": "v2", "stable": "v1"}, "defaultVariant": "stable",
                "targeting": rule}
    share = chance.randrange(1, 100)
    bucket = {"fractional": [{"cat": [f"feature-{number}:", {"var": "tenant"}]}, ["new", share], ["old", 100 - share]]}
    variants = {"new": {"limit": chance.randrange(10, 500), "label": "größer"}, "old": {"limit": 10, "label": "klein"}}
    return {"state": chance.choice(["ENABLED", "DISABLED"]), "variants": variants, "defaultVariant": "old",
            "targeting": bucket}


def flag_file(count):
    """A flag file with room for our own flag as the last of `count`."""
    chance = random.Random(SEED)
    flags = {f"feature-{number:05d}": other_flag(chance, number) for number in range(count - 1)}
    return json.dumps({"$schema": "https://flagd.dev/schema/v0/flags.json", "flags": flags}, indent=2,
                      ensure_ascii=False) + "\n"


class World:
    """A repository with a flag file in which one program is run."""

    def __init__(self, folder, program):
        self.folder, self.program = folder, program
        self.environment = environment(folder)
        os.makedirs(os.path.join(folder, ".git"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def note(self, key, chance):
        tenants = ", ".join(f"t{chance.getrandbits(24):06x}" for _ in range(3))
        path = f"notes/{key}.md"
        write(self.path(f"runbooks/{key}.md"), f"# When it misbehaves\n\n`rolloutctl kill {key}`\n")
        write(self.path(path), NOTE.format(key=key, owner=chance.choice(["maya", "lee", "noor"]), tenants=tenants))
        return path

    def run(self, *words, status=0):
        done = subprocess.run([self.program, *words], cwd=self.folder, env=self.environment, capture_output=True)
        if done.returncode != status:
            raise SystemExit(f"rolloutctl {' '.join(words)} exited with {done.returncode}:\n"
                             + (done.stdout + done.stderr).decode(errors="replace"))
        return done.stdout.decode()


class KillWorld(World):
    """A rollout at its first stage among `count` flags, brought back there before every run."""

    journal = f"flags.json.rollout/{KEY}.journal"

    def __init__(self, folder, program, count):
        super().__init__(folder, program)
        write(self.path("flags.json"), flag_file(count))
        self.run("promote", self.note(KEY, random.Random(SEED)))
        self.flags, self.entries = read(self.path("flags.json")), read(self.path(self.journal))
        # What a kill makes of it is asked once, and is then the same to the byte every time.
        self.run("kill", KEY)
        self.killed = read(self.path("flags.json"))
        self.line = read(self.path(self.journal))[len(self.entries):]
        (self.start, length), (_, new) = self.span(self.flags), self.span(self.killed)
        self.length, self.text = length, self.killed[self.start:self.start + new]
        self.documents = [json.loads(text)["flags"] for text in (self.flags, self.killed)]
        self.reset()

    @staticmethod
    def span(content):
        """Where our flag's value stands."""
        opening = content.index(b'"%s"' % KEY.encode())
        start = content.index(b"{", opening)
        text = content[start:].decode()
        _, end = json.JSONDecoder().raw_decode(text)
        return start, len(text[:end].encode())

    def reset(self):
        write(self.path("flags.json"), self.flags)
        write(self.path(self.journal), self.entries)
        for name in ("copy.json", "temporary.json"):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    # What must hold after a run.

    def is_killed(self):
        grown = read(self.path(self.journal))
        return (read(self.path("flags.json")) == self.killed and grown.startswith(self.entries)
                and grown.count(b"\n") == self.entries.count(b"\n") + 1)

    def is_rewritten(self):
        """By a program that knows no mark and may lay the file out anew."""
        before, _ = self.documents
        now = json.loads(read(self.path("flags.json")))["flags"]
        ours = now.pop(KEY)
        others = {key: flag for key, flag in before.items() if key != KEY}
        return "targeting" not in ours and ours["defaultVariant"] == "control" and now == others

    def is_copied(self):
        return read(self.path("copy.json")) == self.flags


class JournalWorld(World):
    """One rollout with a journal of `count` entries: a few real ones over and over, chained anew."""

    def __init__(self, folder, program, count):
        super().__init__(folder, program)
        write(self.path("flags.json"), '{"flags": {}}\n')
        note = self.note(KEY, random.Random(SEED))
        why = ("--reason", "latency on very long contracts, see OPS-4711")
        for words in (["promote", note], ["attest", KEY, "runbook", "--evidence", "https://wiki.example.com/kill"],
                      ["hold", KEY, *why], ["resume", KEY, *why], ["exclude", KEY, "tenant=acme", *why],
                      ["include", KEY, "tenant=acme", *why], ["rollback", KEY], ["promote", note], ["kill", KEY, *why],
                      ["restore", KEY, *why]):
            self.run(*words)
        self.journal = self.path(KillWorld.journal)
        real = [json.loads(line) for line in read(self.journal).splitlines()]
        lines = list(self.chained(real, count))
        self.count, self.size = len(lines), sum(map(len, lines))
        write(self.journal, b"".join(lines))
        self.flags = self.remembering(json.loads(lines[-2]))
        write(self.path("flags.json"), self.flags)

    def remembering(self, intent):
        """The flag file, in which the flag remembers the entry that it was last changed by."""
        flags = json.loads(read(self.path("flags.json")))
        flags["flags"][KEY]["metadata"]["rolloutctl.journal"] = f"{intent['seq']}:{intent['sha256'][:16]}"
        return json.dumps(flags, indent=2).encode() + b"\n"

    def reset(self):
        """Back to before a kill."""
        write(self.path("flags.json"), self.flags)
        with open(self.journal, "r+b") as file:
            file.truncate(self.size)
            os.fsync(file.fileno())

    def is_killed(self):
        flag = json.loads(read(self.path("flags.json")))["flags"][KEY]
        return "targeting" not in flag and os.path.getsize(self.journal) > self.size

    @staticmethod
    def chained(real, least):
        """The first line opens the rollout; the others are repeated. The last round keeps its times, so that the
        journal ends where the store stands; those before it are a second apart."""
        rounds = -(-(least - 1) // (len(real) - 1))
        begin = datetime.fromisoformat(real[0]["time"]) - timedelta(seconds=least + len(real))
        previous, sequence = "0" * 64, 0
        for entry in itertools.chain(real[:1], *itertools.repeat(real[1:], rounds)):
            sequence += 1
            shift = sequence - entry["seq"]
            entry = {**entry, "seq": sequence, "prev": previous}
            if sequence <= least - len(real):
                entry["time"] = (begin + timedelta(seconds=sequence)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
            if "of" in entry.get("detail", {}):
                entry["detail"] = {**entry["detail"], "of": entry["detail"]["of"] + shift}
            del entry["sha256"]
            body = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)[:-1].encode()
            previous = hashlib.sha256(body).hexdigest()
            yield body + b',"sha256":"%s"}\n' % previous.encode()


class FleetWorld(World):
    """`count` notes and rollouts over one flag file."""

    def __init__(self, folder, program, count):
        super().__init__(folder, program)
        chance = random.Random(SEED)
        write(self.path("flags.json"), '{"flags": {}}\n')
        self.keys = [f"ai-feature-{number:04d}" for number in range(count)]
        self.notes = [self.note(key, chance) for key in self.keys]
        for note in self.notes:
            self.run("promote", note)

