"""Whole processes, timed from before they are made until they are gone.

Contenders run in turn, round after round, so that whatever else the machine does falls on all of them alike. A ratio is
the median of the rounds' ratios, not the ratio of two medians.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Contender:
    def __init__(self, name, words, before=lambda: None, holds=lambda: True, status=0, counted=True):
        self.name, self.before, self.holds, self.status = name, before, holds, status
        self.words = [shutil.which(words[0]) or words[0], *words[1:]]
        # A shell's instructions say nothing about the programs that it starts.
        self.counted = counted
        self.walls, self.cpus = [], []
        self.instructions = None

    @property
    def wall(self):
        return statistics.median(self.walls)

    def over(self, other):
        """How many times as long as the other one this takes."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.walls, other.walls))

    def run(self, environment):
        nowhere = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
        start = time.perf_counter_ns()
        process = os.posix_spawn(self.words[0], self.words, environment, file_actions=nowhere)
        _, status, used = os.wait4(process, 0)
        end = time.perf_counter_ns()
        return (end - start) / 1e6, (used.ru_utime + used.ru_stime) * 1e3, os.waitstatus_to_exitcode(status)

    def count(self, environment):
        self.before()
        words = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *self.words]
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
        found = re.search(r"Collected : (\d+)", done.stderr)
        self.instructions = int(found.group(1)) if found else None


class Sanity:
    """What must hold whatever the machine is doing: every run did its work."""

    def __init__(self):
        self.passed, self.failures = 0, []

    def expect(self, holds, what):
        if holds:
            self.passed += 1
        elif what not in self.failures:
            self.failures.append(what)


def measure(title, contenders, environment, sanity, rounds, seconds, instructions=False):
    """Runs all of them `rounds` times, or until `seconds` are over; at least 3 rounds, the first is not counted."""
    end = time.monotonic() + seconds
    for number in range(rounds + 1):
        if number > 3 and time.monotonic() > end:
            break
        turn = number % len(contenders)
        for contender in contenders[turn:] + contenders[:turn]:
            contender.before()
            wall, cpu, status = contender.run(environment)
            what = f"{title}: {contender.name}"
            sanity.expect(status == contender.status, f"{what}: exited with {status}")
            sanity.expect(contender.holds(), f"{what}: did not do its work")
            if number:
                contender.walls.append(wall)
                contender.cpus.append(cpu)
    for contender in contenders if instructions else []:
        if contender.counted:
            contender.count(environment)
    print_table(title, contenders, instructions)


def print_table(title, contenders, instructions):
    ours = contenders[0]
    counted = "  Minstr." if instructions else ""
    head = f"{title}, {len(ours.walls)} rounds"
    print(f"\n{head:<44}  median      quartiles     CPU ms{counted}   ours is")
    for contender in contenders:
        low, _, high = statistics.quantiles(contender.walls, n=4)
        ratio = "" if contender is ours else f"{ours.over(contender):8.2f} x"
        million = f"{(contender.instructions or 0) / 1e6:9.2f}" if instructions else ""
        print(f"  {contender.name:<40} {contender.wall:7.2f} ms  {low:7.2f} –{high:7.2f}  {statistics.median(contender.cpus):7.2f}"
              f"{million}  {ratio}", flush=True)


def built():
    """The program to measure: the one that ROLLOUTCTL names, else the static release."""
    if program := os.environ.get("ROLLOUTCTL"):
        return os.path.abspath(program)
    command = ["swift", "build", "-c", "release", "--static-swift-stdlib"]
    repository = os.path.dirname(os.path.dirname(HERE))
    subprocess.run([os.path.join(repository, ".release", "build")], check=True, stdout=sys.stderr)
    places = subprocess.run([*command, "--show-bin-path"], cwd=repository, check=True, capture_output=True, text=True)
    return os.path.join(places.stdout.strip(), "rolloutctl")


def tool(*words):
    """What a program says first of itself."""
    done = subprocess.run(words, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().splitlines()[0]
