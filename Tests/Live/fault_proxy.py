"""A proxy in front of one web server that does to every request what a bad network may do to it.

  fault_proxy.py PORT [--seed N] [--chances '{"pass": 8, "cut-after": 2}'] [--most SECONDS] [--again SECONDS]

PORT is the server's, on the loopback interface. It prints one line of JSON, {"port": ..., "control": ..., "seed": N},
and ends when standard input is closed, or after half an hour. What is done to a request is drawn from the seed and the
request's number alone, so that a run can be had again.

  pass          nothing
  delay         waits before or after forwarding, for a time below --most (0.3 seconds)
  cut-before    closes the connection, and does not forward
  cut-after     forwards, and closes without an answer: it is done, and nobody says so
  reset-before, reset-after     the same two, with a reset
  duplicate     forwards twice, one after the other, and answers with the first or the second answer
  limited       answers 429 with Retry-After, X-Ratelimit-Reset (in milliseconds) or both, and does not forward; they
                say to come back after --again (1 second)
  unavailable   answers 503, and does not forward
  late          closes the connection, and forwards when POST /deliver says so
  half          forwards, and closes in the middle of the answer
  drip          forwards, and answers in small pieces, for a time below --most

A server that cannot be reached is a 502. The control port speaks JSON:

  PUT  /chances   {"pass": 5, "drip": 1, ...} weights from now on; what is not named is not done. "only": a regular
                  expression found in "METHOD /path?query" of the requests that it is about, all others pass. "seed": a
                  number begins anew: the next request is the first one, and the log is empty. "next": as below
  POST /pass      from now on everything passes; answers when no request is under way any more, or after 5 seconds. "busy"
                  says how many are: also those that nobody has begun to read
  POST /next      {"what": ["cut-after", ...]} is done to the next requests (of those that "only" names), before any
                  drawing
  POST /deliver   forwards what is late, in its order: {"statuses": [..]} of the server's answers
  GET  /log       what was done to each request: {"number", "method", "path", "what", "detail", "upstream": [status,
                  ..], "answered": status or null, "seconds": since the start, "done": whether it is over}; DELETE
                  empties it, and the numbers go on
"""

import argparse
import fcntl
import http.client
import json
import os
import random
import re
import socket
import struct
import sys
import termios
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIFETIME = 1800
PATIENCE = 120
FAULTS = ("pass", "delay", "cut-before", "cut-after", "reset-before", "reset-after", "duplicate", "limited",
          "unavailable", "late", "half", "drip")
UNFORWARDED = ("cut-before", "reset-before", "late", "limited", "unavailable")
PIECES = 20
# Of one connection, and so not for the next one.
CONNECTION_HEADERS = ("connection", "keep-alive", "transfer-encoding", "content-length", "te", "trailer", "upgrade",
                      "proxy-connection", "expect")


