"""Stores behind HTTP for the benchmark: what each is asked with, and worlds of flags in it.

What only rolloutctl can make right (a flag as it stands at a stage, the first lines of its journal) is made by the
program under test, once, and multiplied here.
"""

import base64
import hashlib
import http.client
import json
import os
import subprocess
import sys

from worlds import KEY, World, read, write

HERE = os.path.dirname(os.path.abspath(__file__))
TOKEN = "bench-token"

NOTE = """Change: contract summary prompt v6 -> v7
Flag: {key}
Store: {store}
Change type: prompt
Tier: 3
Version: prompt_version = v7
Control version: prompt_version = v6
Unit: {unit}
Owner: maya
Time zone: UTC
Fallback: off -> plain text

Cohorts:
- internal: team = staff
- paid: plan = paid
Schedule: internal 1d -> 5% of paid 1d -> 25% of paid 2d -> 100%
Dashboard / query: https://dashboards.example.com/d/summary
Rollback trigger:
- parse failures above 2%
"""


def ask(port, method, path, body=None):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        link.request(method, path, None if body is None else json.dumps(body).encode())
        answer = link.getresponse()
        told = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {told[:300]}")
        return json.loads(told) if told else None
    finally:
        link.close()


def code(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def renamed(journal, key):
    """A journal as that of another flag, chained anew."""
    previous = "0" * 64
    for line in journal.replace(f'"{KEY}"'.encode(), f'"{key}"'.encode()).splitlines():
        entry = {**json.loads(line), "prev": previous}
        del entry["sha256"]
        body = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)[:-1].encode()
        previous = hashlib.sha256(body).hexdigest()
        yield body + b',"sha256":"%s"}\n' % previous.encode()


class Call:
    """One request, as a section of a file that curl reads its options from."""

    def __init__(self, method, url, headers=(), body=None):
        self.method, self.url, self.headers, self.body = method, url, headers, body

    def section(self):
        lines = [f'url = "{self.url}"', f'request = "{self.method}"', 'output = "/dev/null"', "fail"]
        lines += [f'header = "{header}"' for header in self.headers]
        if self.body is not None:
            lines.append("data-binary = " + (self.body if self.body.startswith('"@') else json.dumps(self.body)))
        return "\n".join(lines)


class Server:
    """A child that prints its ports and ends with its standard input."""

    def __init__(self, *words):
        self.process = subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)


