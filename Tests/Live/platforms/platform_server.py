"""What the scripted servers of hosted flag platforms share: the API port, the control port, faults and the record.

A platform is a subclass of Platform in a file of its own, written from what the platform publishes about itself. It
keeps real state: writes change it, and validation answers as the platform does. `serve(Platform)` prints one line of
JSON, {"port": API, "control": CONTROL}, and ends when standard input is closed or after half an hour.

  --token T      what the API accepts (or the environment's PLATFORM_TOKEN); "planted-platform-token" if not given
  --sdk-token T  what the SDK's own routes accept (or PLATFORM_SDK_TOKEN); "planted-sdk-token" if not given

The control port speaks JSON and is for the test alone:

  PUT  /state      replaces the state          GET /state     shows it
  GET  /sdk        the document for the platform's SDK, made from the state
  POST /changes    {"flag": the flag of the query's ?flag=KEY, "changes": [{"request", "flag": as it was after it}..]} of
                   the requests that changed what the flags say, and forgets all requests
  POST /edit       {"flag": KEY, "change": {..}} somebody changes a flag by hand: objects are merged, all else is put in
                   place (an object with numbers as keys changes those items of a list), and the version rises;
                   {"state": {..}} is merged into the state itself
  GET  /requests   every API request so far, with "flags" as they were after it where it changed what they say; DELETE
                   forgets them
  POST /faults     {"rules": [RULE..]} replaces the rules; GET shows those that are left

RULE is {"method"?: "PATCH", "writes"?: true for whatever is no GET, "path"?: regular expression found in path and query,
"skip"?: matching requests that pass first, "times"?: 1, "do": {..}}. The first rule that matches acts. What "do" may
hold, and combine:

  "delay": seconds        waits before anything else
  "answer": {"status", "headers"?, "body"?}   answers so and does not carry out
  "redirect": URL, "status"?: 302             the same, with a Location
  "cut": true | "reset"   closes the connection and does not carry out
  "twice": true           carries out two times, and answers as the second time
  "race": EDIT            makes this edit (as of POST /edit) just before carrying out
  "after": "close" | "answer"   carries out, then closes without a word, or answers with "answer"
  "truncate": true        carries out, announces the whole answer and closes in its middle
  "drip": bytes per second      carries out and answers that slowly
"""

import argparse
import copy
import itertools
import json
import os
import re
import socket
import struct
import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

LIFETIME = 1800
PATIENCE = 120
# What is not the flags' own, and rises with every write.
BOOKKEEPING = ("version", "_version", "updated_at", "last_modified_by", "lastModifiedTime", "lastModifiedDate",
               "_lastModified")
SHOWN_HEADERS = ("accept", "content-type", "if-match", "if-none-match", "ld-api-version", "statsig-api-version",
                 "user-agent", "x-respect-review-settings")


class Answer(Exception):
    """What goes back to the client. It is raised where a check inside a handler refuses, and returned otherwise."""

    def __init__(self, status, body=None, headers=None):
        super().__init__(status)
        self.status = status
        self.headers = dict(headers or {})
        if isinstance(body, (bytes, type(None))):
            self.body = body or b""
        elif isinstance(body, str):
            self.body = body.encode()
        else:
            self.body = json.dumps(body).encode()
            self.headers.setdefault("Content-Type", "application/json; charset=utf-8")


class Request:
    def __init__(self, method, target, headers, raw):
        split = urlsplit(target)
        self.method = method
        self.target = target
        self.path = split.path
        self.queries = parse_qs(split.query, keep_blank_values=True)
        self.query = {name: values[-1] for name, values in self.queries.items()}
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.raw = raw
        try:
            self.json = json.loads(raw) if raw else None
            self.readable = True
        except ValueError:
            self.json = None
            self.readable = False


def route(method, template):
    """Marks a handler of a Platform. {name} in the template is one segment of the path and becomes an argument."""
    pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + "$")

    def mark(handler):
        handler.routes = getattr(handler, "routes", []) + [(method, pattern)]
        return handler

    return mark


def merged(old, change):
    """`old` with `change` in it. Null is a value like any other: platforms have flags with null in them."""
    if isinstance(change, dict) and isinstance(old, dict):
        result = dict(old)
        for name, value in change.items():
            result[name] = merged(old[name], value) if name in old else copy.deepcopy(value)
        return result
    if isinstance(change, dict) and isinstance(old, list) and all(name.isdigit() for name in change):
        return [merged(one, change[str(at)]) if str(at) in change else one for at, one in enumerate(old)]
    return copy.deepcopy(change)


