"""Proves each thing that fault_proxy.py does to a request, against a server that counts what reaches it."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
reached = []
checks = 0


class Counted(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        reached.append((self.command, self.path, body, self.headers.get("Authorization")))
        if self.path == "/empty":
            self.send_response(204)
            return self.end_headers()
        text = json.dumps({"number": len(reached), "fill": "x" * 400}).encode()
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("ETag", f'"{len(reached)}"')
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in (text[:100], text[100:]):
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            return self.wfile.write(b"0\r\n\r\n")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else text)

    do_GET = do_HEAD = do_POST = do_PATCH = do_DELETE = serve


def same(found, wanted, about):
    global checks
    checks += 1
    if found != wanted:
        sys.exit(f"different: {about}\n  wanted {wanted!r}\n  found  {found!r}")


def start(upstream, *arguments):
    process = subprocess.Popen([sys.executable, os.path.join(HERE, "fault_proxy.py"), str(upstream), *arguments],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, json.loads(process.stdout.readline())


def ask(port, method, path, body=None, link=None, headers=None):
    """(status, headers, body), or the name of what went wrong."""
    link = link or http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request(method, path, body, headers or {})
        answer = link.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    except (OSError, http.client.HTTPException) as error:
        link.close()
        return type(error).__name__


def control(ports, method, path, body=None):
    status, _, found = ask(ports["control"], method, path, json.dumps(body) if body is not None else None)
    return status, json.loads(found)


server = ThreadingHTTPServer(("127.0.0.1", 0), Counted)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
upstream = server.server_address[1]
process, ports = start(upstream, "--seed", "7", "--most", "0.2")


def once(what, method="PATCH", path="/flag", body="{}"):
    """What one request meets, how often it reached the server, and what the log says of it."""
    reached.clear()
    control(ports, "POST", "/pass")
    control(ports, "POST", "/next", {"what": [what]})
    began = time.monotonic()
    found = ask(ports["port"], method, path, body, headers={"Authorization": "tok"})
    took = time.monotonic() - began
    # The proxy writes its log after it has answered.
    for _ in range(1000):
        if (entry := control(ports, "GET", "/log")[1][-1])["done"]:
            return found, len(reached), entry, took
        time.sleep(0.01)
    raise SystemExit(f"the proxy never finished {what}")


found, times, entry, _ = once("pass")
same((found[0], json.loads(found[2])["number"], found[1]["ETag"], times, reached[0]),
     (200, 1, '"1"', 1, ("PATCH", "/flag", "{}", "tok")), "passed, with all that belongs to it")
same({name: entry[name] for name in ("method", "path", "what", "detail", "upstream", "answered")},
     {"method": "PATCH", "path": "/flag", "what": "pass", "detail": None, "upstream": [200],
      "answered": 200}, "the log")
same(once("pass", "GET", "/missing?a=b", None)[0][0], 200, "query and all")
same(once("pass", "GET", "/missing", None)[2]["upstream"], [404], "the server's own refusals pass")
same((once("pass", "HEAD", "/flag", None)[0][0], once("pass", "DELETE", "/empty", None)[0][0]), (200, 204), "no bodies")
same(json.loads(once("pass", "GET", "/chunks", None)[0][2])["number"], 1, "chunks are passed on whole")

found, times, entry, took = once("delay")
same((found[0], times, took < 1, entry["detail"].split()[-1] in ("before", "after")), (200, 1, True, True), "delayed")
for what, wanted, reaches in (("cut-before", "RemoteDisconnected", 0), ("cut-after", "RemoteDisconnected", 1),
                              ("reset-before", "ConnectionResetError", 0), ("reset-after", "ConnectionResetError", 1)):
    found, times, entry, _ = once(what)
    same((found, times, entry["upstream"], entry["answered"]), (wanted, reaches, [200] * reaches, None), what)
answers = set()
for _ in range(12):
    found, times, entry, _ = once("duplicate")
    same((times, entry["upstream"], json.loads(found[2])["number"]),
         (2, [200, 200], {"first": 1, "second": 2}[entry["detail"]]),
         "done twice")
    answers.add(entry["detail"])
same(answers, {"first", "second"}, "answered with one or the other")
kinds = set()
for _ in range(24):
    found, times, entry, _ = once("limited")
    told = {name.lower() for name in found[1]} & {"retry-after", "x-ratelimit-reset"}
    same((found[0], times, entry["upstream"]), (429, 0, []), "limited")
    same(len(told), 2 if entry["detail"] == "both" else 1, "with the headers that the log names")
    kinds.add(entry["detail"])
same(len(kinds), 3, "all three kinds")
found, times, entry, _ = once("unavailable")
same((found[0], times, entry["answered"]), (503, 0, 503), "unavailable")
for method, path in (("PATCH", "/flag"), ("DELETE", "/empty")):
    found, times, entry, _ = once("half", method, path)
    # Python's own client takes a head that ends too soon for a whole one.
    same((isinstance(found, str) or not found[2], times, entry["upstream"], entry["answered"]),
         (True, 1, [200 if method == "PATCH" else 204], None), f"half an answer to {method}, which is carried out")
found, times, entry, _ = once("late")
same((found, times, entry["answered"]), ("RemoteDisconnected", 0, None), "late, and nobody knows")
same((control(ports, "POST", "/deliver")[1], len(reached), reached[0][:3]),
     ({"statuses": [200]}, 1, ("PATCH", "/flag", "{}")), "and there it is")
same(control(ports, "POST", "/deliver")[1], {"statuses": []}, "once")
found, times, entry, took = once("drip")
same((found[0], len(found[2]) > 400, times, 0.1 < took < 2), (200, True, 1, True), "dripped")

# One connection for many requests, and a new one after a cut.
link = http.client.HTTPConnection("127.0.0.1", ports["port"], timeout=10)
control(ports, "POST", "/pass")
link.connect()
kept = link.sock
same([ask(None, "GET", "/flag", link=link)[0] for _ in range(3)], [200] * 3, "kept alive")
same(link.sock is kept, True, "on one connection")
link.close()

# Drawing: the same seed and order of requests have the same faults; another seed has others.
chances = {"pass": 4, "unavailable": 2, "limited": 2, "cut-before": 1}


def drawn(seed):
    other, its = start(upstream, "--seed", str(seed), "--chances", json.dumps(chances))
    for _ in range(60):
        ask(its["port"], "GET", "/flag")
    found = [(entry["number"], entry["what"], entry["detail"]) for entry in control(its, "GET", "/log")[1]]
    other.stdin.close()
    other.wait(10)
    return found


same(drawn(3) == drawn(3), True, "the same again")
same(drawn(3) == drawn(4), False, "another seed")
same({what for _, what, _ in drawn(3)}, set(chances), "all that has a chance, and nothing else")

# Beginning anew: the first request of a seed is always the first one.
def again(seed):
    control(ports, "PUT", "/chances", {**chances, "seed": seed, "next": ["drip"]})
    for _ in range(40):
        ask(ports["port"], "GET", "/flag")
    for _ in range(1000):
        if control(ports, "POST", "/pass")[1]["busy"] == 0:
            break
        time.sleep(0.01)
    return [(entry["number"], entry["what"], entry["detail"]) for entry in control(ports, "GET", "/log")[1]]


first = again(5)
same((first[0], first[-1][0]), ((1, "drip", None), 40), "what comes next, and then the seed's")
same((again(5) == first, again(6) == first), (True, False), "the same again")
same(control(ports, "PUT", "/chances", {"pass": 1, "next": ["explode"]})[0], 400, "refused")

# Only some requests, passing from now on, and refusals of the control port.
control(ports, "DELETE", "/log")
control(ports, "PUT", "/chances", {"unavailable": 1, "only": "^PATCH "})
same([ask(ports["port"], method, "/flag")[0] for method in ("GET", "PATCH", "GET")], [200, 503, 200], "only writes")
control(ports, "POST", "/pass")
same([ask(ports["port"], "PATCH", "/flag")[0] for _ in range(20)], [200] * 20, "everything passes")
same([entry["what"] for entry in control(ports, "GET", "/log")[1]], ["pass", "unavailable"] + ["pass"] * 21, "log")
for path, body in (("/chances", {"explode": 1}), ("/chances", {}), ("/chances", {"pass": 0}), ("/nothing", {})):
    same(control(ports, "PUT", path, body)[0] in (400, 404), True, f"refused: {body}")
same(control(ports, "POST", "/next", {"what": ["explode"]})[0], 400, "refused")

# Many at once: each request is in the log once, and what was forwarded is what the server saw.
control(ports, "DELETE", "/log")
every = ("pass", "delay", "cut-before", "cut-after", "duplicate", "half", "reset-before", "reset-after", "limited",
         "unavailable", "drip")
control(ports, "PUT", "/chances", {name: 1 for name in every})
reached.clear()
threads = [threading.Thread(target=lambda: [ask(ports["port"], "PATCH", "/flag", "{}") for _ in range(25)])
           for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
log = control(ports, "GET", "/log")[1]
same((len(log), len({entry["number"] for entry in log}), sum(len(entry["upstream"]) for entry in log)),
     (100, 100, len(reached)), "four at once")

# Requests that their senders have given up before anybody began to read them: after "pass" all of them have arrived.
control(ports, "PUT", "/chances", {"pass": 1})
for _ in range(20):
    reached.clear()
    for _ in range(8):
        with socket.create_connection(("127.0.0.1", ports["port"])) as link:
            link.sendall(b"PATCH /flag HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
    same((control(ports, "POST", "/pass")[1]["busy"], len(reached)), (0, 8), "given up, and arrived all the same")

# A server that is not there.
closed = socket.create_server(("127.0.0.1", 0))
gone = closed.getsockname()[1]
closed.close()
other, its = start(gone, "--chances", '{"pass": 1}')
same((ask(its["port"], "GET", "/flag")[0], control(its, "GET", "/log")[1][0]["upstream"]), (502, [None]), "no server")
for one in (other, process):
    one.stdin.close()
    same(one.wait(10), 0, "ends with its standard input")
print(f"{checks} passed, 0 failed")