class Proxy:
    def __init__(self, upstream, seed, chances, most, again):
        self.upstream, self.seed, self.most, self.again = upstream, seed, most, again
        self.chances, self.only, self.next = chances, None, []
        self.lock = threading.Lock()
        self.started = time.monotonic()
        self.count, self.log, self.late = 0, [], []
        # The connections of clients, by the client's address, and whether each is in the middle of a request.
        self.links, self.taken, self.port = {}, threading.Condition(), None

    def take(self, connection, address):
        with self.taken:
            self.links[address] = [connection, False]
            self.taken.notify_all()

    def mark(self, address, is_busy):
        with self.taken:
            if address in self.links:
                self.links[address][1] = is_busy
                self.taken.notify_all()

    def leave(self, address):
        with self.taken:
            self.links.pop(address, None)
            self.taken.notify_all()

    def unread(self, connection):
        """Whether the machine holds bytes of this connection that nobody has read."""
        try:
            return struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.FIONREAD, b"\0\0\0\0"))[0] > 0
        except (OSError, ValueError):
            return False

    def settle(self, seconds):
        """How many requests are under way when that time is over; returns as soon as none is. Connections are taken in
        their order, so when one that is made now has been taken, all those before it have."""
        deadline = time.monotonic() + seconds
        with socket.create_connection(("127.0.0.1", self.port)) as last, self.taken:
            own = last.getsockname()
            while True:
                busy = [link for address, link in self.links.items()
                        if address != own and (link[1] or self.unread(link[0]))]
                left = deadline - time.monotonic()
                if (not busy and own in self.links) or left <= 0:
                    return len(busy)
                # Bytes that arrive wake nobody here.
                self.taken.wait(min(left, 0.01))

    def begin(self, method, path):
        """The entry in the log for a new request, with what is to be done to it."""
        with self.lock:
            self.count += 1
            draw = random.Random(f"{self.seed}:{self.count}")
            what = "pass"
            if self.only is None or re.search(self.only, f"{method} {path}"):
                what = self.next.pop(0) if self.next else draw.choices(*zip(*self.chances.items()))[0]
            entry = {"number": self.count, "method": method, "path": path, "what": what, "detail": None, "upstream": [],
                     "answered": None, "seconds": round(time.monotonic() - self.started, 4), "done": False}
            self.log.append(entry)
            return entry, draw

    def forward(self, entry, method, path, headers, body):
        """The server's answer: status, headers and body."""
        link = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=PATIENCE)
        try:
            link.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                if name.lower() not in CONNECTION_HEADERS:
                    link.putheader(name, value)
            if body or method in ("POST", "PUT", "PATCH"):
                link.putheader("Content-Length", str(len(body)))
            link.endheaders(body or None)
            answer = link.getresponse()
            found = answer.status, answer.getheaders(), answer.read()
        except (OSError, http.client.HTTPException) as error:
            entry["upstream"].append(None)
            return 502, [("Content-Type", "application/json")], json.dumps({"message": str(error)}).encode()
        finally:
            link.close()
        entry["upstream"].append(found[0])
        return found

    def control(self, asked, body):
        if asked == "POST /pass":
            with self.lock:
                self.chances, self.only, self.next = {"pass": 1}, None, []
            busy = self.settle(5)
            return 200, {"chances": self.chances, "only": self.only, "next": self.next, "seed": self.seed, "busy": busy}
        with self.lock:
            if asked == "PUT /chances":
                only, seed, following = body.pop("only", None), body.pop("seed", None), body.pop("next", [])
                if not body or set(body) - set(FAULTS) or sum(body.values()) <= 0 or min(body.values()) < 0:
                    return 400, {"message": f"chances are weights of {', '.join(FAULTS)}"}
                if set(following) - set(FAULTS):
                    return 400, {"message": f"what can be done: {', '.join(FAULTS)}"}
                self.chances, self.only, self.next = body, only, following
                if seed is not None:
                    self.seed, self.count, self.log = seed, 0, []
            elif asked == "POST /next":
                if set(body["what"]) - set(FAULTS):
                    return 400, {"message": f"what can be done: {', '.join(FAULTS)}"}
                self.next += body["what"]
            elif asked == "POST /deliver":
                late, self.late = self.late, []
                return 200, {"statuses": [self.forward(*request)[0] for request in late]}
            elif asked == "DELETE /log":
                self.log = []
            elif asked == "GET /log":
                return 200, self.log
            elif not asked.startswith("GET /chances"):
                return 404, {"message": f"no {asked}"}
            busy = sum(not entry["done"] for entry in self.log)
            return 200, {"chances": self.chances, "only": self.only, "next": self.next, "seed": self.seed, "busy": busy}


