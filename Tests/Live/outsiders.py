"""Somebody else at the flag file, at each call that a command makes on files there.

  outsiders.py ROLLOUTCTL NOTE FOLDER COUNT

strace holds one call of a kill or a promotion before it is made, and meanwhile an outsider edits the file as editors and
pipelines do: writes into it, puts a new file in its place, or moves the link that leads to it. Which of the calls is held
goes through all of them, in an order that is the same each time. Afterwards the file is read without any code of
rolloutctl's: their edit is in it, or it is said that it is gone; and what the command says about the flag is true.

Prints one JSON object: what was run, what was lost, and every run that broke a rule.
"""

import collections
import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from traced import counts, filters, paths  # noqa: E402

rolloutctl, note, root = sys.argv[1], sys.argv[2], os.path.realpath(sys.argv[3])
wanted = int(sys.argv[4])
# How long a call is held, and how long a command may take.
HELD, BOUND = float(os.environ.get("ROLLOUTCTL_OUTSIDERS_HELD", "0.25")), 60
KEY = "ai-summary"
VERBS = {"kill": ["kill", KEY], "promote": ["promote", "notes/summary.md", "--to", "5% of paid"]}
STAGES = {"kill": "killed (off)", "promote": "5% of paid"}
THEIRS, OTHER = '"b":  {', '{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}'
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent",
               "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}


def command(folder, words, actor="maya"):
    return subprocess.run([rolloutctl, *words], cwd=folder, env={**ENVIRONMENT, "ROLLOUT_ACTOR": actor},
                          capture_output=True, text=True, timeout=BOUND)


def prepare(name, is_linked):
    """A rollout at its first stage that may go on to the second."""
    folder = os.path.join(root, name)
    os.makedirs(os.path.join(folder, ".git"))
    os.mkdir(os.path.join(folder, "notes"))
    with open(os.path.join(folder, ".git/HEAD"), "w") as file:
        file.write("ref: refs/heads/main\n")
    shutil.copy(note, os.path.join(folder, "notes/summary.md"))
    with open(os.path.join(folder, "v1.json" if is_linked else "flags.json"), "w") as file:
        file.write('{"flags": {"b": ' + OTHER + "}}")
    if is_linked:
        os.symlink("v1.json", os.path.join(folder, "flags.json"))
    for words, actor in ((["promote", "notes/summary.md"], "maya"),
                         (["attest", "notes/summary.md", "gates", "--evidence", "seen"], "maya"),
                         (["attest", "notes/summary.md", "review", "--evidence", "read"], "lee")):
        done = command(folder, words, actor)
        if done.returncode != 0:
            sys.exit(f"{words} ended with {done.returncode}: {done.stderr}")


def world(model, name):
    folder = os.path.join(root, name)
    shutil.copytree(os.path.join(root, model), folder, symlinks=True)
    return folder


