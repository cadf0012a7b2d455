"""The Python wheel: a zip by the standard library, which pip unpacks as it is."""

import base64
import hashlib
import io
import time
import zipfile

from contents import File, completions, licence, pages, source
from release import NAME, SUMMARY


def digest(data):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def make_wheel(job):
    release, machine = job.release, job.elf.machine
    stem = f"{NAME}-{release.python}"
    # Scripts go to the environment's bin/, and data to its top: share/man and the completions lie as under any prefix.
    files = [File(f"{stem}.data/scripts/{NAME}", job.program, 0o755)]
    files += [File(f"{stem}.data/data/{file.path}", file.data) for file in [*pages(), *completions()]]
    metadata = (f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {release.python}\nSummary: {NAME} {SUMMARY}\n"
                "Description-Content-Type: text/markdown\n\n").encode()
    files += [
        File(f"{stem}.dist-info/METADATA", metadata + source("README.md")),
        File(f"{stem}.dist-info/WHEEL", (
            f"Wheel-Version: 1.0\nGenerator: {NAME} (.release/package)\nRoot-Is-Purelib: false\n"
            f"Tag: {release.tag(machine)}\n").encode()),
        File(f"{stem}.dist-info/copyright", licence()),
    ]
    record = f"{stem}.dist-info/RECORD"
    rows = [f"{file.path},{digest(file.data)},{len(file.data)}" for file in files] + [f"{record},,"]
    files.append(File(record, ("\n".join(rows) + "\n").encode()))
    buffer = io.BytesIO()
    # Zips know no moment before 1980.
    moment = time.gmtime(max(release.epoch, 315532800))[:6]
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.path, moment)
            entry.create_system, entry.external_attr = 3, (0o100000 | file.mode) << 16
            archive.writestr(entry, file.data, zipfile.ZIP_DEFLATED, 9)
    job.write(job.names["wheel"], buffer.getvalue())
