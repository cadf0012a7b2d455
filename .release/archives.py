"""The tar, and the two packages of npm: tars too."""

import io
import json
import tarfile

from contents import File, completions, installed, licence, pages, source, squeezed
from release import MACHINES, NAME, SUMMARY


def packed(files, top, epoch):
    """A gzipped tar whose bytes depend on its files alone: sorted, owned by nobody, all of one moment."""
    entries = {f"{top}/{file.path}": file for file in files}
    folders = {"/".join(path.split("/")[:depth]) for path in entries for depth in range(1, path.count("/") + 1)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted([*folders, *entries]):
            entry = tarfile.TarInfo(path)
            entry.mtime = epoch
            if path in folders:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                entry.size, entry.mode = len(entries[path].data), entries[path].mode
                archive.addfile(entry, io.BytesIO(entries[path].data))
    return squeezed(buffer.getvalue())


def make_tar(job):
    name = job.names["tar"]
    job.write(name, packed(installed(job.program), name.removesuffix(".tar.gz"), job.release.epoch))


def manifest(release, name, **rest):
    # No "license": the repository names none, and what npm would take for none ("UNLICENSED") forbids.
    said = {"name": name, "version": release.npm, "description": f"{NAME} {SUMMARY}", "os": ["linux"], **rest}
    return File("package.json", (json.dumps(said, indent=2) + "\n").encode())


def make_npm(job):
    """The package that people name, and the program of this machine as an optional dependency of it.

    npm takes the one that fits the machine and leaves the others; nothing runs while it installs. The first package is
    the same whichever machine's program is packed, so that releases for two machines have one.
    """
    release, machine = job.release, job.elf.machine
    launcher = source(".release/launcher.sh")
    manual = [File(file.path.removeprefix("share/"), file.data) for file in pages()]
    main = [
        manifest(
            release, NAME,
            # Yarn takes a .bin for a program; any other script it would give to node.
            bin={NAME: f"bin/{NAME}.bin"}, man=[f"./{file.path}" for file in manual],
            optionalDependencies={f"{NAME}-linux-{one.npm}": release.npm for one in MACHINES},
            preferUnplugged=True),
        File(f"bin/{NAME}.bin", launcher, 0o755), *manual,
        *completions("completions/zsh", "completions"),
        File("README.md", source("README.md")), File("copyright", licence()),
    ]
    part = [
        manifest(release, f"{NAME}-linux-{machine.npm}", cpu=[machine.npm], libc=["glibc"], preferUnplugged=True),
        File(f"bin/{NAME}", job.program, 0o755),
        File("README.md", f"The program of {NAME} for Linux on {machine.name}: install {NAME}.\n".encode()),
        File("copyright", licence()),
    ]
    job.write(job.names["npm"], packed(main, "package", release.epoch))
    job.write(job.names["npm part"], packed(part, "package", release.epoch))
