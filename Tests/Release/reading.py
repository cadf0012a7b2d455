"""The packages read without being installed: digests, names, modes, owners, and what each format says of itself."""

import base64
import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile

from proving import NAME, ROOT, digest, expect, needs

# The second run has everything otherwise that must not matter: folders, file modes, words, zone, threads, the time.
OTHERWISE = {"LC_ALL": "tr_TR.UTF-8", "LANG": "C", "TZ": "Pacific/Kiritimati", "DPKG_DEB_THREADS_MAX": "1",
             "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": ""}


def made_twice(world):
    program = os.path.join(world.new_folder("a path with blanks"), "the program")
    shutil.copy(world.program, program)
    second, temporary = os.path.join(world.folder, "second of two"), world.new_folder("temporary files")
    words = [sys.executable, f"{ROOT}/.release/package"]
    first = subprocess.Popen([*words, world.program, world.packages], env=world.environment(), **PIPES)
    # A zip counts in steps of two seconds: were the clock asked, it would show.
    time.sleep(2.1)
    runs = [first, subprocess.Popen(
        [*words, program, os.path.relpath(second, temporary)], cwd=temporary, preexec_fn=lambda: os.umask(0o077),
        env=world.environment(**OTHERWISE, TMPDIR=temporary), **PIPES)]
    for run in runs:
        output = run.communicate(timeout=300)[0].decode("utf-8", "replace")
        expect(run.returncode == 0, f"{' '.join(run.args)}: {output}")
    names = sorted(os.listdir(world.packages))
    expect(names == sorted(os.listdir(second)), f"{names} and then {sorted(os.listdir(second))}")
    unequal = [name for name in names if read(world.packages, name) != read(second, name)]
    expect(not unequal, f"another run makes other bytes: {', '.join(unequal)}")
    modes = {oct(os.stat(os.path.join(second, name)).st_mode & 0o777) for name in names}
    expect(modes == {"0o644"}, f"packages have the modes {modes}")
    expect(not os.listdir(temporary), f"left in TMPDIR: {os.listdir(temporary)}")
    return ", ".join(f"{os.path.getsize(os.path.join(world.packages, name)) / 1e6:.1f} MB {kind(name)}"
                     for name in names if os.path.getsize(os.path.join(world.packages, name)) > 1e6)


PIPES = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}


def kind(name):
    return re.search(r"(tar\.gz|[a-z]+)$", name)[1]


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def sums_hold(world):
    world.run("sha256sum", "--check", "--strict", "SHA256SUMS", folder=world.packages)
    listed = re.findall(r"^[0-9a-f]{64}  (.+)$", read(world.packages, "SHA256SUMS").decode(), re.MULTILINE)
    there = sorted(set(os.listdir(world.packages)) - {"SHA256SUMS"})
    expect(listed == there, f"SHA256SUMS lists {listed}, and there are {there}")
    return f"{len(listed)} files"


def tidy(path, mode, owners):
    """Root's, readable by everybody and written by nobody else, and of the release's day."""
    program = path.endswith((f"bin/{NAME}", f"bin/{NAME}.bin", f"scripts/{NAME}"))
    expect(mode & 0o7777 == (0o755 if program else 0o644), f"{path} has the mode {mode & 0o7777:o}")
    expect(owners == (0, 0), f"{path} is owned by {owners}")



def walk_tar(data, epoch):
    """Every file of a tar by its path, once the whole of it is tidy."""
    found, moments = {}, set()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for entry in archive:
            moments.add(entry.mtime)
            expect(entry.isdir() or entry.isfile(), f"{entry.name} is neither file nor folder")
            expect(not entry.name.startswith("/") and ".." not in entry.name.split("/"), f"{entry.name} leads out")
            if entry.isdir():
                expect(entry.mode == 0o755, f"{entry.name} has the mode {entry.mode:o}")
            else:
                tidy(entry.name, entry.mode, (entry.uid, entry.gid))
                found[entry.name] = archive.extractfile(entry).read()
    expect(moments == {epoch}, f"files of {sorted(moments)}, and the release is of {epoch}")
    return found


def pages_and_completions():
    pages = [name for name in os.listdir(f"{ROOT}/man") if name.endswith((".1", ".5"))]
    return pages + os.listdir(f"{ROOT}/completions")


