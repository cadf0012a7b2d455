"""What every part of the check uses: commands, expectations, and the proof that an installed program works."""

import calendar
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAME = "rolloutctl"


class Failure(Exception):
    pass


class Skipped(Exception):
    pass


def say(mark, title, told, seconds):
    print(f"{mark:<7} {title:<30} {seconds:5.1f} s  {told or ''}", flush=True)


def expect(condition, text):
    if not condition:
        raise Failure(text)


def needs(tool):
    found = shutil.which(tool)
    if not found:
        raise Skipped(f"no {tool}")
    return found


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Done:
    def __init__(self, words, process):
        self.words, self.status = words, process.returncode
        self.output, self.errors = process.stdout.decode("utf-8", "replace"), process.stderr.decode("utf-8", "replace")

    def __str__(self):
        return f"`{' '.join(map(str, self.words))}` ended with {self.status}: {self.output[-600:]}{self.errors[-600:]}"


class World:
    """One run of the check: the program, a folder that goes away, and the packages once they are made."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.packages = os.path.join(folder, "first")
        with open(f"{ROOT}/Sources/rolloutctl/Documentation/Release.swift", encoding="utf-8") as file:
            text = file.read()
        self.version = re.search(r'number = "([^"]+)"', text)[1]
        day = re.search(r'date = "([^"]+)"', text)[1]
        # An installed program says where it comes from: the packages are stripped, and this must be left.
        told = subprocess.run([program, "version", "--format", "json"], capture_output=True, text=True, timeout=60)
        self.commit = json.loads(told.stdout).get("commit")
        self.epoch = calendar.timegm(time.strptime(day, "%Y-%m-%d"))
        self.count = 0

    def new_folder(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(path)
        return path

    def environment(self, **variables):
        """A home of its own, and nothing of this machine's rolloutctl."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("ROLLOUT", "XDG_", "npm_", "PIP_", "PYTHON", "MAN", "SOURCE_DATE"))}
        home = os.path.join(self.folder, "home")
        os.makedirs(home, exist_ok=True)
        return {**kept, "HOME": home, "LC_ALL": "C.UTF-8", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "DEBIAN_FRONTEND": "noninteractive", **variables}

    def run(self, *words, status=0, folder=None, prepare=None, variables=None, seconds=120):
        """The outcome of a command, which must end as is said; None takes any end."""
        try:
            done = Done(words, subprocess.run(
                words, cwd=folder or self.folder, env=self.environment(**(variables or {})), stdin=subprocess.DEVNULL,
                capture_output=True, timeout=seconds, preexec_fn=prepare))
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failure(f"`{' '.join(words)}`: {error}") from error
        expect(status is None or done.status == status, done)
        return done

    def package(self, program, folder, *options, **rest):
        return self.run(sys.executable, f"{ROOT}/.release/package", *options, program, folder, **rest)

    def find(self, *ending):
        """The one package whose name ends so."""
        found = [name for name in os.listdir(self.packages) if name.endswith(ending)]
        expect(len(found) == 1, f"{len(found)} packages end in {ending}: {found}")
        return os.path.join(self.packages, found[0])

    def works(self, program):
        """The program says its version, and kills in a flag file."""
        said = self.run(program, "version")
        commit = f" (commit {self.commit[:12]})" if self.commit else ""
        expect(said.output == f"{NAME} {self.version}{commit}\n" and not said.errors, said)
        self.count += 1
        folder, flags = self.new_folder(f"kill {self.count}"), {"flags": {"ai-summary": {
            "state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}}}
        path = os.path.join(folder, "flags.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(flags, file)
        words = ["kill", "ai-summary", "--store", "file:flags.json", "--reason", "a test"]
        killed = self.run(program, *words, folder=folder)
        with open(path, encoding="utf-8") as file:
            expect(json.load(file)["flags"]["ai-summary"]["defaultVariant"] == "off", killed)

    def pages_are_found(self, share, path):
        """man finds the pages that were installed, not others of the same name."""
        if not shutil.which("man"):
            return "no man; "
        for section, page in [("1", NAME), ("1", f"{NAME}-kill"), ("5", f"{NAME}-note")]:
            found = self.run("man", "-w", section, page, variables={"PATH": path}).output.strip()
            expect(os.path.realpath(found).startswith(os.path.realpath(share) + "/"),
                   f"man finds {found}, and {page}({section}) was installed below {share}")
            data = open(found, "rb").read()
            data = gzip.decompress(data) if found.endswith(".gz") else data
            expect(f"{NAME} {self.version}".encode() in data, f"{found} is not of {self.version}")
        return ""

    def shells_complete(self, share, zsh, path):
        """bash, zsh and fish find the completions by themselves: below /usr/share, or where they are told to look."""
        own = share != "/usr/share"
        # fish completes no program that it does not find.
        variables, missing = {"PATH": path, **({"XDG_DATA_DIRS": share} if own else {})}, []
        loader = "/usr/share/bash-completion/bash_completion"
        if os.path.exists(loader):
            load = (f". {loader}; if declare -F _comp_load >/dev/null; then _comp_load {NAME}; "
                    f"else _completion_loader {NAME}; fi; complete -p {NAME}")
            done = self.run("bash", "--norc", "-c", load, status=None, variables=variables)
            expect(f" {NAME}" in done.output and "_minimal" not in done.output, f"bash completes nothing: {done}")
        else:
            missing.append("bash-completion")
        if shutil.which("zsh"):
            look = f"fpath=({zsh!r} $fpath); " if own else ""
            load = f"{look}autoload -Uz compinit && compinit -D -u && print -r -- $_comps[{NAME}]"
            done = self.run("zsh", "-f", "-c", load)
            expect(done.output == f"_{NAME}\n", f"zsh completes nothing: {done}")
        else:
            missing.append("zsh")
        if shutil.which("fish"):
            done = self.run("fish", "-c", f"complete -C '{NAME} kil'", variables=variables)
            expect(done.output.startswith("kill\t"), f"fish completes nothing: {done}")
        else:
            missing.append("fish")
        return f"no {', '.join(missing)}; " if missing else ""
