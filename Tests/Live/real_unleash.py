"""A real Unleash server behind a proxy that a test can make fail, with a database that it can freeze.

  real_unleash.py PROGRAM FOLDER

PROGRAM is started as `PROGRAM FOLDER`; it prints one line of JSON ("url", "admin", "client", "frontend", "database": the
process of PostgreSQL) and runs until its standard input is closed. This prints {"port": the proxy's, "control", "real": the
server's own port, "admin", "client", "frontend"}, and ends with the server when standard input is closed.

The proxy and its control port are those of platform_server.py (faults, the record of requests); of its control port, /state,
/sdk, /edit and /changes mean nothing here. Besides:

  POST /freeze           stops every process of the database: whatever asks it waits
  POST /thaw             lets them go on
  POST /stop-database    ends it, as for its upgrade
  POST /start-database   starts it again on its data, and the server where that has ended without it, as a supervisor does
  POST /restart-server   ends the server's process, starts it again, and answers when that does
"""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "platforms"))

from platform_server import LIFETIME, Answer, Platform, listen  # noqa: E402

PASSED_ON = ("authorization", "content-type", "accept")


class RealUnleash(Platform):
    def __init__(self, facts):
        super().__init__(facts["admin"], facts["client"])
        # A request that waits for a frozen database must let others through.
        self.lock = contextlib.nullcontext()
        self.real = urlsplit(facts["url"]).port
        self.database = facts["database"]
        self.program = facts["pid"]
        self.restarted = []

    def carry_out(self, request):
        link = http.client.HTTPConnection("127.0.0.1", self.real, timeout=100)
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        link.request(request.method, request.target, request.raw or None, headers)
        answer = link.getresponse()
        body = answer.read()
        kind = answer.getheader("Content-Type")
        link.close()
        return Answer(answer.status, body, {"Content-Type": kind} if kind else {})

    def control(self, request):
        if request.path in ("/freeze", "/thaw"):
            self.signal(signal.SIGSTOP if request.path == "/freeze" else signal.SIGCONT)
            return Answer(200, {})
        if request.path == "/stop-database":
            self.database_again, self.program_again = of_process(self.database), of_process(self.program)
            end(self.database, signal.SIGINT)
            return Answer(200, {})
        if request.path == "/start-database":
            self.database = self.start(self.database_again)
            if not within(30, self.has_database):
                return Answer(500, {})
            if is_gone(self.program):
                self.program = self.start(self.program_again)
            return Answer(200 if within(60, self.answers) else 500, {})
        if request.path == "/restart-server":
            self.program_again = of_process(self.program)
            end(self.program, signal.SIGKILL)
            self.program = self.start(self.program_again)
            return Answer(200 if within(60, self.answers) else 500, {})
        return super().control(request)

    def start(self, again):
        process = subprocess.Popen(**again, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.restarted.append(process)
        return process.pid

    def has_database(self):
        """Its folder holds the socket while it takes connections; the server's environment names that folder."""
        folder = os.fsdecode(self.program_again["env"][b"DATABASE_HOST"])
        return os.path.exists(os.path.join(folder, ".s.PGSQL.5432"))

    def answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            link = http.client.HTTPConnection("127.0.0.1", self.real, timeout=2)
            link.request("GET", "/health")
            return link.getresponse().status == 200
        return False

    def end(self):
        """What was started here is no child of the program that started the first ones."""
        for process in self.restarted:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self.restarted:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)

    def signal(self, number):
        with open(f"/proc/{self.database}/task/{self.database}/children", encoding="ascii") as children:
            for process in [str(self.database), *children.read().split()]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(process), number)


def of_process(number):
    """How a process was started, to be started so again."""
    folder = f"/proc/{number}"
    with open(f"{folder}/cmdline", "rb") as line, open(f"{folder}/environ", "rb") as environment:
        words = line.read().rstrip(b"\0").split(b"\0")
        entries = dict(entry.split(b"=", 1) for entry in environment.read().split(b"\0") if b"=" in entry)
    owner = os.stat(folder)
    user = {} if owner.st_uid == os.getuid() else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    return {"args": words, "env": entries, "cwd": os.readlink(f"{folder}/cwd"), **user}


def within(seconds, holds):
    for _ in range(seconds * 20):
        if holds():
            return True
        time.sleep(0.05)
    return False


def is_gone(number):
    """Whoever's child it is; one that nobody has waited for is gone too."""
    try:
        with open(f"/proc/{number}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


def end(number, how):
    os.kill(number, how)
    within(20, lambda: is_gone(number))


def main():
    server = subprocess.Popen(sys.argv[1:3], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    line = server.stdout.readline()
    if not line:
        sys.exit(f"{sys.argv[1]} ended with {server.wait()}")
    facts = json.loads(line)
    platform = RealUnleash(facts)
    told = {name: facts[name] for name in ("admin", "client", "frontend")}
    told["port"] = listen(platform, False)
    print(json.dumps({**told, "control": listen(platform, True), "real": platform.real}), flush=True)
    watch = threading.Thread(target=sys.stdin.read, daemon=True)
    watch.start()
    watch.join(LIFETIME)
    # A database that is stopped would not end.
    with contextlib.suppress(OSError):
        platform.signal(signal.SIGCONT)
    platform.end()
    server.stdin.close()
    server.wait(60)
    os._exit(0)


main()