def bare(value):
    """A value without what is written down about its changes."""
    if isinstance(value, dict):
        return {name: bare(one) for name, one in value.items() if name not in BOOKKEEPING}
    return [bare(one) for one in value] if isinstance(value, list) else value


class Platform:
    """The state and the routes of one platform. Handlers run one at a time, under `lock`."""

    def __init__(self, token, sdk_token):
        self.token = token
        self.sdk_token = sdk_token
        self.lock = threading.RLock()
        self.started = time.monotonic()
        self.requests = []
        self.rules = []
        self.handlers = [(method, pattern, getattr(self, name)) for name in dir(type(self))
                         for method, pattern in getattr(getattr(type(self), name), "routes", [])]
        self.replace({})

    def replace(self, state):
        """Takes a new state; a platform fills in what its server would have filled in."""
        self.state = {"flags": {}, **state}

    def touch(self, flag):
        """Somebody changed this flag: raises its version."""

    def served(self):
        """The flags by their keys."""
        return self.state["flags"]

    def document(self):
        """The document for the SDK."""
        return {}

    def authorized(self, request):
        return request.headers.get("authorization") == self.token

    def is_public(self, request):
        """Routes that need no API token, or another one."""
        return False

    def unauthorized(self, request):
        return Answer(401, {"message": "Unauthorized"})

    def unknown(self, request):
        return Answer(404, {"message": "Not found"})

    def unreadable(self, request):
        return Answer(400, {"message": "Invalid JSON"})

    def common_headers(self, request):
        return {}

    # What the platform publishes about request bodies, where it does.
    shapes = None

    def misshapen(self, faults):
        return Answer(400, {"message": "; ".join(f"{place}: {why}" for place, why in faults)})

    def before(self, request):
        """Checks that come before any route, by raising an Answer."""

    def carry_out(self, request):
        """The Answer to a request, after it has changed the state."""
        with self.lock:
            kept = self.state if request.method == "GET" else copy.deepcopy(self.state)
            try:
                self.before(request)
                if not self.is_public(request) and not self.authorized(request):
                    raise self.unauthorized(request)
                for method, pattern, handler in self.handlers:
                    match = pattern.match(request.path)
                    if match and method == request.method:
                        if not request.readable:
                            raise self.unreadable(request)
                        if self.shapes and (faults := self.shapes.faults(method, request.path, request.json)):
                            raise self.misshapen(faults)
                        return handler(request, **{name: unquote(text) for name, text in match.groupdict().items()})
                raise self.unknown(request)
            except Answer as refusal:
                # A refused request has changed nothing, however far it came.
                self.state = kept
                return refusal
            except Exception as problem:
                # A request that this script did not expect must not look like a lost connection.
                traceback.print_exc()
                self.state = kept
                return Answer(500, {"message": f"{type(self).__name__} failed: {problem!r}"})

    def edit(self, edit):
        with self.lock:
            self.state = merged(self.state, edit.get("state", {}))
            if "flag" in edit:
                flags = self.state["flags"]
                flags[edit["flag"]] = merged(flags.get(edit["flag"], {}), edit.get("change", {}))
                self.touch(flags[edit["flag"]])

    def fault(self, request):
        with self.lock:
            for rule in self.rules:
                matches = rule.get("method", request.method) == request.method and rule.get("times", 1) > 0
                if rule.get("writes") and request.method == "GET":
                    continue
                if not matches or not re.search(rule.get("path", ""), request.target):
                    continue
                if rule.get("skip", 0) > 0:
                    rule["skip"] -= 1
                    continue
                rule["times"] = rule.get("times", 1) - 1
                return rule["do"]
        return {}

    def record(self, request, connection):
        entry = {
            "method": request.method, "path": request.path, "query": request.query,
            "headers": {name: request.headers[name] for name in SHOWN_HEADERS if name in request.headers},
            "authorized": self.authorized(request), "status": None, "connection": connection,
            "body": request.json if request.readable else request.raw.decode("utf-8", "replace"),
            "seconds": round(time.monotonic() - self.started, 4)}
        with self.lock:
            self.requests.append(entry)
        return entry

    def control(self, request):
        """The Answer of the control port."""
        with self.lock:
            asked = f"{request.method} {request.path}"
            if asked == "PUT /state":
                self.replace(request.json)
            elif asked == "POST /edit":
                self.edit(request.json)
            elif asked == "POST /faults":
                self.rules = request.json["rules"]
            elif asked == "DELETE /requests":
                self.requests = []
            if request.path == "/changes":
                key = request.query["flag"]
                changes = [{"request": f"{one['method']} {one['path']} {json.dumps(one['body'])}",
                            "flag": one["flags"].get(key)} for one in self.requests if "flags" in one]
                self.requests = []
                return Answer(200, {"flag": self.served().get(key), "changes": changes})
            if request.path == "/sdk":
                return Answer(200, self.document())
            if request.path == "/requests":
                return Answer(200, self.requests)
            if request.path == "/faults":
                return Answer(200, {"rules": [rule for rule in self.rules if rule.get("times", 1) > 0]})
            return Answer(200, self.state)


