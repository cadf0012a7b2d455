"""Reads what an ELF file says about itself: its machine, its commit, the libraries it asks for, their versions, its
compilers."""

import json
import os
import re
import shutil
import struct
import subprocess

from release import MACHINES, OLDEST_GLIBC, Refusal

# Of glibc; whatever else a release needs is bound in.
GLIBC_LIBRARIES = {"libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"}
# What strip leaves: a hash over the folder in which the program was built, and one over everything, debugger's parts
# included. Two builds from two folders differ in nothing else.
OF_THE_FOLDER = [".swift_modhash", ".note.gnu.build-id"]

LOAD, DYNAMIC, INTERPRETER = 1, 2, 3
NEEDED, STRINGS, VERSIONS, VERSION_COUNT = 1, 5, 0x6FFFFFFE, 0x6FFFFFFF


class Elf:
    def __init__(self, path):
        self.path = path
        try:
            with open(path, "rb") as file:
                self.data = file.read()
        except OSError as error:
            raise Refusal(f"{path} cannot be read: {error.strerror}") from error
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise Refusal(f"{path} is no 64-bit little-endian ELF program")
        try:
            self._read()
        except (struct.error, IndexError, ValueError) as error:
            raise Refusal(f"{path} is a broken ELF file: {error}") from error

    def _read(self):
        (number,) = struct.unpack_from("<H", self.data, 18)
        programs, sections = struct.unpack_from("<QQ", self.data, 32)
        size, count, *rest = struct.unpack_from("<HHHHH", self.data, 54)
        self.machine = next((machine for machine in MACHINES if machine.elf == number), None)
        if not self.machine:
            known = ", ".join(machine.name for machine in MACHINES)
            raise Refusal(f"{self.path} is for the ELF machine {number}; releases are for {known}")
        self.segments = [struct.unpack_from("<IIQQQQ", self.data, programs + index * size) for index in range(count)]
        self.sections = self._sections(sections, *rest)
        self.interpreter = next((self._text(at) for kind, _, at, *_ in self.segments if kind == INTERPRETER), None)
        self.needed, self.versions = self._dynamic()

    def _sections(self, start, size, count, names):
        count = count if start else 0
        rows = [struct.unpack_from("<IIQQQQ", self.data, start + index * size) for index in range(count)]
        table = rows[names][4] if rows else 0
        return {self._text(table + row[0]): self.data[row[4]:row[4] + row[5]] for row in rows if row[1] != 8}

    def _text(self, start):
        return self.data[start:self.data.index(b"\0", start)].decode("utf-8", "replace")

    def _place(self, address):
        for kind, _, at, virtual, _, size in self.segments:
            if kind == LOAD and virtual <= address < virtual + size:
                return address - virtual + at
        raise ValueError(f"nothing is loaded at {address:#x}")

    def _dynamic(self):
        entries = []
        for kind, _, at, _, _, size in self.segments:
            if kind == DYNAMIC:
                entries += struct.iter_unpack("<QQ", self.data[at:at + size - size % 16])
        said = dict(reversed(entries))
        if STRINGS not in said:
            return [], {}
        strings = self._place(said[STRINGS])
        needed = [self._text(strings + value) for tag, value in entries if tag == NEEDED]
        versions, at = {}, self._place(said[VERSIONS]) if VERSIONS in said else 0
        for _ in range(said.get(VERSION_COUNT, 0)):
            _, count, library, first, following = struct.unpack_from("<HHIII", self.data, at)
            entry, names = at + first, versions.setdefault(self._text(strings + library), set())
            for _ in range(count):
                _, _, _, name, step = struct.unpack_from("<IHHII", self.data, entry)
                names.add(self._text(strings + name))
                entry += step
            at += following
        return needed, versions

    @property
    def glibc(self):
        """The newest version of glibc that any symbol asks for."""
        names = set().union(*self.versions.values())
        found = [re.fullmatch(r"GLIBC_(\d+)\.(\d+)(?:\.\d+)?", name) for name in names]
        return max(((int(match[1]), int(match[2])) for match in found if match), default=(0, 0))

    @property
    def commit(self):
        """Which commit `.release/build` named; nil where it named none."""
        note = self.sections.get(".note.package", b"")
        found = re.search(rb"\{.*\}", note, re.DOTALL)
        try:
            return found and json.loads(found[0]).get("commit")
        except ValueError as error:
            raise Refusal(f"{self.path} has a broken note about its package: {error}") from error

    @property
    def swift(self):
        """Swift's version, which only the debugger's parts name; nil once they are stripped."""
        match = re.search(rb"Swift version (\d+(?:\.\d+)+)", self.sections.get(".debug_str", b""))
        return match and match[1].decode()

    @property
    def gcc(self):
        """Whose libstdc++ and libgcc were at hand; nil where the objects do not agree."""
        found = set(re.findall(rb"GCC: \(([^)]*)\) (\d+(?:\.\d+)+)", self.sections.get(".comment", b"")))
        return tuple(part.decode() for part in found.pop()) if len(found) == 1 else None

    def refuse_unless_release(self):
        """A release starts on every machine that has the oldest glibc, and asks for nothing else."""
        if not self.interpreter or not self.needed:
            raise Refusal(f"{self.path} is no program that a loader starts")
        others = [name for name in self.needed if name not in GLIBC_LIBRARIES | {self.machine.loader}]
        if others:
            raise Refusal(f"{self.path} asks for {', '.join(others)}: build it with "
                          "swift build -c release --static-swift-stdlib")
        if self.glibc > OLDEST_GLIBC:
            raise Refusal("{} asks for glibc {}.{}, and a release starts on {}.{}".format(
                self.path, *self.glibc, *OLDEST_GLIBC))


def stripped(elf, folder):
    """The program without names, debugger's parts and what the folder of its build left in it."""
    source, target = os.path.join(folder, "whole"), os.path.join(folder, "stripped")
    # As the format of the packages is read from these bytes, so are they stripped: the file may be replaced meanwhile.
    with open(source, "wb") as file:
        file.write(elf.data)
    tried = []
    # The first one reads the machine that it runs on; binutils of Debian's cross compilers and LLVM read others.
    for tool in ["objcopy", f"{elf.machine.name}-linux-gnu-objcopy", "llvm-objcopy"]:
        if not shutil.which(tool):
            continue
        removals = [word for name in OF_THE_FOLDER for word in ("--remove-section", name)]
        done = subprocess.run([tool, "--strip-all", *removals, source, target], capture_output=True, text=True)
        if done.returncode == 0:
            os.remove(source)
            with open(target, "rb") as file:
                return file.read()
        tried.append(f"{tool}: {(done.stderr.strip().splitlines() or ['no reason'])[0]}")
    raise Refusal("; ".join(tried) or f"nothing here strips a program for {elf.machine.name}: install binutils")