class Link(BaseHTTPRequestHandler):
    """One connection of a client, of either port: the server object says which."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = PATIENCE

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        if self.server.is_control:
            return super().handle_one_request()
        # Until the first byte of the next request is there, or the end; it stays where it is for whoever looks.
        self.server.proxy.mark(self.client_address, False)
        self.connection.recv(1, socket.MSG_PEEK)
        self.server.proxy.mark(self.client_address, True)
        super().handle_one_request()

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
        proxy, body = self.server.proxy, self.read_body()
        if self.server.is_control:
            status, found = proxy.control(f"{self.command} {self.path}", json.loads(body) if body else None)
            return self.wfile.write(self.written(status, [("Content-Type", "application/json")],
                                                 json.dumps(found).encode()))
        entry, draw = proxy.begin(self.command, self.path)
        try:
            self.suffer(proxy, entry, draw, body)
        finally:
            entry["done"] = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def suffer(self, proxy, entry, draw, body):
        what = entry["what"]
        if what == "limited":
            return self.answer(entry, *self.limited(entry, draw, proxy.again))
        if what == "unavailable":
            return self.answer(entry, 503, [("Content-Type", "application/json")],
                               b'{"message": "Service Unavailable"}')
        if what == "late":
            proxy.late.append((entry, self.command, self.path, self.headers.items(), body))
        if what in UNFORWARDED:
            return self.cut(what.startswith("reset"))
        pause = draw.uniform(0, proxy.most) if what == "delay" else 0
        late = draw.random() < 0.5
        if pause:
            entry["detail"] = f"{pause:.3f} s {'after' if late else 'before'}"
            time.sleep(0 if late else pause)
        request = (self.command, self.path, self.headers.items(), body)
        found = proxy.forward(entry, *request)
        if what == "duplicate":
            second = proxy.forward(entry, *request)
            entry["detail"] = draw.choice(("first", "second"))
            found = found if entry["detail"] == "first" else second
        time.sleep(pause if late else 0)
        if what in ("cut-after", "reset-after"):
            return self.cut(what.startswith("reset"))
        if what not in ("half", "drip"):
            return self.answer(entry, *found)
        whole = self.written(*found)
        if what == "half":
            # Half of the body, or of the head where there is no body.
            missing = len(found[2]) // 2 + 1 if found[2] and self.command != "HEAD" else len(whole) // 2
            self.wfile.write(whole[:len(whole) - missing])
            return self.cut(False)
        entry["answered"] = found[0]
        size = max(1, -(-len(whole) // PIECES))
        for at in range(0, len(whole), size):
            self.wfile.write(whole[at:at + size])
            time.sleep(proxy.most / PIECES)

    def limited(self, entry, draw, again):
        entry["detail"] = draw.choice(("Retry-After", "X-Ratelimit-Reset", "both"))
        headers = [("Content-Type", "application/json")]
        if entry["detail"] != "X-Ratelimit-Reset":
            headers.append(("Retry-After", str(again)))
        if entry["detail"] != "Retry-After":
            headers.append(("X-Ratelimit-Reset", str(int((time.time() + again) * 1000))))
        return 429, headers, b'{"message": "Too Many Requests"}'

    def answer(self, entry, status, headers, body):
        entry["answered"] = status
        self.wfile.write(self.written(status, headers, body))

    def written(self, status, headers, body):
        """The bytes of an answer; its length is said anew, as one that came in chunks is passed on whole."""
        head = f"HTTP/1.1 {status} {self.responses.get(status, ('Status',))[0]}\r\n"
        told = [value for name, value in headers if name.lower() == "content-length"]
        head += "".join(f"{name}: {value}\r\n" for name, value in headers if name.lower() not in CONNECTION_HEADERS)
        if self.command == "HEAD":
            head += f"Content-Length: {told[0]}\r\n" if told else ""
        elif status not in (204, 304):
            head += f"Content-Length: {len(body)}\r\n"
        return head.encode("latin-1") + b"\r\n" + (b"" if self.command == "HEAD" else body)

    def cut(self, reset):
        self.close_connection = True
        if reset:
            # Lingering for no time at all makes closing send a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def handle(self):
        try:
            super().handle()
        except OSError:
            # The client went away, which is its right.
            self.close_connection = True

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass


class Server(ThreadingHTTPServer):
    # Nobody is left before the door, where nothing of them could be seen.
    request_queue_size = 128

    def get_request(self):
        connection, address = super().get_request()
        if not self.is_control:
            self.proxy.take(connection, address)
        return connection, address

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.proxy.leave(client_address)


def listen(proxy, is_control):
    server = Server(("127.0.0.1", 0), Link)
    server.daemon_threads = True
    server.proxy = proxy
    server.is_control = is_control
    if not is_control:
        proxy.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("upstream", type=int)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options.add_argument("--chances", type=json.loads, default={name: 12 if name == "pass" else 1 for name in FAULTS
                                                                         if name != "late"})
    options.add_argument("--most", type=float, default=0.3)
    options.add_argument("--again", type=int, default=1)
    given = options.parse_args()
    proxy = Proxy(given.upstream, given.seed, given.chances, given.most, given.again)
    print(json.dumps({"port": listen(proxy, False), "control": listen(proxy, True), "seed": given.seed}), flush=True)
    watch = threading.Thread(target=sys.stdin.read, daemon=True)
    watch.start()
    watch.join(LIFETIME)
    os._exit(0)


if __name__ == "__main__":
    main()