def deb_reads(world):
    needs("dpkg-deb")
    package = world.find(".deb")
    control = world.run("dpkg-deb", "--field", package).output
    fields = dict(re.findall(r"^([A-Z][A-Za-z-]*): (.*)$", control, re.MULTILINE))
    expect(fields["Version"] == f"{world.version.replace('-', '~')}-1", f"the version is {fields['Version']}")
    needed = f"libc6 (>= {newest_glibc(world)})"
    expect(fields["Depends"] == needed, f"it depends on {fields['Depends']}, and its symbols on {needed}")
    expect("libcurl4t64 | libcurl4" in fields["Recommends"] and "tzdata" in fields["Recommends"], fields["Recommends"])
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], capture_output=True, check=True).stdout
    files = walk_tar(data, world.epoch)
    control = subprocess.run(["dpkg-deb", "--ctrl-tarfile", package], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(control)) as archive:
        names = {entry.name.lstrip("./"): entry for entry in archive if entry.isfile()}
        expect(set(names) == {"control", "md5sums"}, f"the package runs or keeps {sorted(names)}")
        sums = archive.extractfile(names["md5sums"]).read().decode()
    told = "".join(f"{hashlib.md5(data).hexdigest()}  {path[2:]}\n" for path, data in sorted(files.items()))
    expect(sums == told, "md5sums is not that of the files")
    have = {os.path.basename(path).removesuffix(".gz") for path in files}
    lost = [name for name in pages_and_completions() if name.removesuffix(".bash") not in have]
    expect(not lost, f"the .deb lacks {lost}")
    if not shutil.which("lintian"):
        return f"{fields['Depends']}; no lintian"
    world.run("lintian", "--allow-root", "--fail-on", "error", package)
    return f"{fields['Depends']}; lintian has no error"


def newest_glibc(world):
    found = re.findall(r"Name: GLIBC_([0-9.]+)", world.run(needs("readelf"), "-VW", world.program).output)
    return max(found, key=lambda version: [int(part) for part in version.split(".")])


def rpm_reads(world):
    needs("rpmbuild")
    rpm, package = needs("rpm"), world.find(".rpm")
    world.run(rpm, "--checksig", "--nosignature", package)
    expect(world.run(rpm, "-qp", "--qf", "%{VERSION}-%{RELEASE} %{BUILDHOST} %{BUILDTIME}", package).output
           == f"{world.version.replace('-', '~')}-1 localhost {world.epoch}", "version, place or time of the build")
    row = "[%{FILENAMES}\t%{FILEMODES}\t%{FILEUSERNAME}\t%{FILEDIGESTS}\n]"
    rows = world.run(rpm, "-qp", "--qf", row, package).output
    files = {}
    for path, mode, owner, sha256 in (row.split("\t") for row in rows.splitlines()):
        if sha256:
            tidy(path, int(mode), (0, 0) if owner == "root" else owner)
            files[path] = sha256
    have = {os.path.basename(path).removesuffix(".gz") for path in files}
    lost = [name for name in pages_and_completions() if name.removesuffix(".bash") not in have]
    expect(not lost, f"the .rpm lacks {lost}")
    scripts = world.run(rpm, "-qp", "--scripts", "--triggers", package).output
    expect(not scripts, f"the package runs {scripts}")
    asked = world.run(rpm, "-qp", "--requires", package).output
    expect(f"libc.so.6(GLIBC_{newest_glibc(world)})(64bit)" in asked and "curl" not in asked, asked)
    expect(files[f"/usr/bin/{NAME}"] == digest(program_of_tar(world)), "the .rpm holds another program")
    return "libcurl and tzdata recommended"


def program_of_tar(world):
    package = world.find(".tar.gz")
    top = os.path.basename(package).removesuffix(".tar.gz")
    return walk_tar(read(world.packages, package), world.epoch)[f"{top}/bin/{NAME}"]


