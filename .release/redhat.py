"""The RPM: the same tree, by rpmbuild. Which libraries it asks for, rpmbuild reads from the program."""

import os
import re
import shutil
import tempfile

from contents import File, installed
from debian import laid_out
from release import NAME, SUMMARY

SPEC = """\
Name: {name}
Version: {version}
Release: 1
Summary: {summary}
# The tag must be there, and the repository holds no licence.
License: LicenseRef-not-stated
# Opened when they are wanted: see debian.py.
Recommends: libcurl.so.4()(64bit)
Recommends: ca-certificates
Recommends: tzdata
Recommends: libz.so.1()(64bit)

%description
A team writes a one-page rollout note in Markdown and keeps it in git.
{name} moves a feature flag through the note's stages, and refuses, holds,
rolls back or kills with reasons.

%install
mkdir -p %{{buildroot}}
cp -a {tree}/. %{{buildroot}}/

%files
%dir %attr(755, root, root) /usr/share/doc/{name}
{files}
"""
# Nothing of the machine that packs, no second strip; zstd, which RPM reads wherever glibc is new enough.
MACROS = {
    "_build_name_fmt": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm",
    "_buildhost": "localhost", "use_source_date_epoch_as_buildtime": "1", "clamp_mtime_to_source_date_epoch": "1",
    "debug_package": "%{nil}", "__os_install_post": "%{nil}", "_build_id_links": "none",
    "_binary_payload": "w12.zstdio",
}


def make_rpm(job):
    rpmbuild = job.tool("rpmbuild")
    # Its scripts read a blank in a path as the end of the path, and a % as the beginning of a macro.
    for above in [job.scratch, tempfile.gettempdir(), "/tmp", "/var/tmp"]:
        if re.fullmatch(r"[\w./-]+", above, re.ASCII) and os.path.isdir(above):
            break
    with tempfile.TemporaryDirectory(prefix=f"{NAME}-rpm-", dir=above) as top:
        built(job, rpmbuild, top)


def built(job, rpmbuild, top):
    files = [File(f"usr/{file.path}", file.data, file.mode) for file in installed(job.program, compressed=True)]
    laid_out(files, os.path.join(top, "tree"), job.release.epoch)
    listed = [f"%attr({file.mode:o}, root, root) /{file.path}" for file in files]
    spec = os.path.join(top, "package.spec")
    with open(spec, "w", encoding="utf-8") as file:
        file.write(SPEC.format(name=NAME, version=job.release.sorted_by_tilde, summary=SUMMARY,
                               files="\n".join(listed), tree=os.path.join(top, "tree")))
    folders = {"_topdir": f"{top}/top", "_builddir": top, "_rpmdir": f"{top}/out", "_tmppath": top}
    definitions = [word for name, value in {**folders, **MACROS}.items() for word in ("--define", f"{name} {value}")]
    job.run([rpmbuild, "-bb", *definitions, "--target", f"{job.elf.machine.name}-linux", spec], folder=top)
    shutil.move(os.path.join(top, "out", job.names["rpm"]), job.path(job.names["rpm"]))