def traced(folder, verb, options):
    words = ["unshare", "-mpf", "--mount-proc", "strace", "-f", "-qq", *options, rolloutctl, *VERBS[verb]]
    return subprocess.Popen(words, cwd=folder, env={**ENVIRONMENT, "ROLLOUT_ACTOR": "maya"}, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def record(model, verb):
    log = os.path.join(root, "calls.log")
    folder = world(model, "recorded")
    said = traced(folder, verb, ["-o", log]).communicate(timeout=BOUND)[0]
    places = paths(log, folder)
    shutil.rmtree(folder)
    folder = world(model, "recorded")
    traced(folder, verb, ["-o", log, *filters(places, folder)]).communicate(timeout=BOUND)
    shutil.rmtree(folder)
    if not counts(log):
        sys.exit(f"{verb} made no call: {said}")
    return places, counts(log)


def read(path):
    with open(path) as file:
        return file.read()


def edited(text):
    return text.replace('"b": {', THEIRS)


def replaces(path):
    with open(path + ".theirs", "w") as file:
        file.write(edited(read(path)))
    os.rename(path + ".theirs", path)


def writes_into(path):
    with open(path, "r+") as file:
        text = edited(file.read())
        file.seek(0)
        file.write(text)
        file.truncate()


def moves_the_link(path):
    folder = os.path.dirname(path)
    with open(os.path.join(folder, "v2.json"), "w") as file:
        file.write(edited(read(path)))
    os.symlink("v2.json", path + ".link")
    os.rename(path + ".link", path)


DEEDS = {"plain": [replaces, writes_into], "linked": [moves_the_link]}


def is_held(log, call, at):
    try:
        found = collections.Counter(re.findall(rf"^(\d+) +{call}\(", read(log), re.MULTILINE))
    except FileNotFoundError:
        return False
    return any(count >= at for count in found.values())


def judge(folder, verb, status, said):
    """What became of their edit, and what is wrong; None for nothing."""
    try:
        text = read(os.path.join(folder, "flags.json"))
        stage = json.loads(text)["flags"][KEY]["metadata"].get("rolloutctl.stage")
    except (OSError, ValueError, KeyError) as trouble:
        return None, f"the file is torn: {trouble!r}"
    fate = "kept" if THEIRS in text else "gone" if "their version is gone" in said else None
    aside = re.search(r"what they wrote is in (\S+)", said)
    if fate is None and aside and THEIRS in read(aside[1]):
        fate = "aside"
    if fate is None:
        return fate, "their edit is gone, and nobody says so"
    if status not in ((0,) if verb == "kill" else (0, 6)):
        return fate, f"it ended with {status}"
    if status == 0 and stage != STAGES[verb]:
        return fate, f"it ended with 0, and the file says {stage}"
    return fate, None


def run(job):
    number, model, verb, places, call, at, deed = job
    folder, log = world(model, f"run-{number}"), os.path.join(root, f"run-{number}.log")
    path = os.path.join(folder, "flags.json")
    process = traced(folder, verb, ["-o", log, *filters(places, folder), "-e", f"trace={call}", "-e",
                                    f"inject={call}:delay_enter={int(HELD * 1e6)}:when={at}"])
    start, acted = time.monotonic(), None
    while process.poll() is None and time.monotonic() - start < BOUND:
        if is_held(log, call, at):
            begun = time.monotonic()
            deed(path)
            acted = time.monotonic() - begun
            break
        time.sleep(0.003)
    try:
        said = process.communicate(timeout=BOUND)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        said = process.communicate()[0] + "\nit hung"
    outcome = {"verb": verb, "call": call, "at": at, "deed": deed.__name__, "said": said, "fate": "unmet", "wrong": None}
    # Who took longer than the call was held has met another moment than this one; the rules are the same.
    if acted is not None:
        outcome["fate"], outcome["wrong"] = judge(folder, verb, process.returncode, said)
    shutil.rmtree(folder)
    if os.path.exists(log):
        os.remove(log)
    return outcome


def main():
    jobs = []
    for model in DEEDS:
        prepare(model, model == "linked")
        for verb in VERBS:
            places, found = record(model, verb)
            jobs += [(model, verb, places, call, at, deed) for call, count in sorted(found.items())
                     for at in range(1, count + 1) for deed in DEEDS[model]]
    random.Random(20261130).shuffle(jobs)
    # However few there are: the one moment that nobody can look at.
    jobs.sort(key=lambda job: job[3] != "rename")
    chosen = [(number, *jobs[number % len(jobs)]) for number in range(wanted)]
    summary = {"runs": 0, "places": len(jobs), "fates": collections.Counter(), "gone": collections.Counter(), "wrong": []}
    with concurrent.futures.ThreadPoolExecutor(3 * os.cpu_count()) as pool:
        for outcome in pool.map(run, chosen):
            summary["runs"] += 1
            summary["fates"][outcome["fate"] or "lost"] += 1
            if outcome["fate"] == "gone":
                summary["gone"][f"{outcome['verb']}: {outcome['call']}, {outcome['deed']}"] += 1
            if outcome["wrong"]:
                summary["wrong"].append(outcome)
    print(json.dumps(summary))


main()
