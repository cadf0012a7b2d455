"""A real etcd of one or three members on free ports of the loopback interface, for the store and the journal kept there.

  etcd_cluster.py [MEMBERS] [--auth]

It prints {"clients": [ports], "control": port} as one line of JSON when the members answer, and ends with them when its
standard input is closed or after half an hour. With --auth only the user "root" with the password "planted-password" may
do anything. On the control port:

  POST /stop N, /kill N, /start N     a member stops, dies or comes back; answers when it has (or listens again)
  POST /pause N, /resume N            SIGSTOP and SIGCONT: it keeps its connections and says nothing
  POST /get PREFIX                    every key that begins so, with its value, read without any code of rolloutctl
  POST /put KEY\\nVALUE                somebody else's change
  POST /history KEY\\nREVISION         {"values": every value the key was given after that revision, oldest first,
                                      "revision": the newest, "now": its value}
  POST /restore PREFIX\\nJSON          the keys that begin so are those of this object, and no others
  POST /call PATH\\nJSON               any request of the gateway, as "root" where that is asked for
"""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIFETIME = 1800
PATIENCE = 60
folder = tempfile.mkdtemp(prefix="etcd-")
words = sys.argv[1:]
AUTH = "--auth" in words
PASSWORD = "planted-password"
COUNT = int(next((word for word in words if word.isdigit()), 1))


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


ports = free_ports(2 * COUNT)
clients, peers = ports[:COUNT], ports[COUNT:]
running = {}
token = None


def start(index):
    cluster = ",".join(f"m{n}=http://127.0.0.1:{port}" for n, port in enumerate(peers))
    running[index] = subprocess.Popen(
        ["etcd", "--name", f"m{index}", "--data-dir", os.path.join(folder, f"m{index}"), "--log-level", "error",
         "--listen-client-urls", f"http://127.0.0.1:{clients[index]}",
         "--advertise-client-urls", f"http://127.0.0.1:{clients[index]}",
         "--listen-peer-urls", f"http://127.0.0.1:{peers[index]}",
         "--initial-advertise-peer-urls", f"http://127.0.0.1:{peers[index]}",
         "--initial-cluster", cluster, "--initial-cluster-token", folder,
         "--heartbeat-interval", "100", "--election-timeout", "1000", "--bcrypt-cost", "4"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def call(path, body, index=0, seconds=10):
    try:
        return ask(path, body, index, seconds)
    except urllib.error.HTTPError as error:
        if error.code != 401 or not token:
            raise
    # A member that comes back knows none of the tokens that were given before.
    authenticate(index)
    return ask(path, body, index, seconds)


def authenticate(index):
    global token
    token = None
    token = ask("/v3/auth/authenticate", {"name": "root", "password": PASSWORD}, index, 10)["token"]


def ask(path, body, index, seconds):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = token
    request = urllib.request.Request(
        f"http://127.0.0.1:{clients[index]}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=seconds) as answer:
        return json.load(answer)


def code(text):
    return base64.b64encode(text.encode()).decode()


def within(prefix):
    return {"key": code(prefix), "range_end": code(prefix[:-1] + chr(ord(prefix[-1]) + 1))}


def history(key, since):
    """etcd keeps every value there was, each until the one after it."""
    values, now, newest, asked = [], None, None, {"key": code(key)}
    while True:
        found = call("/v3/kv/range", asked, first())
        item = next(iter(found.get("kvs", [])), None)
        value = item and base64.b64decode(item["value"]).decode()
        if newest is None:
            now, newest = value, int(found["header"]["revision"])
        if item is None or int(item["mod_revision"]) <= int(since):
            return {"values": values[::-1], "revision": newest, "now": now}
        values.append(value)
        asked["revision"] = int(item["mod_revision"]) - 1


def until_ready(index):
    """The member answers for the cluster, where that has a majority, or at least listens."""
    end = time.monotonic() + PATIENCE
    majority = len(running) > COUNT // 2
    while time.monotonic() < end:
        try:
            if majority:
                call("/v3/kv/range", {"key": code("nothing")}, index)
            else:
                socket.create_connection(("127.0.0.1", clients[index]), 1).close()
            return
        except urllib.error.HTTPError as error:
            if error.code in (400, 401, 403):
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"member {index} does not answer")


def first():
    return next(index for index in range(COUNT) if index in running)


class Control(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        answer = {}
        match self.path:
            case "/stop" | "/kill":
                process = running.pop(int(body))
                process.send_signal(signal.SIGTERM if self.path == "/stop" else signal.SIGKILL)
                process.send_signal(signal.SIGCONT)
                process.wait(PATIENCE)
            case "/start":
                start(int(body))
                until_ready(int(body))
            case "/pause":
                running[int(body)].send_signal(signal.SIGSTOP)
            case "/resume":
                running[int(body)].send_signal(signal.SIGCONT)
            case "/get":
                found = call("/v3/kv/range", within(body), first())
                answer = {base64.b64decode(one["key"]).decode(): base64.b64decode(one.get("value", "")).decode()
                          for one in found.get("kvs", [])}
            case "/put":
                key, value = body.split("\n", 1)
                call("/v3/kv/put", {"key": code(key), "value": code(value)}, first())
            case "/history":
                answer = history(*body.split("\n"))
            case "/restore":
                prefix, pairs = body.split("\n", 1)
                call("/v3/kv/deleterange", within(prefix), first())
                for key, value in json.loads(pairs).items():
                    call("/v3/kv/put", {"key": code(key), "value": code(value)}, first())
            case "/call":
                path, value = body.split("\n", 1)
                answer = call(path, json.loads(value), first())
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def main():
    for index in range(COUNT):
        start(index)
    for index in range(COUNT):
        until_ready(index)
    if AUTH:
        call("/v3/auth/user/add", {"name": "root", "password": PASSWORD})
        call("/v3/auth/role/add", {"name": "root"})
        call("/v3/auth/user/grant", {"user": "root", "role": "root"})
        call("/v3/auth/enable", {})
        authenticate(0)
    control = ThreadingHTTPServer(("127.0.0.1", 0), Control)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    print(json.dumps({"clients": clients, "control": control.server_port}), flush=True)
    watch = threading.Thread(target=sys.stdin.read, daemon=True)
    watch.start()
    watch.join(LIFETIME)
    for process in running.values():
        process.kill()
        process.wait()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


try:
    main()
except BaseException:
    for process in running.values():
        process.kill()
    raise
