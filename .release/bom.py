"""The bill of materials, CycloneDX 1.6: what is bound into the program, and what it opens on the machine it runs on."""

import hashlib
import json
import time
import uuid

from elf import GLIBC_LIBRARIES
from release import NAME, SUMMARY

# Of what the program opens only when it is wanted, the machine's own version is taken, so none is named.
OPENED = [
    ("libcurl", "library", "opened by the first request to a server: libcurl.so.4 or libcurl-gnutls.so.4"),
    ("zlib", "library", "opened by the first gzip file of evidence: libz.so.1"),
    ("tzdata", "data", "read for a time zone other than UTC: $TZDIR or /usr/share/zoneinfo"),
]


def component(kind, name, scope, how, version=None, **rest):
    said = {"type": kind, "bom-ref": name, "name": name}
    if version:
        said["version"] = version
    return {**said, "scope": scope, **rest, "properties": [{"name": f"{NAME}:linkage", "value": how}]}


def components(elf):
    yield component("framework", "swift-stdlib", "required", "bound in: the standard library with Concurrency, "
                    "Synchronization and string processing", elf.swift,
                    **({"purl": f"pkg:swift/github.com/swiftlang/swift@{elf.swift}"} if elf.swift else {}))
    vendor, gcc = elf.gcc or (None, None)
    for name in ["libstdc++", "libgcc"]:
        yield component("library", name, "required", "bound in", gcc,
                        **({"description": f"of GCC, {vendor}"} if vendor else {}))
    libraries = sorted(GLIBC_LIBRARIES & set(elf.needed))
    yield component("library", "glibc", "required", f"looked up at the start: {', '.join(libraries)}; "
                    "any from {}.{} on".format(*elf.glibc))
    for name, kind, how in OPENED:
        yield component(kind, name, "optional", how)


def make_bom(job):
    release, elf = job.release, job.elf
    sha256 = hashlib.sha256(job.program).hexdigest()
    parts = list(components(elf))
    said = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
        # Of the program's own digest: another program has another number, the same one has the same.
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{sha256}").urn, "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(release.epoch)),
            "component": {
                "type": "application", "bom-ref": NAME, "name": NAME, "version": release.number,
                "description": f"{NAME} {SUMMARY}", "hashes": [{"alg": "SHA-256", "content": sha256}],
                "purl": f"pkg:generic/{NAME}@{release.number}",
                "properties": [{"name": f"{NAME}:machine", "value": elf.machine.name},
                               *([{"name": f"{NAME}:commit", "value": elf.commit}] if elf.commit else [])],
            },
        },
        "components": parts,
        "dependencies": [{"ref": NAME, "dependsOn": [part["bom-ref"] for part in parts]}],
    }
    job.write(job.names["bom"], (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode())