class Remote(World):
    """`count` flags at their first stage, with a journal each, in a store behind HTTP that answers `late` seconds late."""

    kind, unit, token = "", "tenant", ""

    def __init__(self, folder, program, count=1):
        super().__init__(folder, program)
        self.server = self.start()
        self.port, self.control = self.server.ports["port"], self.server.ports["control"]
        self.keys = [KEY] if count == 1 else [f"ai-feature-{number:04d}" for number in range(count)]
        self.environment |= {"ROLLOUT_STORE": self.address, self.token: TOKEN}
        write(self.path("note.md"), NOTE.format(key=KEY, store=self.address, unit=self.unit))
        self.run("promote", "note.md")
        self.state, self.journals = self.multiplied(self.shown()), self.kept()
        self.reset()

    @property
    def place(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        return Server(os.path.join(HERE, "late_server.py"), self.kind)

    def end(self):
        self.server.end()

    # What is in it.

    def shown(self):
        return ask(self.control, "GET", "/state")

    def multiplied(self, state):
        text = json.dumps(state["flags"][KEY])
        flags = {key: json.loads(text.replace(f'"{KEY}"', f'"{key}"')) for key in self.keys}
        return {**state, "flags": flags}

    def kept(self):
        """The journals beside the note, by their path."""
        folder = self.path(".rollout")
        found = [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]
        own = next(path for path in found if path.endswith(".journal"))
        entries = read(own)
        return {os.path.join(os.path.dirname(own), f"{key}.journal"): b"".join(renamed(entries, key)) for key in self.keys}

    def reset(self):
        ask(self.control, "PUT", "/state", self.state)
        for path, entries in self.journals.items():
            write(path, entries)

    def are_off(self):
        flags = self.shown()["flags"]
        return all(self.is_off(flags[key]) for key in self.keys)

    def are_killed(self):
        """And the journals say so, with one entry more."""
        return self.are_off() and all(
            read(path).count(b"\n") == entries.count(b"\n") + 1 for path, entries in self.journals.items())

    # What is asked.

    def late(self, seconds):
        ask(self.control, "PUT", "/late", seconds)

    def counted(self):
        counts = ask(self.control, "GET", "/counts")
        ask(self.control, "DELETE", "/counts")
        return counts

    def words(self, name, calls, *more):
        """A curl that does all of these, one after another or as `more` says."""
        path = self.path(f"{name}.curl")
        write(path, "\nnext\n".join(call.section() for call in calls))
        return ["curl", "--disable", "--silent", *more, "--config", path]

    def writes(self):
        return [self.write(key) for key in self.keys]

    def round(self, key):
        """As many requests as a kill of this flag, of the same kinds."""
        return [self.read(key), self.write(key), self.read(key)]


class Document(Remote):
    kind, token = "document", "ROLLOUT_HTTP_TOKEN"

    @property
    def address(self):
        return f"{self.place}/flags.json"

    @staticmethod
    def is_off(flag):
        return "targeting" not in flag

    def off(self, flag):
        return {**{name: value for name, value in flag.items() if name != "targeting"}, "defaultVariant": "off"}

    def read(self, key):
        return Call("GET", self.address)

    def write(self, key):
        return self.put({key})

    def write_all(self):
        return self.put(set(self.keys))

    def put(self, off):
        """The whole document, since nothing less can be written."""
        body = {"flags": {key: self.off(flag) if key in off else flag for key, flag in self.state["flags"].items()}}
        path = self.path(f"off-{len(off)}.json")
        write(path, json.dumps(body, indent=2) + "\n")
        return Call("PUT", self.address, ["Content-Type: application/json"], f'"@{path}"')


class Etcd(Document):
    """A real one, behind the server that answers late."""

    kind, token = "etcd", "ROLLOUT_UNUSED"

    def start(self):
        live = os.path.join(os.path.dirname(HERE), "Live", "etcd_cluster.py")
        self.etcd = Server(live, "1")
        self.member = self.etcd.ports["clients"][0]
        return Server(os.path.join(HERE, "late_server.py"), "etcd", "--etcd", str(self.member))

    def end(self):
        super().end()
        self.etcd.end()

    @property
    def address(self):
        return f"etcd+{self.place}/prod"

    def shown(self):
        found = ask(self.member, "POST", "/v3/kv/range", {"key": code("/prod/"), "range_end": code("/prod0")})
        text = lambda one, name: base64.b64decode(one[name]).decode()  # noqa: E731
        return {"flags": {text(one, "key").removeprefix("/prod/"): json.loads(text(one, "value"))
                          for one in found.get("kvs", [])}}

    def entries(self):
        asked = {"key": code("/prod.rollout/"), "range_end": code("/prod.rollout0")}
        return {base64.b64decode(one["key"]).decode(): base64.b64decode(one["value"])
                for one in ask(self.member, "POST", "/v3/kv/range", asked).get("kvs", [])}

    def kept(self):
        found = self.entries()
        bare = f"/prod.rollout/{KEY}.journal@"
        whole = b"".join(found[name] for name in sorted(found) if name.startswith(bare))
        return {f"/prod.rollout/{key}.journal@{0:012d}": b"".join(renamed(whole, key)) for key in self.keys}

    def reset(self):
        ask(self.member, "POST", "/v3/kv/deleterange", {"key": code("/prod"), "range_end": code("/proe")})
        puts = [(f"/prod/{key}", json.dumps(flag)) for key, flag in self.state["flags"].items()]
        puts += self.journals.items()
        for begin in range(0, len(puts), 100):
            steps = [{"request_put": {"key": code(key), "value": code(value)}} for key, value in puts[begin:begin + 100]]
            ask(self.member, "POST", "/v3/kv/txn", {"success": steps})

    def are_killed(self):
        return self.are_off() and len(self.entries()) == 2 * len(self.keys)

    def read(self, key):
        return Call("POST", f"{self.place}/v3/kv/range", (), json.dumps({"key": code(f"/prod/{key}")}))

    def write(self, key):
        value = json.dumps(self.off(self.state["flags"][key]))
        return Call("POST", f"{self.place}/v3/kv/put", (), json.dumps({"key": code(f"/prod/{key}"), "value": code(value)}))

    def round(self, key):
        journal = json.dumps({"key": code(f"/prod.rollout/{key}.journal@"), "range_end": code(f"/prod.rollout/{key}.journalA")})
        return [self.read(key), Call("POST", f"{self.place}/v3/kv/range", (), journal), self.write(key), self.read(key)]


class Unleash(Remote):
    kind, token = "unleash", "UNLEASH_API_TOKEN"
    headers = [f"Authorization: {TOKEN}"]

    @property
    def address(self):
        return f"unleash+{self.place}/default/production"

    @staticmethod
    def is_off(flag):
        return not next(one["enabled"] for one in flag["environments"] if one["name"] == "production")

    def feature(self, key):
        return f"{self.place}/api/admin/projects/default/features/{key}"

    def read(self, key):
        return Call("GET", self.feature(key), self.headers)

    def write(self, key):
        return Call("POST", f"{self.feature(key)}/environments/production/off", self.headers)


class LaunchDarkly(Remote):
    kind, token = "launchdarkly", "LAUNCHDARKLY_ACCESS_TOKEN"
    headers = [f"Authorization: {TOKEN}", "LD-API-Version: 20240415"]
    semantic = "Content-Type: application/json; domain-model=launchdarkly.semanticpatch"

    @property
    def address(self):
        return f"launchdarkly+{self.place}/default/production"

    @staticmethod
    def is_off(flag):
        return not flag["environments"]["production"]["on"]

    def flag(self, key):
        return f"{self.place}/api/v2/flags/default/{key}"

    def read(self, key):
        return Call("GET", f"{self.flag(key)}?env=production", self.headers)

    def write(self, key):
        body = {"environmentKey": "production", "instructions": [{"kind": "turnFlagOff"}]}
        return Call("PATCH", f"{self.flag(key)}?ignoreConflicts=true", [*self.headers, self.semantic], json.dumps(body))


class PostHog(Remote):
    kind, token, unit = "posthog", "POSTHOG_API_KEY", "user"
    headers = [f"Authorization: Bearer {TOKEN}"]

    @property
    def address(self):
        return f"posthog+{self.place}/1"

    @staticmethod
    def is_off(flag):
        return not flag["active"]

    def multiplied(self, state):
        state = super().multiplied(state)
        for number, flag in enumerate(state["flags"].values()):
            flag["id"] = 101 + number
        return state

    def flag(self, key):
        return f"{self.place}/api/projects/1/feature_flags/{self.state['flags'][key]['id']}/"

    def read(self, key):
        return Call("GET", self.flag(key), self.headers)

    def write(self, key):
        return Call("POST", f"{self.flag(key)}disable/", [*self.headers, "Content-Type: application/json"], "{}")


class Statsig(Remote):
    kind, token = "statsig", "STATSIG_CONSOLE_KEY"
    headers = [f"STATSIG-API-KEY: {TOKEN}"]

    @property
    def address(self):
        return f"statsig+{self.place}"

    @staticmethod
    def is_off(flag):
        return not flag["isEnabled"]

    def gate(self, key):
        return f"{self.place}/console/v1/gates/{key}"

    def read(self, key):
        return Call("GET", self.gate(key), self.headers)

    def write(self, key):
        return Call("PUT", f"{self.gate(key)}/disable", self.headers)
