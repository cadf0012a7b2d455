"""A quick server on the loopback interface for the benchmark of kills over HTTP: one thread, many connections at a time.

  late_server.py KIND [--etcd PORT]

KIND is document, etcd, unleash, launchdarkly, posthog or statsig. A document is a flag document with an ETag; the four
platforms are those of Tests/Live/platforms behind another front; etcd is passed on to a real one. It prints
{"port": API, "control": CONTROL} and ends when standard input is closed. On the control port, in JSON:

  PUT  /state    replaces the state (of a document: the document)        GET /state  shows it
  PUT  /late     how many seconds every answer comes late; each request has its own, none waits for another's
  GET  /counts   {"requests": {METHOD: count}, "connections", "widest", "seconds"}; DELETE sets them to nothing.
                 "widest" is how many requests were under way at once, "seconds" is this server's own processor time
"""

import asyncio
import hashlib
import importlib
import json
import os
import sys
import time
from collections import Counter
from http.client import responses

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "Live", "platforms"))

from platform_server import Answer, Request  # noqa: E402
from urllib.parse import unquote  # noqa: E402

TOKEN = "bench-token"


class Document:
    """One flag document, which changes only over the state that the writer saw."""

    def __init__(self):
        self.replace({"flags": {}})

    def replace(self, state):
        self.body = (json.dumps(state, indent=2) + "\n").encode()

    @property
    def state(self):
        return json.loads(self.body)

    @property
    def tag(self):
        return '"' + hashlib.sha1(self.body).hexdigest() + '"'

    def answer(self, request):
        if request.method == "PUT":
            if request.headers.get("if-match", self.tag) != self.tag:
                return Answer(412)
            self.body = request.raw
            return Answer(204, headers={"ETag": self.tag})
        return Answer(200, self.body, {"ETag": self.tag, "Content-Type": "application/json"})


def quick(kind):
    """The scripted platform, without the copy of its whole state that a refused request would be undone with."""

    class Quick(kind):
        def answer(self, request):
            try:
                self.before(request)
                if not self.authorized(request):
                    raise self.unauthorized(request)
                for method, pattern, handler in self.handlers:
                    match = pattern.match(request.path) if method == request.method else None
                    if match:
                        return handler(request, **{name: unquote(text) for name, text in match.groupdict().items()})
                raise self.unknown(request)
            except Answer as refusal:
                return refusal

    return Quick(TOKEN, TOKEN)


class Passing:
    """Hands requests on to a real server, over connections that are kept."""

    state = None

    def __init__(self, port):
        self.port, self.idle = port, []

    async def answer(self, request):
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{request.method} {request.target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     f"Content-Length: {len(request.raw)}\r\n\r\n".encode() + request.raw)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        if "chunked" in fields.get("transfer-encoding", ""):
            body = b""
            while size := int(await reader.readline(), 16):
                body += await reader.readexactly(size)
                await reader.readline()
            await reader.readline()
        else:
            body = await reader.readexactly(int(fields.get("content-length", 0)))
        self.idle.append((reader, writer))
        return Answer(int(head.split(" ", 2)[1]), body, {"Content-Type": "application/json"})


class Counts:
    def __init__(self):
        self.requests, self.connections, self.running, self.widest = Counter(), 0, 0, 0
        self.began = time.process_time()

    def shown(self):
        return {"requests": dict(self.requests), "connections": self.connections, "widest": self.widest,
                "seconds": time.process_time() - self.began}


class Server:
    def __init__(self, store):
        self.store, self.late, self.counts = store, 0.0, Counts()
        # The loop alone would not keep them from being collected.
        self.conversations = set()

    async def answer(self, request):
        """Carried out when it comes, and told late: as many at a time as there are connections."""
        counts = self.counts
        counts.requests[request.method] += 1
        counts.running += 1
        counts.widest = max(counts.widest, counts.running)
        answer = self.store.answer(request)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if self.late:
            await asyncio.sleep(self.late)
        counts.running -= 1
        return answer

    async def control(self, request):
        match f"{request.method} {request.path}":
            case "PUT /state": self.store.replace(request.json)
            case "GET /state": return Answer(200, self.store.state)
            case "PUT /late": self.late = request.json
            case "DELETE /counts": self.counts = Counts()
            case "GET /counts": return Answer(200, self.counts.shown())
        return Answer(200, {})

    def serve(self, respond, counts=False):
        async def converse(reader, writer):
            self.counts.connections += counts
            self.conversations.add(asyncio.current_task())
            try:
                while True:
                    await self.exchange(reader, writer, respond)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
            finally:
                self.conversations.discard(asyncio.current_task())

        return asyncio.start_server(converse, "127.0.0.1", 0, backlog=512)

    async def exchange(self, reader, writer, respond):
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if ": " in line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        answer = await respond(Request(method, target, headers, body))
        told = [f"HTTP/1.1 {answer.status} {responses.get(answer.status, 'Status')}"]
        if answer.status != 204:
            told.append(f"Content-Length: {len(answer.body)}")
        told += [f"{name}: {value}" for name, value in answer.headers.items()]
        writer.write("\r\n".join([*told, "", ""]).encode("latin-1") + answer.body)


async def main(kind, words):
    if kind == "document":
        store = Document()
    elif kind == "etcd":
        store = Passing(int(words[words.index("--etcd") + 1]))
    else:
        name = {"unleash": "Unleash", "launchdarkly": "LaunchDarkly", "posthog": "PostHog", "statsig": "Statsig"}[kind]
        store = quick(getattr(importlib.import_module(f"{kind}_server"), name))
    server = Server(store)
    ports = [(await server.serve(respond, counted)).sockets[0].getsockname()[1]
             for respond, counted in ((server.answer, True), (server.control, False))]
    print(json.dumps({"port": ports[0], "control": ports[1]}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