class Link(BaseHTTPRequestHandler):
    """One connection, of either port: the server object says which."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = PATIENCE

    def setup(self):
        super().setup()
        self.number = next(self.server.numbers)

    def log_message(self, *_):
        pass

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def serve(self):
        request = Request(self.command, self.path, self.headers, self.read_body())
        platform = self.server.platform
        if self.server.is_control:
            return self.send(request, platform.control(request))
        entry = platform.record(request, self.number)
        do = platform.fault(request)
        time.sleep(do.get("delay", 0))
        if "cut" in do:
            return self.cut(do["cut"])
        if "redirect" in do:
            answer = Answer(do.get("status", 302), headers={"Location": do["redirect"]})
        elif "answer" in do and "after" not in do:
            answer = Answer(**do["answer"])
        else:
            with platform.lock:
                if "race" in do:
                    platform.edit(do["race"])
                before = None if request.method == "GET" else bare(platform.served())
                if "twice" in do:
                    platform.carry_out(request)
                answer = platform.carry_out(request)
                entry["carried_out"] = answer.status
                if before is not None and bare(platform.served()) != before:
                    entry["flags"] = copy.deepcopy(platform.served())
            if do.get("after") == "close":
                return self.cut(True)
            if do.get("after") == "answer":
                answer = Answer(**do["answer"])
        for name, value in platform.common_headers(request).items():
            answer.headers.setdefault(name, value)
        entry["status"] = answer.status
        self.send(request, answer, drip=do.get("drip"), truncate=do.get("truncate", False))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def cut(self, how):
        self.close_connection = True
        if how == "reset":
            # Lingering for no time at all makes closing send a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def send(self, request, answer, drip=None, truncate=False):
        phrase = self.responses.get(answer.status, ("Status",))[0]
        head = f"HTTP/1.1 {answer.status} {phrase}\r\nDate: {self.date_time_string()}\r\n"
        if answer.status not in (204, 304):
            head += f"Content-Length: {len(answer.body)}\r\n"
        for name, value in answer.headers.items():
            head += f"{name}: {value}\r\n"
        silent = request.method == "HEAD" or answer.status in (204, 304)
        whole = head.encode("latin-1") + b"\r\n" + (b"" if silent else answer.body)
        if truncate:
            self.wfile.write(whole[:len(whole) - max(1, len(answer.body) // 2)])
            self.cut(True)
        elif drip:
            piece = max(1, int(drip / 20))
            for at in range(0, len(whole), piece):
                self.wfile.write(whole[at:at + piece])
                time.sleep(piece / drip)
        else:
            self.wfile.write(whole)

    def handle(self):
        try:
            super().handle()
        except (OSError, ValueError):
            # The client went away, which is its right, or a fault has closed the socket under this handler.
            self.close_connection = True


def listen(platform, is_control):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Link)
    server.daemon_threads = True
    server.platform = platform
    server.is_control = is_control
    server.numbers = itertools.count(1)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def serve(kind):
    options = argparse.ArgumentParser()
    options.add_argument("--token", default=os.environ.get("PLATFORM_TOKEN", "planted-platform-token"))
    options.add_argument("--sdk-token", default=os.environ.get("PLATFORM_SDK_TOKEN", "planted-sdk-token"))
    given = options.parse_args()
    platform = kind(given.token, given.sdk_token)
    platform.port = listen(platform, False)
    print(json.dumps({"port": platform.port, "control": listen(platform, True)}), flush=True)
    watch = threading.Thread(target=sys.stdin.read, daemon=True)
    watch.start()
    watch.join(LIFETIME)
    os._exit(0)