def wheel_reads(world):
    package = world.find(".whl")
    name = os.path.basename(package)
    match = re.fullmatch(rf"{NAME}-([0-9abrc.]+)-(py3-none-manylinux_2_34_(?:x86_64|aarch64))\.whl", name)
    expect(match, f"{name} is not named as pip wants it")
    with zipfile.ZipFile(package) as archive:
        expect(archive.testzip() is None, "the zip is broken")
        for entry in archive.infolist():
            tidy(entry.filename, entry.external_attr >> 16, (0, 0))
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    stem = f"{NAME}-{match[1]}"
    rows = list(csv.reader(io.StringIO(files[f"{stem}.dist-info/RECORD"].decode())))
    told = {path: (sha256, size) for path, sha256, size in rows}
    expect(len(told) == len(rows) and set(told) == set(files), f"RECORD and the zip differ by {set(told) ^ set(files)}")
    for path, data in files.items():
        sha256 = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        expect(told[path] == ((f"sha256={sha256}", str(len(data))) if not path.endswith("RECORD") else ("", "")),
               f"RECORD says of {path} {told[path]}")
    expect(f"Tag: {match[2]}\n" in files[f"{stem}.dist-info/WHEEL"].decode(), "WHEEL has another tag than the name")
    metadata = files[f"{stem}.dist-info/METADATA"].decode()
    expect(f"\nName: {NAME}\nVersion: {match[1]}\n" in metadata, metadata[:200])
    lost = [one for one in pages_and_completions()
            if not any(path.endswith(f"/{one.removesuffix('.bash')}") for path in files)]
    expect(not lost, f"the wheel lacks {lost}")
    return f"{len(files)} files, RECORD names each with its digest"


# What CycloneDX 1.6 requires of what is written here, and the words that it allows.
KINDS = {"application", "framework", "library", "data"}


def bom_holds(world):
    said = json.loads(read(world.packages, world.find(".cdx.json")))
    expect((said["bomFormat"], said["specVersion"], said["version"]) == ("CycloneDX", "1.6", 1), "not CycloneDX 1.6")
    pattern = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    expect(re.fullmatch(pattern, said["serialNumber"]), said["serialNumber"])
    moment = said["metadata"]["timestamp"]
    expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment), moment)
    top, parts = said["metadata"]["component"], said["components"]
    for part in [top, *parts]:
        expect(part["type"] in KINDS and part["name"] and part["bom-ref"], f"{part}")
        expect(part.get("scope", "required") in {"required", "optional"}, f"{part}")
    refs = {part["bom-ref"] for part in parts}
    expect(len(refs) == len(parts), "two parts have one name")
    needs_all = [{"ref": top["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]}]
    expect(said["dependencies"] == needs_all, f"{said['dependencies']}")
    hashes = [{"alg": "SHA-256", "content": digest(program_of_tar(world))}]
    expect(top["version"] == world.version and top["hashes"] == hashes, "it is not of this program")
    compiler = world.run("swift", "--version").output if shutil.which("swift") else ""
    swift = re.search(r"Swift version ([0-9.]+)", compiler)
    told = next(part.get("version") for part in parts if part["name"] == "swift-stdlib")
    expect(not swift or told == swift[1], f"swift-stdlib is said to be {told}")
    opened = set(re.findall(r'(?:dlopen\(|static let name = )"(lib[a-z]+)[.-]', sources()))
    known = {"libz": "zlib"}
    lost = [name for name in opened if known.get(name, name) not in refs]
    expect(opened and not lost, f"the program opens {lost}, and the bill does not say so")
    return f"{len(parts)} parts, Swift {told}"


def sources():
    text = ""
    for top, _, files in os.walk(f"{ROOT}/Sources/RolloutOps/System"):
        for name in files:
            with open(os.path.join(top, name), encoding="utf-8") as file:
                text += file.read()
    return text


def same_program(world):
    program = program_of_tar(world)
    with zipfile.ZipFile(world.find(".whl")) as archive:
        inside = {"wheel": archive.read(next(path for path in archive.namelist() if path.endswith(f"scripts/{NAME}")))}
    for name in os.listdir(world.packages):
        if name.startswith(f"{NAME}-linux-") and name.endswith(".tgz"):
            inside["npm"] = walk_tar(read(world.packages, name), world.epoch)[f"package/bin/{NAME}"]
        elif name.endswith(".tgz"):
            walk_tar(read(world.packages, name), world.epoch)
    if shutil.which("dpkg-deb"):
        words = ["dpkg-deb", "--fsys-tarfile", world.find(".deb")]
        data = subprocess.run(words, capture_output=True, check=True).stdout
        inside["deb"] = walk_tar(data, world.epoch)[f"./usr/bin/{NAME}"]
    unequal = [name for name, data in inside.items() if data != program]
    expect("npm" in inside and not unequal, f"another program than in the tar: {unequal or 'no npm'}")
    folder = os.path.dirname(os.path.dirname(world.program)).encode()
    expect(folder not in program, f"the program names the folder of its build, {folder.decode()}")
    return f"{len(program) / 1e6:.1f} MB"
