"""Errors at every system call on files that a kill of a flag makes, one at a time, and some that stay.

  call_faults.py ROLLOUTCTL FOLDER [STRIDE]

strace plays the kernel that answers with an error. First the calls of a kill without errors are written down; then each
of them gets each error once, in a new folder each time. STRIDE takes only every so many of these runs (1 if not given).
Whether the flag is off is read from the file, without any code of rolloutctl's. All runs are in a process namespace
(`unshare`), so that the process's number, which is in the names of its files, is the same each time.

Prints one JSON object: what was run, and every run that broke a rule.
"""

import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from traced import counts, filters, paths  # noqa: E402

rolloutctl, root = sys.argv[1], os.path.realpath(sys.argv[2])
stride = int(sys.argv[3]) if len(sys.argv) > 3 else 1
KEY = "ai-summary"
ERRORS = ["ENOSPC", "EIO", "EACCES", "ESTALE", "EMFILE", "EINTR"]
# How long a kill may take here in all, and how long it is told that it may.
BOUND, WITHIN = 15, "3s"
ON = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}


def world(name):
    """A folder with a flag that is on."""
    folder = os.path.join(root, name)
    shutil.copytree(os.path.join(root, "model"), folder)
    return folder


def prepare(note, files):
    model = os.path.join(root, "model")
    shutil.rmtree(model, ignore_errors=True)
    os.makedirs(os.path.join(model, ".git"))
    with open(os.path.join(model, ".git/HEAD"), "w") as file:
        file.write("ref: refs/heads/main\n")
    for name in files:
        with open(os.path.join(model, name), "w") as file:
            json.dump({"flags": {} if note else {KEY: ON}}, file)
    if len(files) > 1:
        with open(os.path.join(model, "rolloutctl.json"), "w") as file:
            json.dump({"stores": {name.split(".")[0]: f"file:{name}" for name in files}}, file)
    if note:
        os.mkdir(os.path.join(model, "notes"))
        shutil.copy(note, os.path.join(model, "notes/summary.md"))
        subprocess.run([rolloutctl, "promote", "notes/summary.md"], cwd=model, env=ENVIRONMENT, check=True,
                       stdout=subprocess.DEVNULL)


ENVIRONMENT = {"PATH": os.environ["PATH"], "ROLLOUT_ACTOR": "maya", "HOME": "/nonexistent",
               "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}


def kill(folder, options):
    """How it ended, and what it said."""
    words = ["unshare", "-mpf", "--mount-proc", "strace", "-f", "-qq", *options, rolloutctl, "kill", KEY, "--within",
             WITHIN]
    start = time.monotonic()
    try:
        done = subprocess.run(words, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=BOUND)
    except subprocess.TimeoutExpired:
        return None, "it hung", time.monotonic() - start
    return done.returncode, done.stdout + done.stderr, time.monotonic() - start


def record():
    """The paths, and how often each call is made on one of them in one thread."""
    folder, log = world("recorded"), os.path.join(root, "calls.log")
    status, said, _ = kill(folder, ["-o", log])
    if status != 0:
        sys.exit(f"a kill without errors ended with {status}: {said}")
    places = paths(log, folder)
    shutil.rmtree(folder)
    folder = world("recorded")
    kill(folder, ["-o", log, *filters(places, folder)])
    found = counts(log)
    # Not on a path: that comes before it.
    found["inotify_init1"] = 1
    shutil.rmtree(folder)
    return places, found


def is_killed(path):
    """Whether everybody is served the old version, read as any reader would."""
    with open(path) as file:
        flag = json.load(file)["flags"][KEY]
    served = flag["variants"].get(flag.get("defaultVariant"))
    return flag["state"] == "ENABLED" and "targeting" not in flag and served is False


def judge(folder, files, status, said, once):
    """What is wrong with how it ended; None for nothing."""
    try:
        is_off = all([is_killed(os.path.join(folder, name)) for name in files])
    except (OSError, ValueError, KeyError) as trouble:
        return f"the file is torn: {trouble}"
    left = [name for name in os.listdir(folder) if "rollout-new-" in name]
    if status is None:
        return "it hung"
    if status == 0 and not is_off:
        return "it says off, and the flag is on"
    if status == 0 and left:
        return f"it left {left} behind"
    if status not in (0, 1):
        return f"it ended with {status}"
    if status == 1 and once:
        return "one error kept it from success"
    if status == 1 and "NOT off" in said and is_off:
        return "it says NOT off, and the flag is off"
    if status == 1 and "NOT off" not in said and "may be off" not in said:
        return "it does not say that it is not off"
    return None


def run(job):
    number, files, places, call, error, when = job
    folder = world(f"run-{number}")
    # Calls that name no path are counted without any.
    where = [] if call == "inotify_init1" else filters(places, folder)
    options = ["--seccomp-bpf", "-o", os.path.join(root, f"run-{number}.log"), "-e", f"trace={call}", *where, "-e",
               f"inject={call}:error={error}:when={when}"]
    status, said, seconds = kill(folder, options)
    wrong = judge(folder, files, status, said, once="+" not in when)
    injected = open(os.path.join(root, f"run-{number}.log")).read().count("(INJECTED)")
    shutil.rmtree(folder)
    return {"call": call, "error": error, "when": when, "status": status, "seconds": round(seconds, 2),
            "said": said, "injected": injected, "wrong": wrong}


def main():
    summary = {"runs": 0, "calls": {}, "errors": ERRORS, "failed": 0, "unmet": 0, "slowest": 0, "wrong": []}
    number = 0
    note = os.path.join(os.path.dirname(__file__), "../Fixtures/summary.md")
    for name, note, files in (("a flag alone", None, ["flags.json"]), ("a rollout under way", note, ["flags.json"]),
                              ("two stores", None, ["flags.json", "other.json"])):
        prepare(note, files)
        places, found = record()
        jobs = [(call, error, str(at)) for call, count in sorted(found.items()) for at in range(1, count + 1)
                for error in ERRORS]
        # What stays: everything of that kind, or the new file beside the old one alone.
        new = [place for place in places if "rollout-new-" in place]
        stays = [(call, error, "1+", where) for error in ERRORS
                 for call, where in (("rename", places), ("fsync", places), ("openat", new), ("write", new))
                 if error != "EINTR"]
        # The same ones each time, and of every call some.
        random.Random(20261130).shuffle(jobs)
        chosen = [(places, *job) for job in jobs[::stride]]
        chosen += [(where, call, error, when) for call, error, when, where in stays]
        numbered = [(number + index, files, *job) for index, job in enumerate(chosen)]
        number += len(numbered)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for outcome in pool.map(run, numbered):
                summary["runs"] += 1
                summary["failed"] += outcome["status"] != 0
                # Which thread makes which call is not always the same.
                summary["unmet"] += outcome["injected"] == 0
                summary["slowest"] = max(summary["slowest"], outcome["seconds"])
                if os.environ.get("ROLLOUTCTL_CALL_FAULTS") == "show":
                    print(outcome["call"], outcome["error"], outcome["when"], outcome["status"], outcome["seconds"],
                          outcome["injected"], outcome["wrong"] or "", file=sys.stderr)
                if outcome["wrong"]:
                    summary["wrong"].append(outcome)
        summary["calls"][name] = sum(found.values())
    print(json.dumps(summary))


main()
