"""The packages as people install them: by tar, dpkg, pip and npm. Each is used, taken off, and must leave nothing."""

import glob
import json
import os
import signal
import shutil
import subprocess
import sys
import tarfile
import time

from proving import NAME, Skipped, expect, needs


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(top, name), folder)
                  for top, folders, files in os.walk(folder) for name in files + folders)


def used(world, prefix, zsh="share/zsh/site-functions"):
    """The program works, man shows its pages, and shells complete it; says what could not be tried."""
    world.works(f"{prefix}/bin/{NAME}")
    path = f"{prefix}/bin:{os.environ['PATH']}"
    share = f"{prefix}/share"
    return world.pages_are_found(share, path) + world.shells_complete(share, f"{prefix}/{zsh}", path)


def tar(world):
    """Unpacked over a prefix, as the README says."""
    prefix = world.new_folder("a prefix")
    world.run("tar", "-xzf", world.find(".tar.gz"), "--strip-components", "1", "-C", prefix)
    return used(world, prefix)


def deb(world):
    dpkg, package = needs("dpkg"), world.find(".deb")
    known = world.run("dpkg-query", "-W", "-f", "${db:Status-Status}", NAME, status=None).output
    taken = [path for path in [f"/usr/bin/{NAME}", f"/usr/share/doc/{NAME}"] if os.path.lexists(path)]
    if os.geteuid() != 0 or known.strip() not in {"", "not-installed"} or taken:
        why = "not root" if os.geteuid() != 0 else f"this machine has a {NAME}: {', '.join(taken) or known}"
        top = world.new_folder("deb")
        world.run("dpkg", "-x", package, top)
        return f"unpacked only, {why}; " + used(world, f"{top}/usr", "share/zsh/vendor-completions")
    told = ""
    if shutil.which("apt-get"):
        # apt can meet what the package asks for, here, from what this machine knows.
        folder, name = os.path.split(package)
        plan = world.run("apt-get", "install", "--simulate", "--no-install-recommends", f"./{name}", folder=folder)
        expect(f"Inst {NAME} " in plan.output, plan)
        told = "apt would; "
    try:
        world.run(dpkg, "--install", package)
        paths = world.run(dpkg, "-L", NAME).output.splitlines()
        told += used(world, "/usr")
        expect(not world.run(dpkg, "--verify", NAME).output, "dpkg finds files that are not those of md5sums")
    finally:
        world.run(dpkg, "--purge", NAME)
    left = [path for path in paths if NAME in path and os.path.lexists(path)]
    left += glob.glob(f"/var/lib/dpkg/info/{NAME}.*")
    expect(len(paths) > 40 and not left, f"left behind: {left or 'nothing was installed'}")
    return told + "installed, used, removed"


def wheel(world):
    package, place = world.find(".whl"), os.path.join(world.folder, "venv")
    if world.run(sys.executable, "-m", "venv", place, status=None).status != 0:
        raise Skipped("no venv")
    before, pip = files_below(place), [f"{place}/bin/python", "-m", "pip"]
    world.run(*pip, "install", "--quiet", "--no-index", "--no-compile", package)
    told = used(world, place)
    world.run(*pip, "check")
    shown = world.run(*pip, "show", "--files", NAME).output
    expect(f"Version: {world.version}\n" in shown and f"bin/{NAME}\n" in shown, shown)
    world.run(*pip, "uninstall", "--quiet", "--yes", NAME)
    # pip leaves the folders that it made; files must be gone.
    left = [path for path in files_below(place) if path not in before and not os.path.isdir(f"{place}/{path}")
            and not path.endswith(".pyc")]
    expect(not left, f"pip uninstall left {left}")
    return told + "installed, used, uninstalled"


# Asks node where the program is, as any package would; the launcher must have found the same.
RESOLVE = """
const part = 'rolloutctl-linux-' + process.arch
console.log(require.resolve(part + '/bin/rolloutctl', {paths: [process.argv[1]]}))
"""


def node_of(world):
    peers = os.environ.get("ROLLOUTCTL_PEERS", os.path.join(os.path.dirname(__file__), "../../.venv/peers"))
    for path in [shutil.which("node"), os.path.join(peers, "node")]:
        if path and os.access(path, os.X_OK):
            return path
    raise Skipped("no node")


