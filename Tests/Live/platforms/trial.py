"""What the self-tests of scripted servers share: starting one, asking it with plain http.client, and comparing."""

import http.client
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.text)


class Trial:
    """A running server. `send` speaks to its API with `headers`, `control` to its control port."""

    def __init__(self, script, *arguments, headers=None):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, script), *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.process.stdout.readline())
        self.headers = headers or {}
        self.checks = 0

    def request(self, port, method, path, body=None, headers=None):
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            sent = body if isinstance(body, (bytes, type(None))) else json.dumps(body)
            link.request(method, path, sent, headers or {})
            return Reply(link.getresponse())
        finally:
            link.close()

    def send(self, method, path, body=None, headers=None, **more):
        """`headers` replaces those of every day; `more` adds to them, with _ for -."""
        base = dict(self.headers if headers is None else headers)
        base.update({name.replace("_", "-"): value for name, value in more.items()})
        if body is not None:
            base.setdefault("Content-Type", "application/json")
        return self.request(self.ports["port"], method, path, body, base)

    def control(self, method, path, body=None):
        reply = self.request(self.ports["control"], method, path, body)
        assert reply.status == 200, (method, path, reply.status, reply.text)
        return reply.json

    def same(self, found, wanted, about):
        self.checks += 1
        if found != wanted:
            sys.exit(f"different: {about}\n  wanted {json.dumps(wanted)}\n  found  {json.dumps(found)}")

    def holds(self, text, part, about):
        self.checks += 1
        if part not in text:
            sys.exit(f"different: {about}\n  wanted {part!r} in\n  {text!r}")

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        print(f"{self.checks} passed, 0 failed")


class Asked:
    """A running reader: an application with the platform's real SDK, see the platform's _reader.py."""

    def __init__(self, script, *arguments):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, script), *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert json.loads(self.process.stdout.readline()) == {"ready": True}

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(30)
