"""What must be refused, with a reason and without a trace: no releases, and nights on which nothing can be written."""

import os
import shutil
import struct
import tempfile

from proving import NAME, ROOT, Skipped, expect
from reading import program_of_tar


def small(world):
    """The program as it is packed: a third of what the compiler made, so that every run takes less time."""
    path = os.path.join(world.folder, "stripped")
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(program_of_tar(world))
        os.chmod(path, 0o755)
    return path


def refused(world):
    """Each is a copy of the program with one thing changed."""
    data, folder = program_of_tar(world), world.new_folder("no releases")

    def attempt(name, contents, *words):
        path, target = os.path.join(folder, name), os.path.join(folder, f"{name} packages")
        with open(path, "wb") as file:
            file.write(contents)
        os.chmod(path, 0o755)
        done = world.package(path, target, status=1)
        expect(all(word in done.errors for word in words) and "Traceback" not in done.errors, done)
        left = os.listdir(target) if os.path.exists(target) else []
        expect(not left, f"{name} left {left}")

    attempt("a script", b"#!/bin/sh\necho rolloutctl 0.1.0\n", "no 64-bit")
    attempt("nothing", b"", "no 64-bit")
    attempt("half", data[:len(data) // 2000], "broken")
    newer = data.replace(b"\0GLIBC_2.34\0", b"\0GLIBC_2.38\0")
    if newer == data:
        raise Skipped("the program asks for an older glibc than 2.34")
    attempt("a newer glibc", newer, "glibc 2.38", "2.34")
    # As many bytes, or the file is another.
    attempt("one more library", data.replace(b"\0libm.so.6\0", b"\0libq.so.6\0"), "libq.so.6", "--static-swift-stdlib")
    attempt("another processor", data[:18] + struct.pack("<H", 243) + data[20:], "243", "x86_64")
    attempt("a program of another source", stale(data), "not built from this source")
    if world.commit:
        other = "0" * len(world.commit)
        attempt("a program of another commit", data.replace(world.commit.encode(), other.encode()), other, "checked out")
    missing = world.package(os.path.join(folder, "absent"), os.path.join(folder, "x"), status=1)
    expect("absent" in missing.errors and "Traceback" not in missing.errors, missing)
    return "9 of them" if world.commit else "8 of them: the program names no commit"


def stale(data):
    """Its completions differ by a letter, as those of another commit would."""
    word = b"# Completes rolloutctl"
    text = open(f"{ROOT}/completions/{NAME}.bash", "rb").read()
    # A line of the file that stands in the program as it is.
    for line in sorted(text.splitlines(), key=len, reverse=True):
        if line in data and len(line) > 20:
            word = line
            break
    expect(word in data, "no line of the completions stands in the program")
    return data.replace(word, word[:-1] + b"~")


def played(world):
    told = [without_tools(world), older_packages(world), unwritable(world), full_disk(world), epochs(world)]
    return "; ".join(told)


def without_tools(world):
    """A machine that has nothing but Python and binutils."""
    tools = world.new_folder("few tools")
    for name in ["objcopy", "env"]:
        os.symlink(shutil.which(name), os.path.join(tools, name))
    target = os.path.join(world.folder, "few")
    done = world.package(small(world), target, variables={"PATH": tools})
    names = os.listdir(target)
    for told in ["no deb: dpkg-deb is not installed", "no rpm: rpmbuild is not installed"]:
        expect(told in done.output, done)
    expect(len(names) == 6 and not any(name.endswith((".deb", ".rpm")) for name in names), f"{names}")
    asked = world.package(small(world), target, "--only", "deb", variables={"PATH": tools}, status=1)
    expect("dpkg-deb is not installed" in asked.errors and sorted(os.listdir(target)) == sorted(names), asked)
    return "no dpkg-deb"


def older_packages(world):
    """They would be uploaded along. Those of the same release for another machine stay; SHA256SUMS lists them too."""
    folder = world.new_folder("older")
    old, other = os.path.join(folder, f"{NAME}_0.0.9-1_amd64.deb"), os.path.join(folder, "notes.txt")
    for path in (old, other):
        open(path, "w").close()
    done = world.package(small(world), folder, "--only", "bom", status=1)
    expect(os.path.basename(old) in done.errors and len(os.listdir(folder)) == 2, done)
    os.remove(old)
    machine = "aarch64" if os.uname().machine == "x86_64" else "x86_64"
    beside = f"{NAME}-{world.version}-linux-{machine}.tar.gz"
    open(os.path.join(folder, beside), "w").close()
    for _ in range(2):
        world.package(small(world), folder, "--only", "bom")
    sums = open(os.path.join(folder, "SHA256SUMS")).read()
    expect(beside in sums and "notes.txt" not in sums, sums)
    return "older packages"


def unwritable(world):
    path = os.path.join(world.folder, "a file")
    open(path, "w").close()
    done = world.package(small(world), path, "--only", "bom", status=1)
    expect(path in done.errors and "Traceback" not in done.errors, done)
    if os.geteuid() == 0:
        return "a file in the way"
    folder = world.new_folder("read only")
    os.chmod(folder, 0o500)
    done = world.package(small(world), folder, "--only", "bom", status=1)
    expect("Permission denied" in done.errors and "Traceback" not in done.errors, done)
    return "a folder that is not to be written"


def full_disk(world):
    """Nothing of what lay there is lost, and nothing half made stays."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        return "full disk skipped: not root"
    # The first write fails, then strip, then the tree of the .deb.
    for size in ["1m", "22m", "40m"]:
        folder = tempfile.mkdtemp(dir=world.folder)
        mounted = world.run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder, status=None)
        if mounted.status != 0:
            return "full disk skipped: no mount"
        try:
            with open(os.path.join(folder, "SHA256SUMS"), "w") as file:
                file.write("before\n")
            done = world.package(small(world), folder, status=1)
            expect("Traceback" not in done.errors and done.errors.startswith("package: "), done)
            expect("room" in done.errors.lower() or "space" in done.errors.lower(), done)
            expect(os.listdir(folder) == ["SHA256SUMS"], f"left at {size}: {os.listdir(folder)}")
            expect(open(os.path.join(folder, "SHA256SUMS")).read() == "before\n", f"overwritten at {size}")
        finally:
            world.run("umount", folder)
    return "full disk"


def epochs(world):
    """Another moment is other bytes; a moment that is none is refused."""
    folders = []
    for epoch in ["1", "1796062645"]:
        folders.append(os.path.join(world.folder, f"at {epoch}"))
        world.package(small(world), folders[-1], "--only", "bom", variables={"SOURCE_DATE_EPOCH": epoch})
    first, second = [open(f"{folder}/SHA256SUMS").read() for folder in folders]
    expect(first != second, "SOURCE_DATE_EPOCH does nothing")
    done = world.package(small(world), folders[0], variables={"SOURCE_DATE_EPOCH": "yesterday"}, status=1)
    expect("SOURCE_DATE_EPOCH" in done.errors, done)
    return "moments"