def npm(world):
    node, place = node_of(world), world.new_folder("a project")
    tarballs = [os.path.join(world.packages, name) for name in os.listdir(world.packages) if name.endswith(".tgz")]
    if shutil.which("npm"):
        told = f"by npm {world.run('npm', '--version').output.strip()}"
        world.run("npm", "install", "--offline", "--no-audit", "--no-fund", "--cache", f"{world.folder}/npm", *tarballs,
                  folder=place)
    else:
        told = "unpacked by hand, no npm"
        os.makedirs(f"{place}/node_modules/.bin")
        for tarball in tarballs:
            with tarfile.open(tarball) as archive:
                name = json.load(archive.extractfile("package/package.json"))["name"]
                archive.extractall(f"{place}/unpacked")
            os.rename(f"{place}/unpacked/package", f"{place}/node_modules/{name}")
        os.symlink(f"../{NAME}/bin/{NAME}.bin", f"{place}/node_modules/.bin/{NAME}")
    launcher, package = f"{place}/node_modules/.bin/{NAME}", f"{place}/node_modules/{NAME}"
    world.works(launcher)
    program = world.run(node, "-e", RESOLVE, package).output.strip()
    manifest = json.load(open(f"{package}/package.json", encoding="utf-8"))
    part = json.load(open(f"{os.path.dirname(program)}/../package.json", encoding="utf-8"))
    expect("scripts" not in {**manifest, **part}, "a package runs something while it is installed")
    lost = [path for path in manifest["man"] if not os.path.isfile(f"{package}/{path}")]
    expect(not lost, f"package.json names {lost}")
    same_as(world, launcher, program)
    becomes(world, launcher, program)
    without(world, launcher, program)
    return f"{told}; {started(world, launcher, program, node)}"


def same_as(world, launcher, program):
    """Arguments, both streams and the exit status are those of the program."""
    for words in [["version"], ["kill"], ["promote", "no such note.md"], ["--no-such-flag", "a  b", "*", ""], ["help"]]:
        ends = [world.run(one, *words, status=None) for one in (launcher, program)]
        expect([ends[0].status, ends[0].output, ends[0].errors] == [ends[1].status, ends[1].output, ends[1].errors],
               f"{ends[0]}\nand without the launcher {ends[1]}")
    folder = demo(world, program)
    told = []
    for one, text in [(launcher, b'{"a": 1}\n'), (program, b'{"a": 1}\n'), (program, b"")]:
        done = subprocess.run([one, *READING], input=text, capture_output=True, cwd=folder, env=world.environment())
        told.append((done.returncode, done.stdout, done.stderr))
    expect(told[0] == told[1] != told[2], f"standard input does not reach the program: {told}")


# Reads traces from standard input until they end.
READING = ["backtest", "notes/summary.md", "--traces", "-"]


def demo(world, program):
    above = os.path.join(world.folder, "demo")
    if not os.path.exists(above):
        os.mkdir(above)
        world.run(program, "demo", folder=above)
    return os.path.join(above, f"{NAME}-demo")


def becomes(world, launcher, program):
    """The process that was started becomes the program, so that every signal is the program's own."""
    for number in [signal.SIGTERM, signal.SIGKILL]:
        reader, writer = os.pipe()
        # It waits for traces that never come.
        process = subprocess.Popen([launcher, *READING], stdin=reader, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, cwd=demo(world, program), env=world.environment())
        try:
            deadline = time.monotonic() + 30
            while not os.path.samefile(f"/proc/{process.pid}/exe", program):
                expect(process.poll() is None and time.monotonic() < deadline, f"{launcher} does not become {program}")
                time.sleep(0.005)
            process.send_signal(number)
            expect(process.wait(timeout=30) == -number, f"{number.name} ends the launcher with {process.returncode}")
        finally:
            process.kill()
            process.wait()
            os.close(reader)
            os.close(writer)


def without(world, launcher, program):
    """npm may leave an optional part away; that is said, with a way out."""
    folder = os.path.dirname(os.path.dirname(program))
    os.rename(folder, f"{folder}-away")
    try:
        done = world.run(launcher, "version", status=1)
    finally:
        os.rename(f"{folder}-away", folder)
    expect("optional dependency" in done.errors and os.path.basename(folder) in done.errors, done)


def started(world, launcher, program, node):
    """What the launcher adds to a start, the best of ten; it may not be more than node would."""
    def best(*words):
        times = []
        for _ in range(10):
            start = time.monotonic()
            subprocess.run(words, stdout=subprocess.DEVNULL, check=True, env=world.environment())
            times.append(time.monotonic() - start)
        return min(times)

    added, whole = best(launcher, "version") - best(program, "version"), best(node, "-e", "0")
    expect(added < whole, f"the launcher adds {added * 1000:.1f} ms, and node would start in {whole * 1000:.1f} ms")
    return f"the launcher adds {added * 1000:.1f} ms, node's start is {whole * 1000:.0f} ms"
