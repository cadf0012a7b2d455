"""What the self-tests of the scripted platform servers share: a server of one's own, requests, and a first difference
that ends the test."""

import http.client
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


class Server:
    """A running server and plain requests to it. Each call of `api` opens a connection of its own."""

    def __init__(self, script, *options, headers=None):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, script), *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.process.stdout.readline())
        self.headers = headers or {}
        self.checks = 0

    def send(self, port, method, path, body, headers):
        link = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=20)
        raw = body if isinstance(body, (str, bytes, type(None))) else json.dumps(body)
        link.request(method, path, raw, headers)
        answer = link.getresponse()
        text = answer.read()
        link.close()
        try:
            return answer.status, json.loads(text) if text else None, dict(answer.getheaders())
        except ValueError:
            return answer.status, text.decode(), dict(answer.getheaders())

    def api(self, method, path, body=None, want=200, **headers):
        """The parsed body of the answer, which must have the status `want`. A header given as None is not sent."""
        sent = {"Content-Type": "application/json", **self.headers,
                **{name.replace("_", "-"): value for name, value in headers.items()}}
        sent = {name: value for name, value in sent.items() if value is not None}
        status, told, self.told_headers = self.send("port", method, path, body, sent)
        self.same(status, want, f"{method} {path}: {told}")
        return told

    def control(self, method, path, body=None):
        return self.send("control", method, path, body, {})[1]

    def same(self, got, want, what=""):
        self.checks += 1
        if got != want:
            self.process.kill()
            frame = sys._getframe(1)
            while frame.f_code.co_filename == __file__:
                frame = frame.f_back
            print(f"check {self.checks}, line {frame.f_lineno}: wanted {want!r}, got {got!r} {what}", file=sys.stderr)
            sys.exit(1)

    def has(self, told, **wanted):
        """Each named member of the answer has the value; a text is looked for inside the member's."""
        for name, value in wanted.items():
            got = told.get(name)
            inside = isinstance(value, str) and isinstance(got, str) and value in got
            self.same(inside or got == value, True, f"{name} of {told}, wanted {value!r}")

    def end(self):
        """Ends the server as a test does, and says how much was looked at."""
        self.process.stdin.close()
        self.same(self.process.wait(10), 0, "the server's exit")
        print(f"{self.checks} checks passed")


class Reader:
    """A reader of platform_reader.py, run by the same Python as this test, which must have the SDKs."""

    def __init__(self, script, *options):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, script), *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.told()

    def told(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.told()

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
