"""The Debian package: a tree and dpkg-deb, without debhelper."""

import hashlib
import os
import time

from contents import File, installed, squeezed
from release import NAME, SUMMARY

CONTROL = """\
Package: {name}
Version: {version}-1
Architecture: {machine}
Maintainer: {maintainer}
Installed-Size: {size}
Depends: libc6 (>= {glibc})
Recommends: {recommends}
Section: devel
Priority: optional
Description: {summary}
 A team writes a one-page rollout note in Markdown and keeps it in git.
 {name} moves a feature flag through the note's stages, and refuses, holds,
 rolls back or kills with reasons.
"""
# The repository names nobody; this address reaches nobody, by RFC 2606.
MAINTAINER = "The rolloutctl authors <rolloutctl@example.invalid>"
# Opened when they are wanted, so that a flag file is killed without any of them. apt brings them unless it is told not
# to: servers are asked through libcurl (libcurl4t64 from Debian 13 on), which trusts ca-certificates; a zone other than
# UTC is read from tzdata; evidence in gzip needs zlib.
RECOMMENDS = ["libcurl4t64 | libcurl4 | libcurl3t64-gnutls | libcurl3-gnutls", "ca-certificates", "tzdata", "zlib1g"]


def tree(job):
    files = [File(f"usr/{file.path}", file.data, file.mode)
             for file in installed(job.program, compressed=True, zsh="share/zsh/vendor-completions")]
    moment = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(job.release.epoch))
    change = (f"{NAME} ({job.release.sorted_by_tilde}-1) unstable; urgency=medium\n\n"
              f"  * Release {job.release.number}.\n\n"
              f" -- {MAINTAINER}  {moment}\n")
    return files + [File(f"usr/share/doc/{NAME}/changelog.Debian.gz", squeezed(change.encode()))]


def laid_out(files, top, epoch):
    """The files in a folder, with modes and times that are said, whatever the umask."""
    for file in files:
        path = os.path.join(top, file.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as target:
            target.write(file.data)
        os.chmod(path, file.mode)
        os.utime(path, (epoch, epoch))
    for folder, _, _ in os.walk(top, topdown=False):
        os.chmod(folder, 0o755)
        os.utime(folder, (epoch, epoch))


def make_deb(job):
    dpkg = job.tool("dpkg-deb")
    files = tree(job)
    control = CONTROL.format(
        name=NAME, version=job.release.sorted_by_tilde, machine=job.elf.machine.debian, maintainer=MAINTAINER,
        size=sum(-(-len(file.data) // 1024) for file in files), glibc="{}.{}".format(*job.elf.glibc),
        recommends=", ".join(RECOMMENDS), summary=SUMMARY)
    sums = "".join(f"{hashlib.md5(file.data).hexdigest()}  {file.path}\n"
                   for file in sorted(files, key=lambda one: one.path))
    files += [File("DEBIAN/control", control.encode()), File("DEBIAN/md5sums", sums.encode())]
    top = os.path.join(job.scratch, "deb")
    laid_out(files, top, job.release.epoch)
    job.run([dpkg, "--root-owner-group", "-Zxz", "-z6", "--build", top, job.path(job.names["deb"])])
