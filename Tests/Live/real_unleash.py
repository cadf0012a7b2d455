"""A real Unleash server behind a proxy that a test can make fail, with a database that it can freeze.

  real_unleash.py PROGRAM FOLDER

PROGRAM is started as `PROGRAM FOLDER`; it prints one line of JSON ("url", "admin", "client", "frontend", "database": the
process of PostgreSQL) and runs until its standard input is closed. This prints {"port": the proxy's, "control", "real": the
server's own port, "admin", "client", "frontend"}, and ends with the server when standard input is closed.

The proxy and its control port are those of platform_server.py (faults, the record of requests); of its control port, /state,
/sdk, /edit and /changes mean nothing here. Besides:

  POST /freeze   stops every process of the database: whatever asks it waits
  POST /thaw     lets them go on
"""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
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
        return super().control(request)

    def signal(self, number):
        with open(f"/proc/{self.database}/task/{self.database}/children", encoding="ascii") as children:
            for process in [str(self.database), *children.read().split()]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(process), number)


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
    platform.signal(signal.SIGCONT)
    server.stdin.close()
    server.wait(60)
    os._exit(0)


main()
