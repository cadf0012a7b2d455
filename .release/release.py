"""Which release this is, and what its packages are called: one version, which each format spells its own way."""

import calendar
import os
import pathlib
import re
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAME = "rolloutctl"
SUMMARY = "moves a feature flag, step by step and back, by a rollout note in git"
# Of RHEL 9 and Ubuntu 22.04. A binary that asks for a newer one is no release.
OLDEST_GLIBC = (2, 34)


class Refusal(Exception):
    """What the person at the keyboard has to know; printed without a stack."""


class Machine:
    """A processor, as ELF and each format call it."""

    def __init__(self, elf, name, debian, npm, loader):
        self.elf, self.name, self.debian, self.npm, self.loader = elf, name, debian, npm, loader


MACHINES = [
    Machine(62, "x86_64", "amd64", "x64", "ld-linux-x86-64.so.2"),
    Machine(183, "aarch64", "arm64", "arm64", "ld-linux-aarch64.so.1"),
]


class Release:
    """Number and date from the one place that says them; dates in packages come from there too, not from the clock."""

    def __init__(self, source=ROOT / "Sources/rolloutctl/Documentation/Release.swift"):
        text = source.read_text(encoding="utf-8")
        said = dict(re.findall(r'static let (number|date) = "([^"]+)"', text))
        if set(said) != {"number", "date"}:
            raise Refusal(f"{source} says no number or no date")
        self.number, self.date = said["number"], said["date"]
        match = re.fullmatch(r"(\d+\.\d+\.\d+)(?:-(alpha|beta|rc)\.?(\d+))?", self.number)
        if not match:
            raise Refusal(f"the version {self.number} is neither like 1.2.3 nor like 1.2.3-rc1")
        self.plain, self.stage, self.count = match.groups()
        self.epoch = self._epoch()

    def _epoch(self):
        said = os.environ.get("SOURCE_DATE_EPOCH", "")
        if not said:
            return calendar.timegm(time.strptime(self.date, "%Y-%m-%d"))
        if not re.fullmatch(r"[0-9]{1,11}", said):
            raise Refusal(f"SOURCE_DATE_EPOCH is no number of seconds: {said!r}")
        return int(said)

    @property
    def npm(self):
        return self.plain + (f"-{self.stage}.{self.count}" if self.stage else "")

    @property
    def sorted_by_tilde(self):
        """Debian and RPM: a tilde sorts before everything, so that a candidate is older than its release."""
        return self.plain + (f"~{self.stage}{self.count}" if self.stage else "")

    @property
    def python(self):
        short = {"alpha": "a", "beta": "b", "rc": "rc"}
        return self.plain + (f"{short[self.stage]}{self.count}" if self.stage else "")

    def tag(self, machine):
        return "py3-none-manylinux_{}_{}_{}".format(*OLDEST_GLIBC, machine.name)

    def names(self, machine):
        """Every file that a release for this machine consists of, by its format."""
        return {
            "tar": f"{NAME}-{self.number}-linux-{machine.name}.tar.gz",
            "deb": f"{NAME}_{self.sorted_by_tilde}-1_{machine.debian}.deb",
            "rpm": f"{NAME}-{self.sorted_by_tilde}-1.{machine.name}.rpm",
            "wheel": f"{NAME}-{self.python}-{self.tag(machine)}.whl",
            "npm": f"{NAME}-{self.npm}.tgz",
            "npm part": f"{NAME}-linux-{machine.npm}-{self.npm}.tgz",
            "bom": f"{NAME}-{self.number}-linux-{machine.name}.cdx.json",
        }
